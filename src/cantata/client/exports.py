"""Applications as charts and manifests, over HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from cantata.client.noun import Noun
from cantata.contract.exports import ChartExportInfo, ManifestsInfo
from cantata.contract.pages import Page


class Exports(Noun):
    path = "applications"

    async def chart(
        self, application: str, *, wait_init: bool = False, reveal: bool = False
    ) -> ChartExportInfo:
        """`reveal` tells the secrets, too; the audit keeps who asked."""
        query = {"waitInit": "true"} if wait_init else {}
        if reveal:
            path = self._at(application, "chart", "reveal")
            return await self._connection.send("POST", path, ChartExportInfo, query=query)
        return await self._connection.get(self._at(application, "chart"), ChartExportInfo, query)

    async def manifests(
        self, application: str, revision: int | None = None, *, reveal: bool = False
    ) -> Sequence[ManifestsInfo]:
        """What a deploy would apply now, or what a revision holds. `reveal` leaves secrets in clear; the
        audit keeps who asked."""
        query = {"revision": revision}
        if reveal:
            path = self._at(application, "manifests", "reveal")
            return (await self._connection.send("POST", path, Page[ManifestsInfo], query=query)).items
        path = self._at(application, "manifests")
        return (await self._connection.get(path, Page[ManifestsInfo], query)).items
