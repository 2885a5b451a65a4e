"""A rollout over a cluster in memory: real writer, real live objects, real journal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

import pytest

from cantata.actions.streams import Streams
from cantata.core.health.health import Cause
from cantata.core.model.applications import Application, ObjectRecord, Operation
from cantata.core.model.cards import CauseKind, FailureCard
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.model.plans import Action
from cantata.core.model.templates import Condition
from cantata.core.order.graph import build_graph
from cantata.core.plan import Desired
from cantata.core.stamp import APPLICATION
from cantata.errors import CantataError, Category
from cantata.ports import ClusterSession, KindNotServed
from cantata.reconcile.apply import DeletionStuck, Writer
from cantata.reconcile.failures import Failures
from cantata.reconcile.journal import JournalDesk
from cantata.reconcile.lease import ClusterLease, LeaseLost
from cantata.reconcile.live import ApplicationObjects, Live
from cantata.reconcile.requests import Requests
from cantata.reconcile.rollout import Rollout
from cantata.store import SqlStore

KINDS = [("", "ConfigMap"), ("batch", "Job"), ("apps", "Deployment")]
LONG, SHORT, DEADLINE = 60.0, 0.3, 10.0
READY = {"conditions": [{"type": "Complete", "status": "True"}], "succeeded": 1}
FAILED = {"conditions": [{"type": "Failed", "status": "True", "message": "it broke"}], "failed": 1}


class PlainCards:
    """Cards with nothing on them but the cause; `made` are the messages of all."""

    def __init__(self) -> None:
        self.made: list[str] = []

    async def of_cause(self, service: str, cause: Cause, *_: object) -> FailureCard:
        self.made.append(cause.message)
        return FailureCard(service, cause.kind, cause.reason, cause.message, cause.terminal, pod=cause.pod)

    async def of_error(
        self, service: str, error: CantataError, _: object = (), *, terminal: bool = True
    ) -> FailureCard:
        self.made.append(error.message)
        return FailureCard(service, CauseKind.OTHER, error.code, error.message, terminal)


class Stage:
    """One operation on one application."""

    def __init__(
        self, cluster: Any, store: SqlStore, application: Application, operation: Operation, seconds: float
    ) -> None:
        self.cluster = cluster
        self.application = application
        self.lease = ClusterLease(store, "uid-1", "one", seconds)
        self.live = Live()
        self.maker = PlainCards()
        self.operation = operation
        self._desk = JournalDesk(store, Streams(store))

    async def open(self) -> None:
        assert await self.lease.acquire()
        self.journal = self._desk.open(self.operation, self.lease.grant())
        session = ClusterSession("uid-1", self.cluster.port)
        self.objects: ApplicationObjects = await self.live.observe(session, self.application.id, KINDS)
        self.failures = Failures(self.maker, self.objects, self.journal)

    async def close(self) -> None:
        await self._desk.close()
        await self.live.close()

    def job(self, name: str) -> Manifest:
        labels = {APPLICATION: self.application.id}
        metadata = {"name": name, "namespace": "shop", "labels": labels}
        return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": {"template": {}}}

    def settings(self, name: str) -> Manifest:
        return {**self.job(name), "apiVersion": "v1", "kind": "ConfigMap", "spec": {"any": 1}}

    def rollout(
        self,
        services: Mapping[str, list[Manifest]],
        depends_on: Mapping[str, Mapping[str, Condition]] = {},
        *,
        selected: Iterable[str] | None = None,
        deadline: float = LONG,
        writer: Writer | None = None,
    ) -> Rollout:
        wanted = {name: [Desired.of(each, name) for each in items] for name, items in services.items()}
        graph = build_graph(services.keys(), depends_on, jobs=services.keys())
        chosen = set(services if selected is None else selected)
        writer = writer or self.writer()
        live, cards = self.objects, self.failures
        return Rollout(graph, wanted, chosen, live, writer, self.journal, cards, self.look_again, deadline)

    async def look_again(self) -> None:
        await self.live.observe(ClusterSession("uid-1", self.cluster.port), self.application.id, KINDS)

    def writer(self, inventory: Iterable[ObjectRecord] = (), deadline: float = LONG) -> Writer:
        requests = Requests(self.lease.grant(), self.journal, deadline)
        return Writer(
            self.cluster.port,
            requests,
            self.objects,
            self.journal,
            self.application.id,
            inventory,
            trouble=self.failures.of_retry,
        )

    def report(self, name: str, status: Manifest) -> None:
        """What a controller says of a Job."""
        live = self.cluster.objects[ObjectKey("batch", "Job", "shop", name)].manifest()
        self.cluster.put({**live, "status": status})


@pytest.fixture
async def stage(
    cluster: Any, store: SqlStore, shop: Application, operation: Operation
) -> AsyncIterator[Stage]:
    opened = Stage(cluster, store, shop, operation, LONG)
    await opened.open()
    yield opened
    await opened.close()


def key(name: str) -> ObjectKey:
    return ObjectKey("batch", "Job", "shop", name)


def made(stage: Stage, name: str) -> Any:
    async def there() -> bool:
        return name in stage.cluster.applied

    return there


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


class Silent(CantataError):
    category = Category.UNAVAILABLE


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
    stage: Stage, eventually: Any
) -> None:
    """Its failure stays while the others are looked at."""
    busy = stage.job("busy")
    busy["spec"]["completions"] = 9
    rollout = stage.rollout({"slow": [stage.job("slow")], "busy": [busy]}, deadline=SHORT)
    running = asyncio.create_task(rollout.run())
    await eventually(made(stage, "busy"))
    for number in range(1, 8):
        await asyncio.sleep(SHORT / 3)
        stage.report("busy", {"active": 1, "succeeded": number})
    assert not running.done()
    stage.report("busy", READY)
    async with asyncio.timeout(DEADLINE):
        assert (await running).keys() == {"slow"}


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
