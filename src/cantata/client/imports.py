"""Templates made of Kubernetes objects and of Helm releases, over HTTP."""

from __future__ import annotations

from cantata.client.noun import Noun, once
from cantata.contract.template_imports import (
    FilesImportRequest,
    MadeTemplateInfo,
    NamespaceImportRequest,
    ReleaseImportRequest,
)


class Imports(Noun):
    path = "templates"

    async def files(self, name: str, request: FilesImportRequest) -> MadeTemplateInfo:
        """A template of YAML files."""
        return await self._make(name, "files", request)

    async def namespace(self, name: str, request: NamespaceImportRequest) -> MadeTemplateInfo:
        """A template of what is in a namespace."""
        return await self._make(name, "namespace", request)

    async def release(self, name: str, request: ReleaseImportRequest) -> MadeTemplateInfo:
        """A template of the chart of a Helm release."""
        return await self._make(name, "release", request)

    async def _make(
        self,
        name: str,
        source: str,
        request: FilesImportRequest | NamespaceImportRequest | ReleaseImportRequest,
    ) -> MadeTemplateInfo:
        path = self._at(name, "import", source)
        return await self._connection.send("POST", path, MadeTemplateInfo, body=request, headers=once())
