"""Declarative files, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from urllib.parse import quote

from cantata.client.connection import Connection
from cantata.client.noun import Noun, once
from cantata.contract.declarations import (
    ApplyInfo,
    ApplyRequest,
    DeclaredChartDraft,
    DeclaredFileDraft,
    ExportedInfo,
    FileReferenceInfo,
    ReferencesRequest,
)
from cantata.contract.pages import Page


class Declarations(Noun):
    path = "apply"

    def __init__(self, connection: Connection, root: str) -> None:
        super().__init__(connection, root)
        self._exports = f"{root}/export"

    async def apply(
        self,
        files: Mapping[str, str],
        *,
        dry_run: bool = False,
        prune: str | None = None,
        charts: Mapping[str, bytes] | None = None,
    ) -> ApplyInfo:
        """`files` are texts by name, `charts` those that they name, as .tgz; `prune` is a label selector such
        as `app=shop`."""
        archives = tuple(DeclaredChartDraft(*each) for each in (charts or {}).items())
        request = ApplyRequest(_drafts(files), dry_run, prune, archives)
        return await self._connection.send("POST", self._at(), ApplyInfo, body=request, headers=once())

    async def references(self, files: Mapping[str, str]) -> Sequence[FileReferenceInfo]:
        """Which files are still to be sent along with these."""
        request = ReferencesRequest(_drafts(files))
        page = await self._connection.send(
            "POST", self._at("references"), Page[FileReferenceInfo], body=request
        )
        return page.items

    def export_configs(self, names: Sequence[str] = (), selector: str = "") -> AsyncIterator[ExportedInfo]:
        """By name; without names and selector all."""
        return self._all(f"{self._exports}/configs", ExportedInfo, {"name": names, "selector": selector})

    def export_applications(self, names: Sequence[str] = ()) -> AsyncIterator[ExportedInfo]:
        """By name; without names all."""
        return self._all(f"{self._exports}/applications", ExportedInfo, {"name": names})

    def export_templates(self, names: Sequence[str] = ()) -> AsyncIterator[ExportedInfo]:
        """By name; without names all. Each names its chart as NAME.tgz beside it."""
        return self._all(f"{self._exports}/templates", ExportedInfo, {"name": names})

    async def reveal_config(self, name: str) -> ExportedInfo:
        """With the values of its secrets in clear. The audit keeps who asked for it."""
        path = f"{self._exports}/configs/{quote(name, safe='')}/reveal"
        return await self._connection.send("POST", path, ExportedInfo)


def _drafts(files: Mapping[str, str]) -> tuple[DeclaredFileDraft, ...]:
    return tuple(DeclaredFileDraft(name, text) for name, text in files.items())
