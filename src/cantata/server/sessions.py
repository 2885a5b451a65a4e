"""One open client per registered cluster."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from cantata.actions.register_cluster import Credentials
from cantata.core.model.errors import ClusterCredentialsUnreadable, SealedUnderLostKey
from cantata.kube import ClusterAccess, KubeCluster, Kubeconfig, Limits
from cantata.ports import ClusterSession, Records, Store


class Sessions:
    """`ClusterSessions` over the store's clusters. Credentials come from sealed blobs and stay in memory."""

    def __init__(self, store: Store, *, watch_idle: float) -> None:
        self._store = store
        self._limits = Limits(watch_idle_seconds=watch_idle)
        self._open: dict[tuple[str, str], ClusterSession] = {}
        self._clients: dict[tuple[str, str], KubeCluster] = {}
        self._opening = asyncio.Lock()

    async def get(self, project: str, name: str) -> ClusterSession:
        found = self._open.get((project, name))
        if found is not None:
            return found
        async with self._opening:
            if (project, name) not in self._open:
                uid, credentials = await self._store.read(lambda records: _read(records, project, name))
                cluster = self.connect(name, credentials.kubeconfig, credentials.context)
                self._clients[project, name] = cluster
                self._open[project, name] = ClusterSession(uid, cluster)
        return self._open[project, name]

    def connect(self, name: str, kubeconfig: Any, context: str = "") -> KubeCluster:
        return KubeCluster(_access(name, kubeconfig, context), self._limits)

    async def renew(self, project: str, name: str, kubeconfig: Any, context: str = "") -> None:
        async with self._opening:  # Who opens it at this moment may have read the old ones.
            client = self._clients.get((project, name))
            if client is not None:
                client.renew(_access(name, kubeconfig, context))

    async def forget(self, project: str, name: str) -> ClusterSession | None:
        session = self._open.pop((project, name), None)
        if session is not None:
            self._clients.pop((project, name), None)
            await session.cluster.close()
        return session

    async def close(self) -> None:
        while self._open:
            await self.forget(*next(iter(self._open)))


def _access(name: str, kubeconfig: Any, context: str) -> ClusterAccess:
    read = Kubeconfig([(f"kubeconfig of cluster {name}", kubeconfig)])
    return msgspec.structs.replace(read.access(context, inline_only=True), name=name)


def _read(records: Records, project: str, name: str) -> tuple[str, Credentials]:
    cluster = records.clusters.get(project, name)
    try:
        credentials = records.blobs.get(cluster.credentials)
    except SealedUnderLostKey as error:
        raise ClusterCredentialsUnreadable(
            f"the credentials of cluster {name} were sealed under a key that is lost",
            subject=f"cluster {name}",
            hint=f"Give them anew: `cantata cluster edit {name} --kubeconfig FILE`.",
        ) from error
    return cluster.uid, msgspec.json.decode(credentials, type=Credentials)
