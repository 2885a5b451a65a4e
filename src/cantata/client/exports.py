"""Applications and templates as charts and manifests, over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from cantata.client.connection import Connection, Query
from cantata.client.noun import Noun
from cantata.contract.exports import ChartExportInfo, ManifestsInfo, TemplateChartInfo
from cantata.contract.pages import Page


class Exports(Noun):
    path = "applications"

    def __init__(self, connection: Connection, root: str) -> None:
        super().__init__(connection, root)
        self._templates = f"{root}/templates"

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

    async def template_chart(
        self,
        template: str,
        version: int | str | None = None,
        configs: Sequence[str] = (),
        *,
        wait_init: bool = False,
    ) -> TemplateChartInfo:
        """`configs` are `NAME` or `NAME@VERSION`; their secrets are left out."""
        query: Query = {
            "version": version,
            "config": configs,
            **({"waitInit": "true"} if wait_init else {}),
        }
        path = f"{self._templates}/{quote(template, safe='')}/chart"
        return await self._connection.get(path, TemplateChartInfo, query)

    async def template_manifests(
        self,
        template: str,
        version: int | str | None = None,
        config: str = "",
        *,
        release: str = "",
        namespace: str = "",
        cluster: str = "",
    ) -> Sequence[ManifestsInfo]:
        """What it would become with a config, secrets masked. Without a cluster, kinds are judged by what
        every cluster serves."""
        query: Query = {
            "version": version,
            "config": config,
            "release": release,
            "namespace": namespace,
            "cluster": cluster,
        }
        path = f"{self._templates}/{quote(template, safe='')}/manifests"
        return (await self._connection.get(path, Page[ManifestsInfo], query)).items
