"""Streams of events. The counter's row is locked by its update, so ids of a stream are given one by one and
become visible in their order, also with several writers on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from cantata.core.model.applications import Event
from cantata.store import tables
from cantata.store.transaction import Transaction, Upsert

_row = tables.events.c
_streams = tables.streams
_count = Upsert(
    _streams,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["name"], set_={"last": _streams.c.last + insert.excluded.last}
    ),
)
_last = sa.select(_streams.c.last).where(_streams.c.name == sa.bindparam("stream"))


class SqlEvents:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def append(self, stream: str, type_: str, data: dict[str, object]) -> Event:
        return self._append(stream, [(type_, data)])[0]

    def append_all(self, stream: str, items: Sequence[tuple[str, dict[str, object]]]) -> None:
        if items:
            self._append(stream, items)

    def _append(self, stream: str, items: Sequence[tuple[str, dict[str, object]]]) -> list[Event]:
        self._tx.upsert(_count, {"name": stream, "last": len(items)})
        last = self._tx.first(_last, stream=stream)
        assert last is not None
        numbers = range(last.last - len(items) + 1, last.last + 1)
        events = [
            Event(number, stream, type_, self._tx.at, data)
            for number, (type_, data) in zip(numbers, items, strict=True)
        ]
        self._tx.run(tables.events.insert(), [msgspec.structs.asdict(event) for event in events])
        return events

    def since(self, stream: str, id_: int, limit: int = 1000) -> Sequence[Event]:
        query = sa.select(tables.events).where(_row.stream == stream, _row.id > id_)
        return [Event(*row) for row in self._tx.all(query.order_by(_row.id).limit(limit))]
