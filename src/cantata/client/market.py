"""The market, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from cantata.client.noun import Noun, if_match
from cantata.contract.market import (
    ChartInfo,
    FoundChartInfo,
    OwnMarketEdit,
    OwnMarketInfo,
    PublishedInfo,
    PublishRequest,
    RepositoryDraft,
    RepositoryEdit,
    RepositoryInfo,
)


class Market(Noun):
    path = "market"

    def list(self, search: str = "") -> AsyncIterator[RepositoryInfo]:
        return self._all(self._at("repositories"), RepositoryInfo, {"search": search})

    async def add(self, draft: RepositoryDraft) -> RepositoryInfo:
        """It must answer: what it lists is read at once."""
        return await self._connection.send("POST", self._at("repositories"), RepositoryInfo, body=draft)

    async def show_repository(self, name: str) -> RepositoryInfo:
        return await self._connection.get(self._at("repositories", name), RepositoryInfo)

    async def edit(self, name: str, edit: RepositoryEdit, *, expected: int | None = None) -> RepositoryInfo:
        return await self._connection.send(
            "PUT", self._at("repositories", name), RepositoryInfo, body=edit, headers=if_match(expected)
        )

    async def remove(self, name: str) -> None:
        await self._connection.send("DELETE", self._at("repositories", name), type(None))

    async def refresh(self, name: str) -> RepositoryInfo:
        return await self._connection.send("POST", self._at("repositories", name, "refresh"), RepositoryInfo)

    def search(
        self, words: Sequence[str], *, repository: str = "", versions: bool = False
    ) -> AsyncIterator[FoundChartInfo]:
        """The best first."""
        query = {"word": list(words), "repository": repository, "versions": "true" if versions else ""}
        return self._all(self._at("charts"), FoundChartInfo, query)

    async def show(self, reference: str, version: str = "") -> ChartInfo:
        """A chart in full; `version` may be a range."""
        return await self._connection.get(
            self._at("chart"), ChartInfo, {"reference": reference, "version": version}
        )

    async def publish(
        self, template: str, version: int | str | None = None, repository: str = ""
    ) -> PublishedInfo:
        """Without a repository in the project's own market."""
        request = PublishRequest(template, version, repository)
        return await self._connection.send("POST", self._at("publications"), PublishedInfo, body=request)

    async def withdraw(self, chart: str, version: str) -> None:
        await self._connection.send("DELETE", self._at("publications", chart, version), type(None))

    async def own(self) -> OwnMarketInfo:
        """What the project has published in its own market."""
        return await self._connection.get(self._at("own"), OwnMarketInfo)

    async def open(self, *, public: bool) -> OwnMarketInfo:
        """Whether the project's own market answers without a token."""
        return await self._connection.send("PUT", self._at("own"), OwnMarketInfo, body=OwnMarketEdit(public))
