"""Streams of events. The counter's row is locked by its update, so ids of a stream are given one by one and
become visible in their order, also with several writers on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from cantata.core.model.applications import Event
from cantata.store import tables
from cantata.store.transaction import Transaction, Upsert

_row = tables.events.c
_streams = tables.streams
_count = Upsert(
    _streams,
    lambda insert: insert.on_conflict_do_update(index_elements=["name"], set_={"last": _streams.c.last + 1}),
)


class SqlEvents:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def append(self, stream: str, type_: str, data: dict[str, object]) -> Event:
        self._tx.upsert(_count, {"name": stream, "last": 1})
        last = self._tx.first(sa.select(_streams.c.last).where(_streams.c.name == stream))
        assert last is not None
        event = Event(last.last, stream, type_, self._tx.at, data)
        self._tx.insert(tables.events, id=event.id, stream=stream, type=type_, at=event.at, data=data)
        return event

    def since(self, stream: str, id_: int, limit: int = 1000) -> Sequence[Event]:
        query = sa.select(tables.events).where(_row.stream == stream, _row.id > id_)
        return [Event(*row) for row in self._tx.all(query.order_by(_row.id).limit(limit))]
