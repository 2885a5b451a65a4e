"""One open client per registered cluster."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from cantata.actions.register_cluster import Credentials
from cantata.core.model.errors import ClusterCredentialsUnreadable, SealedUnderLostKey
from cantata.kube import KubeCluster, Kubeconfig
from cantata.ports import Cluster, ClusterSession, Records, Store


class Sessions:
    """`ClusterSessions` over the store's clusters. Credentials come from sealed blobs and stay in memory."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open: dict[tuple[str, str], ClusterSession] = {}
        self._opening = asyncio.Lock()

    async def get(self, project: str, name: str) -> ClusterSession:
        found = self._open.get((project, name))
        if found is not None:
            return found
        async with self._opening:
            if (project, name) not in self._open:
                uid, credentials = await self._store.read(lambda records: _read(records, project, name))
                cluster = self.connect(name, credentials.kubeconfig, credentials.context)
                self._open[project, name] = ClusterSession(uid, cluster)
        return self._open[project, name]

    def connect(self, name: str, kubeconfig: Any, context: str = "") -> Cluster:
        read = Kubeconfig([(f"kubeconfig of cluster {name}", kubeconfig)])
        access = read.access(context, inline_only=True)
        return KubeCluster(msgspec.structs.replace(access, name=name))

    async def forget(self, project: str, name: str) -> ClusterSession | None:
        session = self._open.pop((project, name), None)
        if session is not None:
            await session.cluster.close()
        return session

    async def close(self) -> None:
        while self._open:
            await self.forget(*next(iter(self._open)))


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
