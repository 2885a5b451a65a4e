"""Webhooks and deliveries on each database."""

from __future__ import annotations

import msgspec
import pytest

from cantata.core.model.errors import EditConflict, NameTaken, WebhookNotFound
from cantata.core.model.events import EventType, Subject
from cantata.core.model.rotation import RotatedSecret
from cantata.core.model.webhooks import Delivery, DeliveryState, Notice, Webhook
from cantata.ports.store import Records
from cantata.ports.webhooks import Progress
from cantata.reconcile.webhooks import fan_out
from cantata.store import SqlStore

SUBJECT = Subject("default", "id", "shop-dev")
SECRET = RotatedSecret("whsec_x")
FAILED = {"state": "failed", "verb": "deploy"}


def draft(name: str = "alarm", **more: object) -> Webhook:
    return msgspec.structs.replace(Webhook("", "default", name, "https://example.org/x"), **more)


async def make(store: SqlStore, webhook: Webhook) -> Webhook:
    return await store.write(lambda records: records.webhooks.create(webhook, SECRET))


async def test_a_webhook_is_made_changed_and_deleted(store: SqlStore) -> None:
    made = await make(store, draft(notices=(Notice.FAILED,), applications=("shop-*",)))
    with pytest.raises(NameTaken):
        await make(store, draft())
    assert await store.read(lambda records: records.webhooks.get("default", "alarm")) == made
    assert await store.read(lambda records: records.webhooks.secret(made)) == SECRET
    rotated = SECRET.followed_by("whsec_y", 5.0)
    await store.write(lambda records: records.webhooks.set_secret(made, rotated))
    assert await store.read(lambda records: records.webhooks.secret(made)) == rotated
    assert await store.read(lambda records: records.webhooks.list("default")) == [made]
    edited = await store.write(
        lambda records: records.webhooks.update(msgspec.structs.replace(made, enabled=False))
    )
    assert (edited.enabled, edited.row_version) == (False, 2)
    with pytest.raises(EditConflict):
        await store.write(lambda records: records.webhooks.update(made))
    await store.write(lambda records: records.webhooks.delete(edited))
    with pytest.raises(WebhookNotFound):
        await store.read(lambda records: records.webhooks.get("default", "alarm"))
    assert await store.read(lambda records: records.webhooks.progress()) == []


async def test_events_become_deliveries_once_and_only_those_after_the_webhook(store: SqlStore) -> None:
    async def tell() -> None:
        await store.write(lambda records: records.events.append(SUBJECT, EventType.OPERATION, FAILED))

    async def deliveries(webhook: Webhook) -> list[int]:
        found = await store.read(lambda records: records.webhooks.deliveries(webhook))
        return [each.event for each in found]

    await tell()
    first = await make(store, draft())
    await tell()
    second = await make(store, draft("late"))
    await tell()
    assert await store.read(lambda records: records.webhooks.progress()) == [Progress("default", 1, 3)]
    for _ in range(2):
        await store.write(lambda records: fan_out(records, "default"))
        assert (await deliveries(first), await deliveries(second)) == ([3, 2], [3])
    assert await store.read(lambda records: records.webhooks.progress()) == [Progress("default", 3, 3)]


async def test_one_that_is_enabled_is_told_only_of_what_comes_then(store: SqlStore) -> None:
    """Also where the events from before have not become deliveries yet."""
    made = await make(store, draft())
    off = msgspec.structs.replace(made, enabled=False)
    off = await store.write(lambda records: records.webhooks.update(off))
    await store.write(lambda records: records.events.append(SUBJECT, EventType.OPERATION, FAILED))
    on = msgspec.structs.replace(off, enabled=True)
    on = await store.write(lambda records: records.webhooks.update(on))
    await store.write(lambda records: records.events.append(SUBJECT, EventType.OPERATION, FAILED))
    edited = msgspec.structs.replace(on, url="https://example.org/y")
    edited = await store.write(lambda records: records.webhooks.update(edited))
    await store.write(lambda records: fan_out(records, "default"))
    found = await store.read(lambda records: records.webhooks.deliveries(edited))
    assert [each.event for each in found] == [2]


async def test_what_was_not_tried_yet_goes_before_what_is_tried_again(store: SqlStore) -> None:
    webhook = await make(store, draft())

    def queue(records: Records) -> None:
        first = records.webhooks.queue(webhook, Notice.FAILED, "shop-dev", 1, "{}")
        records.webhooks.tried(msgspec.structs.replace(first, attempts=1, next_at=3.0), keep=9)
        records.webhooks.queue(webhook, Notice.FAILED, "shop-dev", 2, "{}")

    await store.write(queue)
    due = await store.read(lambda records: records.webhooks.due(5.0, 9))
    assert [delivery.event for _, delivery in due] == [2, 1]


async def test_deliveries_are_due_tried_and_kept_for_a_while(store: SqlStore) -> None:
    webhook = await make(store, draft())

    def queue(records: Records) -> list[Delivery]:
        return [
            records.webhooks.queue(webhook, Notice.FAILED, "shop-dev", number, "{}") for number in range(4)
        ]

    made = await store.write(queue)
    due = await store.read(lambda records: records.webhooks.due(1.0, 3))
    assert due == [(webhook, delivery) for delivery in made[:3]]
    later = msgspec.structs.replace(made[0], attempts=1, status=500, error="no", next_at=50.0)
    await store.write(lambda records: records.webhooks.tried(later, keep=2))
    assert [each.event for _, each in await store.read(lambda records: records.webhooks.due(49, 9))] == [
        1,
        2,
        3,
    ]
    for delivery in made[1:]:
        done = msgspec.structs.replace(delivery, state=DeliveryState.DELIVERED, attempts=1, status=200)
        await store.write(lambda records, done=done: records.webhooks.tried(done, keep=2))  # type: ignore[misc]
    left = await store.read(lambda records: records.webhooks.deliveries(webhook))
    assert [(each.event, each.state.value) for each in left] == [
        (3, "delivered"),
        (2, "delivered"),
        (0, "queued"),
    ]
    assert all(each.ended_at for each in left[:2])
    assert await store.read(lambda records: records.webhooks.next_at()) == 50.0
    off = await store.write(
        lambda records: records.webhooks.update(msgspec.structs.replace(webhook, enabled=False))
    )
    assert await store.read(lambda records: records.webhooks.due(99, 9)) == []
    assert await store.read(lambda records: records.webhooks.next_at()) is None
    await store.write(lambda records: records.webhooks.delete(off))
