"""Templates, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import msgspec

from cantata.client.connection import Query
from cantata.client.noun import Noun, if_match
from cantata.contract.compose import ComposeImportInfo, ComposeImportRequest
from cantata.contract.market import MarketImportRequest
from cantata.contract.states import Bump
from cantata.contract.template_edits import (
    TemplateEdit,
    TemplateEditedInfo,
    TemplateServiceDraft,
    TemplateServiceRenameRequest,
)
from cantata.contract.templates import (
    DeprecationRequest,
    ImportedInfo,
    TemplateCloneDraft,
    TemplateInfo,
    TemplateVersionInfo,
)
from cantata.contract.variables import TemplateVariablesInfo


class Templates(Noun):
    path = "templates"

    def list(self, search: str = "") -> AsyncIterator[TemplateInfo]:
        return self._all(self._at(), TemplateInfo, {"search": search})

    async def import_(
        self,
        name: str,
        archive: bytes,
        *,
        origin: str = "",
        description: str = "",
        expected: int | None = None,
        strict: bool = False,
    ) -> ImportedInfo:
        """`archive` is the chart as .tgz, `expected` the latest version. With `strict`, other content under a
        semantic version that is there is refused."""
        return await self._connection.send(
            "POST",
            self._at(name, "versions"),
            ImportedInfo,
            body=archive,
            query={"origin": origin, "description": description, "strict": str(strict).lower()},
            headers=if_match(expected),
        )

    async def import_from_market(
        self,
        name: str,
        chart: str = "",
        version: str = "",
        *,
        description: str = "",
        expected: int | None = None,
        strict: bool = False,
    ) -> ImportedInfo:
        """`chart` is `REPOSITORY/CHART` or `oci://…`, by default that of the latest version; `version` may be
        a range, and is by default the newest stable one."""
        request = MarketImportRequest(chart, version, description, strict)
        return await self._connection.send(
            "POST", self._at(name, "market"), ImportedInfo, body=request, headers=if_match(expected)
        )

    async def import_compose(
        self, name: str, project: ComposeImportRequest, *, dry_run: bool = False
    ) -> ComposeImportInfo:
        """A docker compose project. The answer may want more files and variables: send the project again with
        them."""
        return await self._connection.send(
            "POST",
            self._at(name, "compose"),
            ComposeImportInfo,
            body=project,
            query={"dry_run": str(dry_run).lower()},
        )

    async def show(self, name: str, version: int | str | None = None) -> TemplateVersionInfo:
        return await self._connection.get(self._at(name), TemplateVersionInfo, {"version": version})

    async def archive(self, name: str, version: int | str | None = None) -> bytes:
        """The chart as it was imported, as .tgz."""
        return await self._connection.get(self._at(name, "archive"), bytes, {"version": version})

    async def edit(
        self,
        name: str,
        files: Mapping[str, str | None],
        *,
        bump: Bump = "patch",
        expected: int | None = None,
    ) -> TemplateEditedInfo:
        """New texts by path, None for files to remove; `expected` is the version that the edit began with."""
        return await self._edited(
            "POST", self._at(name, "edits"), TemplateEdit(dict(files), bump), expected=expected
        )

    async def add_service(
        self, name: str, draft: TemplateServiceDraft, *, expected: int | None = None
    ) -> TemplateEditedInfo:
        return await self._edited("POST", self._at(name, "services"), draft, expected=expected)

    async def rename_service(
        self, name: str, service: str, rename: TemplateServiceRenameRequest, *, expected: int | None = None
    ) -> TemplateEditedInfo:
        path = self._at(name, "services", service, "rename")
        return await self._edited("POST", path, rename, expected=expected)

    async def remove_service(
        self, name: str, service: str, *, bump: Bump = "patch", expected: int | None = None
    ) -> TemplateEditedInfo:
        path = self._at(name, "services", service)
        return await self._edited("DELETE", path, None, {"bump": bump}, expected=expected)

    async def _edited(
        self,
        method: str,
        path: str,
        body: msgspec.Struct | None,
        query: Query | None = None,
        *,
        expected: int | None,
    ) -> TemplateEditedInfo:
        headers = if_match(expected)
        return await self._connection.send(
            method, path, TemplateEditedInfo, body=body, query=query, headers=headers
        )

    async def variables(self, name: str, version: int | str | None = None) -> TemplateVariablesInfo:
        """The values that the templates read."""
        return await self._connection.get(
            self._at(name, "variables"), TemplateVariablesInfo, {"version": version}
        )

    def history(self, name: str) -> AsyncIterator[TemplateVersionInfo]:
        """Newest first, without files."""
        return self._all(self._at(name, "versions"), TemplateVersionInfo)

    async def clone(self, name: str, new: str, *, history: bool = False) -> TemplateInfo:
        """The latest version, or with `history` all of them."""
        draft = TemplateCloneDraft(new, history)
        return await self._connection.send("POST", self._at(name, "clone"), TemplateInfo, body=draft)

    async def deprecate(self, name: str, message: str = "") -> TemplateInfo:
        request = DeprecationRequest(message)
        return await self._connection.send("PUT", self._at(name, "deprecation"), TemplateInfo, body=request)

    async def undeprecate(self, name: str) -> TemplateInfo:
        return await self._connection.send("DELETE", self._at(name, "deprecation"), TemplateInfo)

    async def delete(self, name: str) -> None:
        await self._connection.send("DELETE", self._at(name), type(None))
