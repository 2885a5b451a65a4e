"""Failure cards of what stands there now, kept for a while: many look at one failing application."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import msgspec

from cantata.actions.failure_cards import CardMaker
from cantata.actions.mask_plan import recorded_secrets
from cantata.actions.ports import Ports
from cantata.core.cards import Refusal, card_of_error
from cantata.core.health.health import Cause
from cantata.core.model.applications import Application, Revision
from cantata.core.model.cards import FailureCard
from cantata.core.model.inputs import RecordedInputs
from cantata.core.model.objects import ObjectKey
from cantata.errors import CantataError
from cantata.ports import Cluster, LiveApplication, Records

FRESH = 30.0
"""Seconds for which a card holds while its cause is the same."""
MOST = 500
"""Cards that are kept; the oldest go first."""


@dataclass(frozen=True, slots=True)
class Kept:
    same: tuple[object, ...]
    at: float
    card: asyncio.Task[FailureCard]


class CardDesk:
    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Kept] = {}

    async def of_cause(
        self,
        ports: Ports,
        cluster: Cluster,
        application: Application,
        revision: Revision,
        service: str,
        cause: Cause,
        live: LiveApplication,
        keys: Iterable[ObjectKey],
    ) -> FailureCard:
        """The card of one service, made anew when its cause is another one or the card is old."""
        named = (application.id, service)
        same = (revision.number, cause.kind, cause.reason, cause.pod, cause.container, cause.restarts)
        kept = self._kept.get(named)
        if kept is None or kept.same != same or time.monotonic() - kept.at > FRESH:
            task = asyncio.create_task(
                _make(ports, cluster, application, revision, service, cause, live, tuple(keys))
            )
            self._kept.pop(named, None)
            kept = self._kept[named] = Kept(same, time.monotonic(), task)
            while len(self._kept) > MOST:
                del self._kept[next(iter(self._kept))]
        return await asyncio.shield(kept.card)


async def _make(
    ports: Ports,
    cluster: Cluster,
    application: Application,
    revision: Revision,
    service: str,
    cause: Cause,
    live: LiveApplication,
    keys: tuple[ObjectKey, ...],
) -> FailureCard:
    secrets = await _secrets(ports, revision)
    return await CardMaker(ports, cluster, application, revision, secrets).of_cause(
        service, cause, live, keys
    )


async def _secrets(ports: Ports, revision: Revision) -> Collection[str] | None:
    """All secret values that pods of this revision may write; None when they are lost with their key."""

    def read(records: Records) -> list[RecordedInputs]:
        addresses = {version.inputs for version in revision.services.values() if version.inputs}
        blobs = records.blobs.get_all(addresses)
        return [msgspec.json.decode(blob, type=RecordedInputs) for blob in blobs.values()]

    try:
        inputs = await ports.store.read(read)
    except CantataError:
        return None
    return frozenset().union(*map(recorded_secrets, inputs))


def card_of_unreachable(application: Application, service: str, error: CantataError) -> FailureCard:
    """A service of which nothing is seen, since its cluster does not answer."""
    return card_of_error(Refusal(error, application.name, service))
