"""What executions tell: events for people, and finished steps and objects for whoever takes one up again.

Told things of all executions are kept together for a moment and written in one transaction, so that a hundred
deploys beside each other cost the store ten writes a second and not thousands. `flush` before a step that
relies on them. What an execution told whose lease another server took is dropped: the successor tells now. So
is what it told of an application that is gone from the store.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from cantata.actions.streams import Streams
from cantata.core.model.applications import ObjectRecord, Operation
from cantata.core.model.cards import FailureCard
from cantata.core.model.errors import ApplicationNotFound, OperationNotFound
from cantata.core.model.events import EventType, about
from cantata.core.model.objects import ObjectKey
from cantata.core.model.timing import Mark, Reached
from cantata.core.values import mask
from cantata.errors import CantataError
from cantata.ports import Records, Store
from cantata.ports.events import Told
from cantata.reconcile.lease import Grant

log = logging.getLogger(__name__)

PAUSE = 0.1
"""Seconds for which told things wait for company."""

AGAIN = 1.0
"""Seconds until what the store did not take is written again."""


@dataclass(frozen=True, slots=True)
class Page:
    """What one transaction takes of a journal."""

    journal: Journal
    events: list[Told]
    steps: list[str]
    marks: list[Reached]
    objects: dict[ObjectKey, ObjectRecord | None]
    cards: tuple[FailureCard, ...] | None


class Journal:
    """The told things of one operation, which the store takes as long as `grant` holds. `secrets` are taken
    out of all of it: an API server quotes what it refuses."""

    def __init__(
        self, desk: JournalDesk, operation: Operation, grant: Grant, secrets: Collection[str]
    ) -> None:
        self._desk = desk
        self._operation = operation
        self._secrets = secrets
        self.grant = grant
        self.lost = False
        self.subject = about(operation)
        self.events: list[Told] = []
        self.steps: list[str] = []
        self.marks: list[Reached] = []
        self.objects: dict[ObjectKey, ObjectRecord | None] = {}
        self.cards: tuple[FailureCard, ...] | None = None

    def tell(self, type_: EventType, **data: object) -> None:
        masked = mask({"operation": self._operation.id, **data}, self._secrets)
        self.events.append(Told(self.subject, type_, masked))
        self._desk.soon(self)

    def reached(self, service: str, mark: Mark) -> None:
        self.marks.append(Reached(service, mark, time.time()))
        self._desk.soon(self)

    def finished(self, step: str) -> None:
        self.steps.append(step)
        self._desk.soon(self)

    def applied(self, records: Sequence[ObjectRecord]) -> None:
        self.objects.update({record.key: record for record in records})
        self._desk.soon(self)

    def removed(self, keys: Sequence[ObjectKey]) -> None:
        self.objects.update(dict.fromkeys(keys))
        self._desk.soon(self)

    def failing(self, cards: tuple[FailureCard, ...]) -> None:
        """What keeps the operation from its end now; they are masked already."""
        self.cards = cards
        self._desk.soon(self)

    async def flush(self) -> None:
        """Everything told so far is in the store when this returns; after an error it is still kept here.
        Raises `LeaseLost`."""
        await self._desk.flush()
        if self.lost:
            raise self.grant.lost()

    def page(self) -> Page:
        return Page(
            self, list(self.events), list(self.steps), list(self.marks), dict(self.objects), self.cards
        )

    def written(self, page: Page) -> None:
        del self.events[: len(page.events)]
        del self.steps[: len(page.steps)]
        del self.marks[: len(page.marks)]
        if self.cards is page.cards:
            self.cards = None
        for key, record in page.objects.items():
            if self.objects.get(key) is record:
                del self.objects[key]

    @property
    def empty(self) -> bool:
        return not (self.events or self.steps or self.marks or self.objects) and self.cards is None

    def write(self, records: Records, page: Page) -> None:
        """All of it but the events, which are written together."""
        application_id = self.subject.application_id
        kept = [record for record in page.objects.values() if record]
        gone = [key for key, record in page.objects.items() if not record]
        if kept:
            records.inventory.put(application_id, kept)
        if gone:
            records.inventory.remove(application_id, gone)
        if page.steps:
            records.operations.mark_done(self._operation.id, page.steps)
        if page.marks:
            records.operations.mark_reached(self._operation.id, page.marks)
        if page.cards is not None:
            records.operations.mark_failing(self._operation.id, page.cards)


class JournalDesk:
    """Writes the journals of all operations of this server."""

    def __init__(self, store: Store, streams: Streams) -> None:
        self._store = store
        self._streams = streams
        self._waiting: set[Journal] = set()
        self._pending: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()

    def open(self, operation: Operation, grant: Grant, secrets: Collection[str] = ()) -> Journal:
        return Journal(self, operation, grant, secrets)

    def soon(self, journal: Journal) -> None:
        self._waiting.add(journal)
        if self._pending is None:
            self._pending = asyncio.create_task(self._flush_later())

    async def _flush_later(self, pause: float = PAUSE) -> None:
        await asyncio.sleep(pause)
        self._pending = None
        try:
            await self.flush()
        except CantataError:
            log.exception("journals are written later")
            if self._pending is None:  # Else somebody has told more meanwhile.
                self._pending = asyncio.create_task(self._flush_later(AGAIN))

    async def flush(self) -> None:
        async with self._writing:
            pages = [journal.page() for journal in self._waiting if not journal.empty]
            if not pages:
                return
            taken = await self._write(pages)
            for page in pages:
                page.journal.written(page)
                page.journal.lost = page.journal not in taken
                if page.journal.empty:
                    self._waiting.discard(page.journal)
        for page in pages:
            self._streams.ring(page.journal.subject)

    async def _write(self, pages: Sequence[Page]) -> set[Journal]:
        """Those that were taken. An application that was forgotten meanwhile holds up no other: then each is
        written by itself, and what is told of that one is dropped."""
        try:
            return await self._store.write(lambda records: _write(records, pages))
        except (ApplicationNotFound, OperationNotFound):
            if len(pages) == 1:
                return set()
        return set().union(*[await self._write([page]) for page in pages])

    async def close(self) -> None:
        if self._pending is not None:
            self._pending.cancel()
        await self.flush()


def _write(records: Records, pages: Sequence[Page]) -> set[Journal]:
    """The journals whose grants still hold; the pages of the others are not written."""
    holding = {grant: grant.holds(records) for grant in {page.journal.grant for page in pages}}
    taken = [page for page in pages if holding[page.journal.grant]]
    for page in taken:
        page.journal.write(records, page)
    records.events.append_all([told for page in taken for told in page.events])
    return {page.journal for page in taken}
