"""Values that are held."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import sqlalchemy as sa

from cantata.core.model.holds import Hold
from cantata.ports.pages import Page
from cantata.store import tables
from cantata.store.transaction import Transaction, new_id, page_by_id

_row = tables.holds.c
_select = sa.select(*(_row[field] for field in Hold.__struct_fields__))
_own = _select.where(_row.application_id == sa.bindparam("of")).order_by(_row.service, _row.path, _row.id)


class SqlHolds:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def add(self, holds: Iterable[Hold]) -> None:
        wanted = {_same(hold): hold for hold in holds}
        owners = {hold.application_id for hold in wanted.values()}
        known = {_same(hold) for owner in owners for hold in self.list(owner)}
        rows = [
            msgspec.structs.asdict(msgspec.structs.replace(hold, id=new_id(), created_at=self._tx.at))
            for same, hold in wanted.items()
            if same not in known
        ]
        if rows:
            self._tx.run(tables.holds.insert(), rows)

    def list(self, application_id: str) -> Sequence[Hold]:
        return [Hold(*row) for row in self._tx.all(_own, of=application_id)]

    def list_all(self, project: str, *, page: Page = Page()) -> Sequence[Hold]:
        applications = tables.applications.c
        query = _select.join_from(
            tables.holds, tables.applications, _row.application_id == applications.id
        ).where(applications.project == project)
        return [Hold(*row) for row in self._tx.all(page_by_id(query, _row.id, page))]

    def remove(self, ids: Iterable[str]) -> None:
        self._tx.run(tables.holds.delete().where(_row.id.in_(list(ids))))


def _same(hold: Hold) -> tuple[object, ...]:
    return hold.application_id, hold.service, hold.path, hold.value
