"""The failure cards of one operation, made beside it: nobody waits for a log to be read but its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from typing import Any, Protocol

from cantata.actions.failure_cards import card_events
from cantata.core.health.health import Cause
from cantata.core.health.service_health import ServiceHealth
from cantata.core.model.cards import CauseKind, FailureCard
from cantata.core.model.events import EventType
from cantata.core.model.objects import ObjectKey
from cantata.core.plan import Desired
from cantata.errors import CantataError
from cantata.ports import LiveApplication
from cantata.reconcile.journal import Journal

log = logging.getLogger(__name__)

PATIENCE = 5.0
"""Seconds that the end of an operation waits for cards that are being made."""

APPLICATION = ""
"""Stands for what belongs to the application as a whole: its namespace, definitions, hooks."""


Make = Callable[[], Coroutine[Any, Any, FailureCard]]


class Maker(Protocol):
    """Makes cards; `CardMaker` is the real one."""

    async def of_cause(
        self, service: str, cause: Cause, live: LiveApplication, keys: Iterable[ObjectKey]
    ) -> FailureCard: ...

    async def of_error(
        self, service: str, error: CantataError, wanted: Iterable[Desired] = (), *, terminal: bool = True
    ) -> FailureCard: ...


class Failures:
    """One card for each service that fails or is in trouble now: an event when it is made, and on the
    operation as long as it holds."""

    def __init__(self, maker: Maker, live: LiveApplication, journal: Journal) -> None:
        self._maker = maker
        self._live = live
        self._journal = journal
        self._known: dict[str, tuple[object, ...]] = {}
        self._cards: dict[str, FailureCard] = {}
        self._making: dict[str, asyncio.Task[FailureCard]] = {}

    def of_health(self, service: str, keys: Iterable[ObjectKey], health: ServiceHealth) -> None:
        """A service fails, or is in trouble. The same trouble as before is not told again."""
        cause = health.causes[0] if health.causes else Cause(CauseKind.OTHER, "Failed", health.message)
        same = (cause.kind, cause.container, cause.terminal)
        self._make(service, same, partial(self._maker.of_cause, service, cause, self._live, tuple(keys)))

    def of_error(self, service: str, error: CantataError, wanted: Iterable[Desired] = ()) -> None:
        """A request for this service was refused."""
        make = partial(self._maker.of_error, service, error, tuple(wanted))
        self._make(service, (error.code, error.message), make)

    def of_retry(self, desired: Desired, error: CantataError) -> None:
        """A write was not let through and is tried again. The words may be others each time."""
        make = partial(self._maker.of_error, desired.service, error, (desired,), terminal=False)
        self._make(desired.service, (error.code,), make)

    def of_deadline(
        self, service: str, keys: Iterable[ObjectKey], health: ServiceHealth | None, why: str
    ) -> None:
        """A service made no progress for too long: what was seen last is why, if it says anything."""
        if health is not None and health.causes:
            self.of_health(service, keys, health)
            return
        cause = Cause(CauseKind.PROGRESS_DEADLINE, "NoProgress", why)
        make = partial(self._maker.of_cause, service, cause, self._live, tuple(keys))
        self._make(service, (cause.kind,), make)

    def healed(self, service: str) -> None:
        self._forget(service)
        if self._cards.pop(service, None) is not None:
            self._note()

    def _forget(self, service: str) -> None:
        self._known.pop(service, None)
        making = self._making.pop(service, None)
        if making is not None:
            making.cancel()

    async def made(self) -> None:
        """The cards of all that fails so far are made, or take too long."""
        if self._making:
            await asyncio.wait(self._making.values(), timeout=PATIENCE)

    async def finish(self) -> tuple[FailureCard, ...]:
        """The cards of all that fails at the end."""
        await self.made()
        await self.close()
        return self._all()

    def _all(self) -> tuple[FailureCard, ...]:
        return tuple(self._cards[service] for service in sorted(self._cards))

    def _note(self) -> None:
        self._journal.failing(self._all())

    async def close(self) -> None:
        tasks = [*self._making.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _make(self, service: str, same: tuple[object, ...], make: Make) -> None:
        if self._known.get(service) == same:
            return
        self._forget(service)
        self._known[service] = same
        task = asyncio.create_task(make())
        self._making[service] = task
        task.add_done_callback(lambda done: self._made(service, done))

    def _made(self, service: str, task: asyncio.Task[FailureCard]) -> None:
        if task.cancelled() or self._making.get(service) is not task:
            return
        del self._making[service]
        error = task.exception()
        if error is not None:
            log.error("no failure card for service %s", service, exc_info=error)
            return
        card = task.result()
        self._cards[service] = card
        self._note()
        for data in card_events([card]):
            self._journal.tell(EventType.FAILURE, **data)
