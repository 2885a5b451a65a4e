"""What an execution tells: events for people, and finished steps and objects for whoever takes it up again.

Told things are kept together for a moment and written in one transaction; `flush` before a step that relies
on them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from cantata.actions.streams import Streams
from cantata.core.model.applications import ObjectRecord, Operation
from cantata.core.model.objects import ObjectKey
from cantata.errors import CantataError
from cantata.ports import Records, Store

log = logging.getLogger(__name__)

PAUSE = 0.05
"""Seconds for which told things wait for company."""


class Journal:
    def __init__(self, store: Store, streams: Streams, operation: Operation) -> None:
        self._store = store
        self._streams = streams
        self._operation = operation
        self._stream = operation.application_id
        self._events: list[tuple[str, dict[str, object]]] = []
        self._steps: list[str] = []
        self._records: dict[ObjectKey, ObjectRecord | None] = {}
        self._pending: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()

    def tell(self, type_: str, **data: object) -> None:
        self._events.append((type_, {"operation": self._operation.id, **data}))
        self._soon()

    def finished(self, step: str) -> None:
        self._steps.append(step)
        self._soon()

    def applied(self, records: Sequence[ObjectRecord]) -> None:
        self._records.update({record.key: record for record in records})
        self._soon()

    def removed(self, keys: Sequence[ObjectKey]) -> None:
        self._records.update(dict.fromkeys(keys))
        self._soon()

    def _soon(self) -> None:
        if self._pending is None:
            self._pending = asyncio.create_task(self._flush_later())

    async def _flush_later(self) -> None:
        await asyncio.sleep(PAUSE)
        self._pending = None
        try:
            await self.flush()
        except CantataError:
            log.exception("the journal of operation %s is written later", self._operation.id)

    async def flush(self) -> None:
        """Everything told so far is in the store when this returns; after an error it is still kept here."""
        async with self._writing:
            events, steps, changed = list(self._events), list(self._steps), dict(self._records)
            if not (events or steps or changed):
                return
            await self._store.write(lambda records: self._write(records, events, steps, changed))
            del self._events[: len(events)]
            del self._steps[: len(steps)]
            for key, record in changed.items():
                if self._records.get(key) is record:
                    del self._records[key]
        self._streams.ring(self._stream)

    def _write(
        self,
        records: Records,
        events: list[tuple[str, dict[str, object]]],
        steps: list[str],
        changed: dict[ObjectKey, ObjectRecord | None],
    ) -> None:
        application_id = self._operation.application_id
        records.inventory.put(application_id, [record for record in changed.values() if record])
        records.inventory.remove(application_id, [key for key, record in changed.items() if not record])
        for type_, data in events:
            records.events.append(self._stream, type_, data)
        if steps:
            records.operations.mark_done(self._operation.id, steps)

    async def close(self) -> None:
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None
        await self.flush()
