from __future__ import annotations

from functools import partial

import msgspec
import pytest
import sqlalchemy as sa

from cantata.core.model.applications import Application
from cantata.core.model.errors import (
    ConfigNotFound,
    EditConflict,
    InUse,
    NameTaken,
    TriggerCallNotFound,
    TriggerNotFound,
    TriggerQueueFull,
)
from cantata.core.model.rotation import RotatedSecret
from cantata.core.model.triggers import (
    CallState,
    ImageRule,
    KeyRule,
    Trigger,
    TriggerCall,
    TriggerKind,
)
from cantata.ports.pages import Page
from cantata.ports.store import Records
from cantata.store import SqlStore

SECRETS = RotatedSecret("whsec_sentinel-secret", "whsec_before", 5.0)
PAYLOAD = b'{"token": "sentinel-payload"}'


def draft(name: str = "ci", config: str = "shop-dev") -> Trigger:
    return Trigger(
        id="",
        project="default",
        name=name,
        config=config,
        kind=TriggerKind.GENERIC,
        keys=(KeyRule("web.tag", "image.tag", "v(.+)"),),
        images=(ImageRule("web.tag", "shop/web"),),
        sources=("10.0.0.0/8",),
    )


@pytest.fixture
async def trigger(store: SqlStore, shop: Application) -> Trigger:
    assert shop.config == draft().config
    return await store.write(lambda records: records.triggers.create(draft(), SECRETS))


def receive(
    records: Records, trigger: Trigger, identity: str, remember: int = 99
) -> tuple[TriggerCall, bool]:
    return records.triggers.receive(
        trigger,
        identity=identity,
        delivery=identity,
        source="10.0.0.1",
        payload=PAYLOAD,
        waiting=9,
        remember=remember,
    )


async def receive_all(store: SqlStore, trigger: Trigger, number: int) -> list[TriggerCall]:
    found = [await store.write(partial(receive, trigger=trigger, identity=f"d{n}")) for n in range(number)]
    return [call for call, _ in found]


def finish(records: Records, call: TriggerCall, keep: int = 100) -> bool:
    return records.triggers.finish(
        call, CallState.APPLIED, cause="a", result="b", config_version=2, keep=keep
    )


async def test_a_trigger_comes_back_as_it_was_made(store: SqlStore, trigger: Trigger) -> None:
    assert trigger == msgspec.structs.replace(draft(), id=trigger.id, created_at=trigger.created_at)
    assert await store.read(lambda records: records.triggers.get("default", "ci")) == trigger
    assert await store.read(lambda records: records.triggers.find(trigger.id)) == (trigger, SECRETS)
    assert await store.read(lambda records: records.triggers.find("nobody")) is None
    assert await store.read(lambda records: records.triggers.secrets(trigger)) == SECRETS


@pytest.mark.usefixtures("trigger")
async def test_names_are_taken_once_and_need_their_config(store: SqlStore) -> None:
    with pytest.raises(NameTaken):
        await store.write(lambda records: records.triggers.create(draft(), SECRETS))
    with pytest.raises(ConfigNotFound):
        await store.write(lambda records: records.triggers.create(draft("other", "nothing"), SECRETS))
    with pytest.raises(TriggerNotFound):
        await store.read(lambda records: records.triggers.get("default", "other"))


@pytest.mark.usefixtures("trigger")
async def test_lists_by_name_and_config(store: SqlStore) -> None:
    await store.write(lambda records: records.triggers.create(draft("alpha"), SECRETS))

    def names(records: Records, config: str, search: str = "") -> list[str]:
        found = records.triggers.list("default", search=search, config=config, page=Page(limit=5))
        return [each.name for each in found]

    assert await store.read(lambda records: names(records, "")) == ["alpha", "ci"]
    assert await store.read(lambda records: names(records, "shop-dev", "ALP")) == ["alpha"]
    assert await store.read(lambda records: names(records, "other")) == []


async def test_of_two_edits_the_second_is_refused(store: SqlStore, trigger: Trigger) -> None:
    changed = msgspec.structs.replace(trigger, enabled=False, sources=())
    after = await store.write(lambda records: records.triggers.update(changed))
    assert (after.row_version, after.enabled) == (2, False)
    assert await store.read(lambda records: records.triggers.get("default", "ci")) == after
    with pytest.raises(EditConflict):
        await store.write(lambda records: records.triggers.update(changed))
    gone = msgspec.structs.replace(trigger, id="gone")
    with pytest.raises(TriggerNotFound):
        await store.write(lambda records: records.triggers.update(gone))


@pytest.mark.usefixtures("trigger")
async def test_a_config_stays_while_a_trigger_sets_it(store: SqlStore) -> None:
    def make(records: Records) -> None:
        config = records.configs.create("default", "other")
        records.configs.add_version(config, "a: 1\n", extends=None, author="ann", message="")
        records.triggers.create(draft("second", "other"), SECRETS)

    await store.write(make)
    with pytest.raises(InUse, match="trigger second"):
        await store.write(lambda records: records.configs.delete(records.configs.get("default", "other")))


async def test_a_call_that_came_before_is_given_back(store: SqlStore, trigger: Trigger) -> None:
    first, new = await store.write(lambda records: receive(records, trigger, "d1"))
    assert new
    assert (first.state, first.delivery, first.source) == (CallState.QUEUED, "d1", "10.0.0.1")
    assert await store.write(lambda records: receive(records, trigger, "d1")) == (first, False)
    assert await store.read(lambda records: records.triggers.payload(first)) == PAYLOAD
    assert await store.read(lambda records: records.triggers.call(trigger, first.id)) == first
    with pytest.raises(TriggerCallNotFound):
        await store.read(lambda records: records.triggers.call(trigger, "other"))


