"""What is known of the drift of applications."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from cantata.core.model.applications import OperationState
from cantata.core.model.drift import Drift, Watched
from cantata.store import tables
from cantata.store.transaction import Transaction

_drift = tables.drift
_row = tables.applications.c
_revision = tables.revisions.c
_operation = tables.operations.c
_newest_revision = (
    sa.select(sa.func.max(_revision.number)).where(_revision.application_id == _row.id).scalar_subquery()
)
_newest_operation = (
    sa.select(sa.func.max(_operation.id)).where(_operation.application_id == _row.id).scalar_subquery()
)
_under_way = sa.select(_operation.application_id).where(
    _operation.state.in_([state for state in OperationState if not state.ended])
)
_watched = (
    sa.select(
        _row.id,
        _row.project,
        _row.name,
        tables.clusters.c.name,
        _row.row_version,
        _newest_revision,
        sa.func.coalesce(_newest_operation, ""),
        _row.id.in_(_under_way),
    )
    .join_from(tables.applications, tables.clusters, _row.cluster_id == tables.clusters.c.id)
    .where(_row.deleting.is_(False), _newest_revision.is_not(None))
)


class SqlDrift:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def find(self, application_id: str) -> Drift:
        query = sa.select(_drift.c.revision, _drift.c.fields, _drift.c.reverted).where(
            _drift.c.application_id == application_id
        )
        rows = self._tx.all(query)
        return Drift(*rows[0]) if rows else Drift()

    def set(self, application_id: str, drift: Drift) -> None:
        self._tx.run(_drift.delete().where(_drift.c.application_id == application_id))
        if drift.fields or drift.reverted:
            self._tx.insert(
                _drift,
                application_id=application_id,
                revision=drift.revision,
                fields=drift.fields,
                reverted=drift.reverted,
            )

    def watched(self) -> Sequence[Watched]:
        return [Watched(*row) for row in self._tx.all(_watched)]
