"""Clusters. Their credentials are a sealed blob."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from cantata.core.model.access import Cluster
from cantata.core.model.errors import ClusterNotFound, NameTaken
from cantata.store import tables
from cantata.store.references import refuse_in_use
from cantata.store.transaction import Transaction, new_id

_row = tables.clusters.c
_select = sa.select(tables.clusters)


class SqlClusters:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def create(self, cluster: Cluster) -> Cluster:
        """Id and time are given here. Raises `NameTaken`, `ProjectNotFound`."""
        self._tx.require_project(cluster.project)
        same = _select.where(_row.project == cluster.project, _row.name == cluster.name)
        if self._tx.first(same) is not None:
            raise NameTaken(f"there is already a cluster {cluster.name}", subject=f"cluster {cluster.name}")
        made = msgspec.structs.replace(cluster, id=new_id(), created_at=self._tx.at)
        self._tx.insert(tables.clusters, **msgspec.structs.asdict(made))
        return made

    def get(self, project: str, name: str) -> Cluster:
        query = _select.where(_row.project == project, _row.name == name)
        return Cluster(*self._tx.one(query, lambda: ClusterNotFound(name)))

    def list(self, project: str = "") -> Sequence[Cluster]:
        """By name; an empty project means all projects."""
        query = _select.where(_row.project == project) if project else _select
        return [Cluster(*row) for row in self._tx.all(query.order_by(_row.project, _row.name))]

    def update(self, cluster: Cluster) -> Cluster:
        """By id: UID, server and credentials. Raises `ClusterNotFound`."""
        values = {"uid": cluster.uid, "server": cluster.server, "credentials": cluster.credentials}
        if not self._tx.run(tables.clusters.update().where(_row.id == cluster.id).values(**values)):
            raise ClusterNotFound(cluster.name)
        return Cluster(
            *self._tx.one(_select.where(_row.id == cluster.id), lambda: ClusterNotFound(cluster.name))
        )

    def delete(self, cluster: Cluster) -> None:
        """Raises `InUse` while an application lives there, `ClusterNotFound`."""
        refuse_in_use(self._tx, f"cluster {cluster.name}", tables.applications.c.cluster_id, cluster.id)
        if not self._tx.run(tables.clusters.delete().where(_row.id == cluster.id)):
            raise ClusterNotFound(cluster.name)
