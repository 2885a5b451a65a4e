"""The failure cards of a rollout: of what fails, of what is in trouble meanwhile, and none of what has
healed."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.reconcile.rollouts import DEADLINE, FAILED, READY, SHORT, Silent, Stage, made

from cantata.core.model.cards import CauseKind
from cantata.errors import CantataError, Category
from cantata.store import SqlStore


async def test_a_failed_service_has_one_card_that_is_told_once(stage: Stage, eventually: Any) -> None:
    running = asyncio.create_task(stage.rollout({"a": [stage.job("a")], "b": [stage.job("b")]}).run())
    await eventually(made(stage, "b"))
    stage.report("a", FAILED)
    stage.report("a", {**FAILED, "failed": 2})
    stage.report("b", READY)
    async with asyncio.timeout(DEADLINE):
        await running
    (card,) = await stage.failures.finish()
    assert (card.service, card.kind, card.message) == ("a", CauseKind.JOB_FAILED, "it broke")
    assert stage.maker.made == ["it broke"]


async def test_a_refused_service_has_a_card_of_what_was_answered(stage: Stage) -> None:
    class Refused(CantataError):
        category = Category.INVALID

    stage.cluster.refusals["a"] = Refused("spec.colour is not known")
    async with asyncio.timeout(DEADLINE):
        await stage.rollout({"a": [stage.settings("a")]}).run()
    (card,) = await stage.failures.finish()
    assert (card.service, card.reason, card.message) == ("a", "Refused", "spec.colour is not known")


async def test_what_is_tried_again_has_a_card_until_it_is_let_through(
    stage: Stage, store: SqlStore, eventually: Any
) -> None:
    """A webhook that does not answer, for instance: nobody waits for the deadline to hear of it."""
    stage.cluster.refusals["a"] = Silent("the webhook does not answer")
    running = asyncio.create_task(stage.rollout({"a": [stage.settings("a")]}).run())

    async def failures() -> list[tuple[str, bool]]:
        await stage.journal.flush()
        found = await store.read(lambda records: records.operations.by_id(stage.operation.id))
        return [(card.message, card.terminal) for card in found.failures]

    async def told() -> bool:
        return await failures() == [("the webhook does not answer", False)]

    async def healed() -> bool:
        return await failures() == []

    await eventually(told)
    del stage.cluster.refusals["a"]
    async with asyncio.timeout(DEADLINE):
        assert await running == {}
    await eventually(healed)
    assert stage.maker.made == ["the webhook does not answer"]


async def test_what_was_tried_again_in_vain_has_its_last_card(stage: Stage) -> None:
    stage.cluster.refusals["a"] = Silent("the webhook does not answer")
    async with asyncio.timeout(DEADLINE):
        await stage.rollout({"a": [stage.settings("a")]}, writer=stage.writer(deadline=1.0)).run()
    (card,) = await stage.failures.finish()
    assert card.terminal
    assert len(stage.maker.made) == 2


async def test_a_service_that_heals_has_no_card(stage: Stage, eventually: Any) -> None:
    """It was told when it failed; at the end nothing fails."""
    rollout = stage.rollout({"a": [stage.job("a")], "b": [stage.job("b")]})
    running = asyncio.create_task(rollout.run())
    await eventually(made(stage, "b"))
    stage.report("a", FAILED)

    async def told() -> bool:
        return stage.maker.made == ["it broke"]

    await eventually(told)
    stage.report("a", READY)
    stage.report("b", READY)
    async with asyncio.timeout(DEADLINE):
        assert await running == {}
    assert await stage.failures.finish() == ()


async def test_a_service_without_progress_has_a_card_of_its_deadline(stage: Stage) -> None:
    async with asyncio.timeout(DEADLINE):
        await stage.rollout({"a": [stage.job("a")]}, deadline=SHORT).run()
    (card,) = await stage.failures.finish()
    assert card.kind is CauseKind.PROGRESS_DEADLINE
    assert "no progress for" in card.message
