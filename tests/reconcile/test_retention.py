"""The loop that deletes what is kept for a limited time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

from cantata.actions.ports import Ports
from cantata.core.model.applications import Application
from cantata.core.model.events import EventType, about
from cantata.ports import Records
from cantata.reconcile.retention import BREATH, PAUSE, Limits, Retention
from cantata.store import SqlStore


class Clock:
    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


async def test_events_go_by_age_and_blobs_when_two_looks_found_nobody_who_names_them(
    store: SqlStore, shop: Application
) -> None:
    clock = Clock()
    limits = Limits(event_days=30, events_per_project=100, operation_days=90, revisions=20)
    ports = cast(Ports, SimpleNamespace(store=store))
    loop = Retention(ports, limits, holder="here", lease_seconds=10, clock=clock)

    def write(records: Records) -> str:
        records.events.append(about(shop), EventType.WARNING, {})
        return records.blobs.put(b"nobody names this")

    address = await store.write(write)

    async def left() -> tuple[int, bool]:
        return await store.read(
            lambda records: (
                len(records.events.since("default", 0)),
                address in records.blobs.unnamed(20),
            )
        )

    assert await loop.look() == PAUSE
    clock.now += timedelta(hours=3)
    assert await loop.look() == PAUSE
    assert await left() == (1, True)
    clock.now += timedelta(hours=3)
    assert await loop.look() == BREATH
    assert await left() == (1, False)
    clock.now += timedelta(days=31)
    assert await loop.look() == BREATH
    assert await left() == (0, False)
    assert await loop.look() == PAUSE
