"""Clusters, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

from cantata.client.noun import Noun
from cantata.contract.clusters import ClusterDraft, ClusterEdit, ClusterInfo
from cantata.contract.template_imports import HelmReleaseInfo


class Clusters(Noun):
    path = "clusters"

    def list(self) -> AsyncIterator[ClusterInfo]:
        return self._all(self._at(), ClusterInfo)

    async def add(self, name: str, kubeconfig_text: str, context: str = "") -> ClusterInfo:
        """The kubeconfig's credentials must stand inline."""
        draft = ClusterDraft(name=name, kubeconfig_text=kubeconfig_text, context=context)
        return await self._connection.send("POST", self._at(), ClusterInfo, body=draft)

    async def edit(self, name: str, kubeconfig_text: str, context: str = "") -> ClusterInfo:
        """Other credentials for the same cluster."""
        edit = ClusterEdit(kubeconfig_text=kubeconfig_text, context=context)
        return await self._connection.send("PUT", self._at(name), ClusterInfo, body=edit)

    async def remove(self, name: str) -> None:
        await self._connection.send("DELETE", self._at(name), type(None))

    def helm_releases(self, name: str, namespace: str = "") -> AsyncIterator[HelmReleaseInfo]:
        """Of one of its namespaces, or of all."""
        return self._all(self._at(name, "helm-releases"), HelmReleaseInfo, {"namespace": namespace})
