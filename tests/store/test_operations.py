from __future__ import annotations

from typing import Any

import pytest

from cantata.core.model.applications import Application, Operation, OperationState, Verb
from cantata.core.model.cards import CauseKind, Fact, FailureCard, Remedy
from cantata.core.model.errors import OperationEnded, OperationNotFound
from cantata.ports.pages import Page
from cantata.ports.store import Records
from cantata.store import SqlStore


def add(records: Records, shop: Application, cause: str = "") -> Operation:
    return records.operations.add(
        shop, verb=Verb.DEPLOY, services=("web", "db"), author="ann", cause=cause, plan="sealed:1", revision=4
    )


async def test_an_operation_moves_until_it_ends(store: SqlStore, shop: Application) -> None:
    made = await store.write(lambda records: add(records, shop, "release"))
    assert made.state is OperationState.QUEUED
    assert await store.read(lambda records: records.operations.get("default", made.id)) == made

    running = await store.write(lambda records: records.operations.move(made.id, OperationState.RUNNING))
    assert running.started_at
    assert not running.ended_at
    ended = await store.write(
        lambda records: records.operations.move(made.id, OperationState.FAILED, error="web failed")
    )
    assert (ended.started_at, ended.error) == (running.started_at, "web failed")
    assert ended.ended_at
    assert await store.read(lambda records: records.operations.by_id(made.id)) == ended
    with pytest.raises(OperationEnded):
        await store.write(lambda records: records.operations.move(made.id, OperationState.RUNNING))


async def test_a_failed_operation_keeps_its_cards(store: SqlStore, shop: Application) -> None:
    card = FailureCard(
        "web",
        CauseKind.CRASH_LOOP,
        "CrashLoopBackOff",
        "it crashes",
        exit_code=1,
        facts=(Fact("exit code", "1"),),
        log=("starting", "it – crashes"),
        remedies=(Remedy("web.tag", "9", "config shop@3", 4, "shop/templates/web.yaml", 12),),
    )

    def fail(records: Records) -> Operation:
        operation = records.operations.add(
            shop, verb=Verb.DEPLOY, services=(), author="ann", cause="", plan="", revision=1, recreate=True
        )
        return records.operations.move(operation.id, OperationState.FAILED, error="no", failures=[card])

    ended = await store.write(fail)
    assert ended.recreate
    assert ended.failures == (card,)
    assert await store.read(lambda records: records.operations.by_id(ended.id)) == ended


async def test_what_keeps_an_operation_from_its_end_is_marked_while_it_runs(
    store: SqlStore, shop: Application
) -> None:
    """A cancelled one keeps what it failed at; of one that has ended nothing changes."""
    made = await store.write(lambda records: add(records, shop))
    card = FailureCard("web", CauseKind.PROBE, "Unhealthy", "it does not answer", terminal=False)

    async def failures() -> tuple[FailureCard, ...]:
        return (await store.read(lambda records: records.operations.by_id(made.id))).failures

    await store.write(lambda records: records.operations.mark_failing(made.id, [card]))
    assert await failures() == (card,)
    ended = await store.write(lambda records: records.operations.move(made.id, OperationState.CANCELLED))
    assert ended.failures == (card,)
    await store.write(lambda records: records.operations.mark_failing(made.id, []))
    assert await failures() == (card,)


async def test_the_journal_keeps_each_step_once_in_order(store: SqlStore, shop: Application) -> None:
    made = await store.write(lambda records: add(records, shop))

    def mark(records: Records) -> None:
        for steps in (["apply web", "apply db"], ["apply web", "ready web"], []):
            records.operations.mark_done(made.id, steps)

    await store.write(mark)
    stored = await store.read(lambda records: records.operations.by_id(made.id))
    assert stored.done == ("apply web", "apply db", "ready web")


async def test_the_list_is_newest_first_and_filtered(store: SqlStore, shop: Application) -> None:
    first, second, third = await store.write(lambda records: [add(records, shop) for _ in range(3)])
    await store.write(lambda records: records.operations.move(second.id, OperationState.RUNNING))

    async def ids(project: str = "default", **filters: Any) -> list[str]:
        found = await store.read(lambda records: records.operations.list(project, **filters))
        return [operation.id for operation in found]

    assert await ids() == await ids("") == [third.id, second.id, first.id]
    assert await ids(application_id=shop.id, page=Page(limit=1, after=third.id)) == [second.id]
    assert await ids(states=[OperationState.RUNNING]) == [second.id]
    assert await ids(states=[OperationState.RUNNING, OperationState.QUEUED], page=Page(limit=2)) == [
        third.id,
        second.id,
    ]
    assert await ids("other") == await ids(application_id="other") == []


async def test_what_is_not_there_is_named(store: SqlStore, shop: Application) -> None:
    made = await store.write(lambda records: add(records, shop))
    with pytest.raises(OperationNotFound):
        await store.read(lambda records: records.operations.get("other", made.id))
    with pytest.raises(OperationNotFound):
        await store.read(lambda records: records.operations.by_id("gone"))
    with pytest.raises(OperationNotFound):
        await store.write(lambda records: records.operations.mark_done("gone", ["step"]))