async def test_calls_wait_in_their_order_until_they_end_once(store: SqlStore, trigger: Trigger) -> None:
    calls = await receive_all(store, trigger, 3)
    assert await store.read(lambda records: records.triggers.queued(2)) == calls[:2]
    assert await store.write(lambda records: records.triggers.tried(calls[0], "later")) == 1
    assert await store.write(lambda records: records.triggers.tried(calls[0], "later")) == 2
    assert await store.write(lambda records: finish(records, calls[0]))
    assert not await store.write(lambda records: finish(records, calls[0]))
    assert await store.read(lambda records: records.triggers.queued(9)) == calls[1:]
    ended = await store.read(lambda records: records.triggers.call(trigger, calls[0].id))
    assert (ended.state, ended.cause, ended.result) == (CallState.APPLIED, "a", "b")
    assert (ended.config_version, ended.attempts) == (2, 2)
    assert ended.ended_at
    listed = await store.read(lambda records: records.triggers.calls(trigger, page=Page(limit=2)))
    assert [call.id for call in listed] == [calls[2].id, calls[1].id]


async def test_only_so_many_calls_of_a_trigger_wait(store: SqlStore, trigger: Trigger) -> None:
    other = await store.write(lambda records: records.triggers.create(draft("other"), SECRETS))
    calls = await receive_all(store, trigger, 9)
    with pytest.raises(TriggerQueueFull, match="9 calls of trigger ci"):
        await store.write(lambda records: receive(records, trigger, "more"))
    assert await store.write(lambda records: receive(records, trigger, "d3")) == (calls[3], False)
    await receive_all(store, other, 1)
    await store.write(lambda records: finish(records, calls[0]))
    assert (await store.write(lambda records: receive(records, trigger, "more")))[1]


async def test_calls_of_other_configs_are_found_behind_those_that_are_held(
    store: SqlStore, trigger: Trigger
) -> None:
    def second(records: Records) -> Trigger:
        config = records.configs.create("default", "other")
        records.configs.add_version(config, "a: 1\n", extends=None, author="ann", message="")
        return records.triggers.create(draft("second", "other"), SECRETS)

    await receive_all(store, trigger, 3)
    (call,) = await receive_all(store, await store.write(second), 1)
    held = [("default", "shop-dev"), ("another", "other")]
    assert await store.read(lambda records: records.triggers.queued(2, without=held)) == [call]


async def test_old_calls_go_but_those_that_wait_stay(store: SqlStore, trigger: Trigger) -> None:
    calls = await receive_all(store, trigger, 6)
    for call in calls[1:]:
        await store.write(partial(finish, call=call, keep=2))
    left = await store.read(lambda records: records.triggers.calls(trigger))
    assert [call.delivery for call in left] == ["d5", "d4", "d0"]


async def test_a_call_is_known_long_after_it_went(store: SqlStore, trigger: Trigger) -> None:
    calls = await receive_all(store, trigger, 3)
    for call in calls:
        await store.write(partial(finish, call=call, keep=1))
    known, new = await store.write(lambda records: receive(records, trigger, "d0"))
    assert not new
    assert (known.id, known.delivery, known.received_at) == (calls[0].id, "d0", calls[0].received_at)
    assert (known.state, known.result) == (CallState.APPLIED, "")
    with pytest.raises(TriggerCallNotFound):
        await store.read(lambda records: records.triggers.call(trigger, calls[0].id))


async def test_the_newest_calls_are_known(store: SqlStore, trigger: Trigger) -> None:
    other = await store.write(lambda records: records.triggers.create(draft("other"), SECRETS))
    await receive_all(store, other, 1)
    for call in await receive_all(store, trigger, 3):
        await store.write(partial(finish, call=call, keep=0))
    await store.write(lambda records: receive(records, trigger, "d3", remember=3))
    assert not (await store.write(lambda records: receive(records, trigger, "d1")))[1]
    assert (await store.write(lambda records: receive(records, trigger, "d0")))[1]
    assert not (await store.write(lambda records: receive(records, other, "d0")))[1]


async def test_a_trigger_takes_its_calls_along(store: SqlStore, trigger: Trigger) -> None:
    call, _ = await store.write(lambda records: receive(records, trigger, "d1"))
    await store.write(lambda records: records.triggers.delete(trigger))
    assert await store.read(lambda records: records.triggers.queued(9)) == []
    with pytest.raises(TriggerCallNotFound):
        await store.read(lambda records: records.triggers.payload(call))
    with pytest.raises(TriggerNotFound):
        await store.write(lambda records: records.triggers.delete(trigger))
    again = await store.write(lambda records: records.triggers.create(draft(), SECRETS))
    assert (await store.write(lambda records: receive(records, again, "d1")))[1]


async def test_secrets_and_payloads_are_sealed(store: SqlStore, trigger: Trigger) -> None:
    await store.write(lambda records: receive(records, trigger, "d1"))

    def rows(records: Records) -> str:
        connection = records.triggers._tx.connection  # type: ignore[attr-defined]
        found = [
            list(connection.execute(sa.text(f"SELECT * FROM {table}")))
            for table in ("triggers", "trigger_calls", "trigger_deliveries")
        ]
        return repr(found)

    assert "sentinel" not in await store.read(rows)
