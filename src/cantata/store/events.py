"""Events. The counter's row of a project is locked by its update, so ids are given one by one and become
visible in their order, also with several writers on PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import sqlalchemy as sa

from cantata.core.model.events import Event, EventFilter, EventType, Subject
from cantata.ports.events import EVERYTHING, Told
from cantata.store import tables
from cantata.store.transaction import Query, Transaction, Upsert

_row = tables.events.c
_streams = tables.streams
_count = Upsert(
    _streams,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["project"], set_={"last": _streams.c.last + insert.excluded.last}
    ),
)
_last = sa.select(_streams.c.last).where(_streams.c.project == sa.bindparam("of"))
_first = sa.select(sa.func.min(_row.id)).where(_row.project == sa.bindparam("of"))
_select = sa.select(*(_row[field] for field in Event.__struct_fields__))


class SqlEvents:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def append(self, subject: Subject, type_: EventType, data: Mapping[str, object]) -> Event:
        return self._append(subject.project, [Told(subject, type_, data)])[0]

    def append_all(self, told: Sequence[Told]) -> None:
        by_project: dict[str, list[Told]] = {}
        for each in told:
            by_project.setdefault(each.subject.project, []).append(each)
        for project in sorted(by_project):
            self._append(project, by_project[project])

    def _append(self, project: str, told: Sequence[Told]) -> list[Event]:
        self._tx.upsert(_count, {"project": project, "last": len(told)})
        first = self.last_id(project) - len(told) + 1
        events = [
            Event(
                first + place,
                project,
                each.subject.application_id,
                each.subject.application,
                EventType(each.type),
                self._tx.at,
                dict(each.data),
            )
            for place, each in enumerate(told)
        ]
        self._tx.run(tables.events.insert(), [msgspec.structs.asdict(event) for event in events])
        return events

    def since(
        self, project: str, id_: int, filter_: EventFilter = EVERYTHING, limit: int = 1000
    ) -> Sequence[Event]:
        query = _filtered(project, filter_).where(_row.id > id_).order_by(_row.id).limit(limit)
        return [Event(*row) for row in self._tx.all(query)]

    def last(self, project: str, filter_: EventFilter = EVERYTHING, limit: int = 100) -> Sequence[Event]:
        query = _filtered(project, filter_).order_by(_row.id.desc()).limit(limit)
        return [Event(*row) for row in reversed(self._tx.all(query))]

    def last_id(self, project: str) -> int:
        found = self._tx.first(_last, of=project)
        return found.last if found is not None else 0

    def first_id(self, project: str) -> int:
        found = self._tx.first(_first, of=project)
        first = found[0] if found is not None else None
        return first if first is not None else self.last_id(project) + 1

    def retain(self, *, before: str, most: int, limit: int) -> int:
        """Ids have no gaps and grow with time: what goes is at the low end of the primary key."""
        gone = 0
        for stream in self._tx.all(sa.select(_streams)):
            oldest = (
                sa.select(_row.id, _row.at)
                .where(_row.project == stream.project)
                .order_by(_row.id)
                .limit(limit)
            )
            due = [row.id for row in self._tx.all(oldest) if row.at < before or row.id <= stream.last - most]
            if due:
                old = (_row.project == stream.project) & (_row.id <= due[-1])
                gone += self._tx.run(tables.events.delete().where(old))
        return gone


def _filtered(project: str, filter_: EventFilter) -> Query:
    query = _select.where(_row.project == project)
    if filter_.application_id:
        query = query.where(_row.application_id == filter_.application_id)
    if filter_.application:
        query = query.where(_row.application == filter_.application)
    if filter_.types:
        query = query.where(_row.type.in_(filter_.types))
    return query
