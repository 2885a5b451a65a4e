"""A rollout over a cluster in memory: real writer, real live objects, real journal."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.reconcile.rollouts import DEADLINE, FAILED, LONG, READY, SHORT, Stage, key, made

from cantata.core.model.plans import Action
from cantata.core.model.templates import Condition
from cantata.core.plan import Desired
from cantata.errors import CantataError, Category
from cantata.ports import KindNotServed
from cantata.reconcile.apply import DeletionStuck
from cantata.reconcile.lease import LeaseLost
from cantata.store import SqlStore


async def test_services_that_are_ready_end_it(stage: Stage) -> None:
    async with asyncio.timeout(DEADLINE):
        assert await stage.rollout({"a": [stage.settings("a")], "b": [stage.settings("b")]}).run() == {}
    assert sorted(stage.cluster.applied) == ["a", "b"]


async def test_a_dependent_starts_when_its_condition_holds(stage: Stage, eventually: Any) -> None:
    rollout = stage.rollout(
        {"migrate": [stage.job("migrate")], "web": [stage.settings("web")]},
        {"web": {"migrate": Condition.COMPLETED}},
    )
    running = asyncio.create_task(rollout.run())
    await eventually(made(stage, "migrate"))
    assert "web" not in stage.cluster.applied
    stage.report("migrate", READY)
    async with asyncio.timeout(DEADLINE):
        assert await running == {}
    assert stage.cluster.applied == ["migrate", "web"]


async def test_a_failed_service_ends_it_and_its_dependent_never_starts(stage: Stage, eventually: Any) -> None:
    rollout = stage.rollout(
        {"migrate": [stage.job("migrate")], "web": [stage.settings("web")]},
        {"web": {"migrate": Condition.COMPLETED}},
    )
    running = asyncio.create_task(rollout.run())
    await eventually(made(stage, "migrate"))
    stage.report("migrate", FAILED)
    async with asyncio.timeout(DEADLINE):
        assert list(await running) == ["migrate"]
    assert stage.cluster.applied == ["migrate"]


async def test_what_the_cluster_refuses_is_the_failure_of_its_service(stage: Stage) -> None:
    class Refused(CantataError):
        category = Category.INVALID

    stage.cluster.refusals["a"] = Refused("spec.colour is not known")
    async with asyncio.timeout(DEADLINE):
        failures = await stage.rollout({"a": [stage.settings("a")], "b": [stage.settings("b")]}).run()
    assert failures == {"a": "spec.colour is not known"}
    assert stage.cluster.applied == ["b"]


async def test_a_lost_lease_is_no_failure_of_a_service(stage: Stage) -> None:
    """Another server goes on with the operation: this one must not call it failed."""
    rollout = stage.rollout({"a": [stage.settings("a")]})
    await stage.lease.release()
    with pytest.raises(LeaseLost):
        async with asyncio.timeout(DEADLINE):
            await rollout.run()


BESIDE = {"web": {"migrate": Condition.COMPLETED}}


async def test_a_dependency_that_is_not_deployed_and_not_selected_fails_the_service(stage: Stage) -> None:
    services = {"migrate": [stage.job("migrate")], "web": [stage.settings("web")]}
    async with asyncio.timeout(DEADLINE):
        failures = await stage.rollout(services, BESIDE, selected=["web"]).run()
    assert failures.keys() == {"web"}
    assert "blocked by migrate: it is not deployed" in failures["web"]
    assert stage.cluster.applied == []


async def test_a_dependency_that_is_not_selected_is_not_waited_for_without_end(stage: Stage) -> None:
    job = stage.job("migrate")
    stage.cluster.put(job)
    services = {"migrate": [job], "web": [stage.settings("web")]}
    async with asyncio.timeout(DEADLINE):
        failures = await stage.rollout(services, BESIDE, selected=["web"], deadline=SHORT).run()
    assert failures.keys() == {"web"}
    assert "blocked by migrate: no progress for 0 s" in failures["web"]


async def test_a_service_without_progress_fails(stage: Stage) -> None:
    async with asyncio.timeout(DEADLINE):
        failures = await stage.rollout({"migrate": [stage.job("migrate")]}, deadline=SHORT).run()
    assert failures.keys() == {"migrate"}
    assert failures["migrate"].startswith("no progress for 0 s")


async def test_a_service_without_progress_fails_beside_others_that_go_on(
    stage: Stage, store: SqlStore, eventually: Any
) -> None:
    """Its failure stays while the others are looked at."""
    now = 0.0
    busy = stage.job("busy")
    busy["spec"]["completions"] = 9
    services = {"slow": [stage.job("slow")], "busy": [busy]}
    running = asyncio.create_task(stage.rollout(services, deadline=LONG, clock=lambda: now).run())

    def told(service: str, **wanted: object) -> Any:
        async def there() -> bool:
            await stage.journal.flush()
            events = await store.read(lambda records: records.events.last(stage.application.project))
            said = [event.data for event in events if event.data.get("service") == service]
            return any(wanted.items() <= data.items() for data in said)

        return there

    await eventually(made(stage, "slow"))
    await eventually(made(stage, "busy"))
    for number in range(1, 8):
        stage.report("busy", {"active": 1, "succeeded": number})
        await eventually(told("busy", ready=number))
        now += 0.9 * LONG
    await eventually(told("slow", state="failed"))
    assert not running.done()
    stage.report("busy", READY)
    async with asyncio.timeout(DEADLINE):
        assert (await running).keys() == {"slow"}


async def test_to_and_fro_is_no_progress(stage: Stage, eventually: Any) -> None:
    """As a pod that is ready and is not, again and again."""
    fickle = stage.job("fickle")
    fickle["spec"]["completions"] = 9
    running = asyncio.create_task(stage.rollout({"fickle": [fickle]}, deadline=SHORT).run())
    await eventually(made(stage, "fickle"))
    async with asyncio.timeout(DEADLINE):
        while not running.done():
            for number in (1, 2):
                stage.report("fickle", {"active": 1, "succeeded": number})
                await asyncio.sleep(SHORT / 3)
    assert running.result()["fickle"].startswith("no progress for 0 s")


async def test_a_service_that_is_still_being_applied_at_its_deadline_fails(stage: Stage) -> None:
    class Unreachable(CantataError):
        category = Category.UNAVAILABLE

    stage.cluster.refusals["slow"] = Unreachable("no answer")
    running = stage.rollout({"slow": [stage.job("slow")], "busy": [stage.job("busy")]}, deadline=SHORT).run()
    async with asyncio.timeout(DEADLINE):
        assert (await running).keys() == {"slow", "busy"}


async def test_a_completed_job_that_its_time_to_live_takes_stays_completed(
    stage: Stage, eventually: Any
) -> None:
    writer = stage.writer()
    rollout = stage.rollout(
        {"migrate": [stage.job("migrate")], "other": [stage.job("other")]}, deadline=2, writer=writer
    )
    running = asyncio.create_task(rollout.run())
    await eventually(made(stage, "migrate"))
    stage.report("migrate", READY)

    async def completed() -> bool:
        return writer.records[key("migrate")].completed

    await eventually(completed)
    stage.cluster.remove(key("migrate"))
    await asyncio.sleep(0.1)
    stage.report("other", READY)
    async with asyncio.timeout(DEADLINE):
        assert await running == {}
    assert sorted(stage.cluster.applied) == ["migrate", "other"]


async def test_what_became_ready_while_the_copy_was_stale_is_seen(stage: Stage, eventually: Any) -> None:
    running = asyncio.create_task(stage.rollout({"migrate": [stage.job("migrate")]}).run())
    await eventually(made(stage, "migrate"))
    await asyncio.sleep(0.1)
    informer = stage.cluster.informer("ConfigMap")
    informer.broken = True
    stage.report("migrate", READY)
    await asyncio.sleep(0.2)
    assert not running.done()
    informer.broken = False
    async with asyncio.timeout(DEADLINE):
        assert await running == {}


async def test_a_kind_that_is_served_no_longer_does_not_keep_the_others_unseen(
    stage: Stage, eventually: Any
) -> None:
    """Its informer is never current again: it goes when somebody asks anew."""
    running = asyncio.create_task(stage.rollout({"a": [stage.job("a")]}).run())
    await eventually(made(stage, "a"))
    stage.cluster.unserved.add(("", "ConfigMap"))
    stage.cluster.informer("ConfigMap").fail(KindNotServed("404"))
    stage.report("a", READY)
    async with asyncio.timeout(DEADLINE):
        assert await running == {}


async def test_a_hook_that_becomes_a_service_is_the_services(stage: Stage) -> None:
    """Else the status would not count it, and no deploy would ever prune it."""
    writer = stage.writer()
    hook = Desired.of(stage.settings("a"), "")
    writer.own_hook(hook, fresh=True)
    await writer.apply([hook])
    assert writer.records[hook.key].hook
    await writer.apply([Desired.of({**stage.settings("a"), "data": {"more": "1"}}, "a")])
    record = writer.records[hook.key]
    assert (record.hook, record.service) == (False, "a")


async def test_an_object_that_does_not_go_away_ends_the_wait(stage: Stage) -> None:
    """Who deletes an application, or prunes, has no other deadline."""
    held = stage.settings("a")
    held["metadata"]["finalizers"] = ["example.org/keep"]
    uid = stage.cluster.put(held).metadata.uid
    writer = stage.writer(deadline=SHORT)
    with pytest.raises(DeletionStuck, match=r"it waits for example\.org/keep"):
        async with asyncio.timeout(DEADLINE):
            await writer.delete(Desired.of(held, "a").key, "v1", uid)


async def test_a_write_whose_answer_was_lost_is_not_forgotten(stage: Stage, store: SqlStore) -> None:
    """The old manifest, wanted again by the next operation, is all there, and so is what was added."""
    old = Desired.of(stage.settings("a"), "a")
    more = {**stage.settings("a"), "data": {"added": "1"}}
    new = Desired.of(more, "a")
    writer = stage.writer()
    await writer.apply([old])
    await writer.announce([old])
    assert writer.decide(old).action is Action.UNCHANGED
    await writer.announce([new])
    stage.cluster.put(more)
    known = await store.read(lambda records: records.inventory.list(stage.application.id))
    assert stage.writer(known).decide(old).action is Action.UPDATE


async def test_an_unchanged_service_is_not_written_again(stage: Stage) -> None:
    writer = stage.writer()
    services = {"a": [stage.settings("a")], "b": [stage.settings("b")]}
    async with asyncio.timeout(DEADLINE):
        assert await stage.rollout(services, writer=writer).run() == {}
        assert await stage.rollout(services, writer=writer).run() == {}
    assert len(stage.cluster.applied) == 2


async def test_an_unchanged_service_that_somebody_changes_meanwhile_is_taken_back(stage: Stage) -> None:
    """Not ready, and not as we want it: it would be waited for in vain."""
    writer, job = stage.writer(), stage.job("migrate")
    job["spec"]["parallelism"] = 2
    await writer.apply([Desired.of(job, "migrate")])
    running = asyncio.create_task(stage.rollout({"migrate": [job]}, writer=writer).run())
    await asyncio.sleep(0.1)
    stage.cluster.put({**job, "spec": {"template": {}, "parallelism": 0}})
    await asyncio.sleep(0.1)
    assert stage.cluster.objects[key("migrate")].manifest()["spec"]["parallelism"] == 2
    stage.report("migrate", READY)
    async with asyncio.timeout(DEADLINE):
        assert await running == {}
