"""Templates, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

from cantata.client.noun import Noun
from cantata.contract.templates import ImportedInfo, TemplateInfo, TemplateVersionInfo
from cantata.contract.variables import TemplateVariablesInfo


class Templates(Noun):
    path = "templates"

    def list(self, search: str = "") -> AsyncIterator[TemplateInfo]:
        return self._all(self._at(), TemplateInfo, {"search": search})

    async def import_(
        self, name: str, archive: bytes, *, origin: str = "", description: str = ""
    ) -> ImportedInfo:
        """`archive` is the chart as .tgz."""
        return await self._connection.send(
            "POST",
            self._at(name, "versions"),
            ImportedInfo,
            body=archive,
            query={"origin": origin, "description": description},
        )

    async def show(self, name: str, version: int | None = None) -> TemplateVersionInfo:
        return await self._connection.get(self._at(name), TemplateVersionInfo, {"version": version})

    async def archive(self, name: str, version: int | None = None) -> bytes:
        """The chart as it was imported, as .tgz."""
        return await self._connection.get(self._at(name, "archive"), bytes, {"version": version})

    async def variables(self, name: str, version: int | None = None) -> TemplateVariablesInfo:
        """The values that the templates read."""
        return await self._connection.get(
            self._at(name, "variables"), TemplateVariablesInfo, {"version": version}
        )

    def history(self, name: str) -> AsyncIterator[TemplateVersionInfo]:
        """Newest first, without files."""
        return self._all(self._at(name, "versions"), TemplateVersionInfo)

    async def delete(self, name: str) -> None:
        await self._connection.send("DELETE", self._at(name), type(None))
