"""Each condition of a dependency: met, waited for, failed, and healed after that, by real rollouts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from tests.reconcile.rollouts import DEADLINE, FAILED, READY, Silent, Stage

from cantata.core.model.events import EventFilter, EventType
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.model.templates import Condition
from cantata.errors import CantataError, Category
from cantata.store import SqlStore

UP = {
    "observedGeneration": 1,
    "replicas": 1,
    "updatedReplicas": 1,
    "readyReplicas": 1,
    "availableReplicas": 1,
    "conditions": [
        {"type": "Available", "status": "True"},
        {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"},
    ],
}
LATE = {
    "observedGeneration": 1,
    "conditions": [
        {
            "type": "Progressing",
            "status": "False",
            "reason": "ProgressDeadlineExceeded",
            "message": "it broke",
        }
    ],
}


class Refused(CantataError):
    category = Category.INVALID


def deployment(stage: Stage, name: str) -> Manifest:
    spec = {"replicas": 1, "template": {"spec": {"containers": [{"name": "main", "image": "db:1"}]}}}
    return {**stage.job(name), "apiVersion": "apps/v1", "kind": "Deployment", "spec": spec}


Act = Callable[[Stage], None]


def says(kind: tuple[str, str], status: Manifest) -> Act:
    def report(stage: Stage) -> None:
        live = stage.cluster.objects[ObjectKey(*kind, "shop", "db")].manifest()
        stage.cluster.put({**live, "status": status})

    return report


def answers(error: BaseException | None) -> Act:
    """What the API server says of the dependency's object; None lets it in."""

    def set_(stage: Stage) -> None:
        if error is None:
            stage.cluster.refusals.pop("db", None)
        else:
            stage.cluster.refusals["db"] = error

    return set_


JOB, DEPLOYMENT = ("batch", "Job"), ("apps", "Deployment")


@dataclass(frozen=True)
class Met:
    """How the dependency comes to hold: `before` is so from the start; `meets` and `fails` happen, and
    `waits` is what the dependent is said to do meanwhile."""

    make: Callable[[Stage, str], Manifest]
    waits: str
    meets: Act
    fails: Act
    cause: str
    before: Act | None = None


CASES = {
    # Nothing can be between a write and its answer but an API server that lets nothing in.
    Condition.STARTED: Met(
        deployment,
        "waits for db to be started",
        meets=answers(None),
        fails=answers(Refused("it broke")),
        cause="it broke",
        before=answers(Silent("nobody answers")),
    ),
    Condition.READY: Met(
        deployment,
        "waits for db to be ready",
        meets=says(DEPLOYMENT, UP),
        fails=says(DEPLOYMENT, LATE),
        cause="it broke",
    ),
    Condition.COMPLETED: Met(
        Stage.job,
        "waits for db to be completed",
        meets=says(JOB, READY),
        fails=says(JOB, FAILED),
        cause="it broke",
    ),
}


@dataclass
class Play:
    """A rollout of `web`, which depends on `db`, beside a Job that ends when the test says so: an operation
    in which something still runs waits for what may heal."""

    stage: Stage
    store: SqlStore
    eventually: Any
    case: Met
    condition: Condition

    async def begin(self) -> asyncio.Task[dict[str, str]]:
        if self.case.before is not None:
            self.case.before(self.stage)
        services = {
            "db": [self.case.make(self.stage, "db")],
            "web": [self.stage.settings("web")],
            "beside": [self.stage.job("beside")],
        }
        rollout = self.stage.rollout(services, {"web": {"db": self.condition}})
        running = asyncio.create_task(rollout.run())
        await self.told(self.case.waits)
        assert "web" not in self.stage.cluster.applied
        return running

    async def told(self, message: str) -> None:
        """The dependent is said to be pending, with this message last."""

        async def last() -> bool:
            await self.stage.journal.flush()
            application = self.stage.application
            of = EventFilter(application_id=application.id, types=(EventType.SERVICE,))
            events = await self.store.read(lambda records: records.events.since(application.project, 0, of))
            mine = [event.data for event in events if event.data["service"] == "web"]
            return bool(mine) and (mine[-1]["state"], mine[-1]["message"]) == ("pending", message)

        await self.eventually(last)

    async def applied(self) -> None:
        async def there() -> bool:
            return "web" in self.stage.cluster.applied

        await self.eventually(there)

    async def end(self, running: asyncio.Task[dict[str, str]]) -> dict[str, str]:
        self.stage.report("beside", READY)
        async with asyncio.timeout(DEADLINE):
            return await running


@pytest.fixture(params=CASES)
def play(request: pytest.FixtureRequest, stage: Stage, store: SqlStore, eventually: Any) -> Play:
    return Play(stage, store, eventually, CASES[request.param], request.param)


def finish(play: Play) -> Sequence[Act]:
    """What brings the dependency to its own end, beyond what the dependent waits for."""
    return [says(DEPLOYMENT, UP)] if play.condition is Condition.STARTED else []


async def test_a_dependent_waits_until_the_condition_is_met_and_starts_then(play: Play) -> None:
    running = await play.begin()
    play.case.meets(play.stage)
    await play.applied()
    for act in finish(play):
        act(play.stage)
    assert await play.end(running) == {}


async def test_a_dependent_of_what_fails_is_told_the_cause_and_never_starts(play: Play) -> None:
    running = await play.begin()
    play.case.fails(play.stage)
    await play.told(f"blocked by db: {play.case.cause}")
    assert await play.end(running) == {"db": play.case.cause}
    assert "web" not in play.stage.cluster.applied


@pytest.mark.parametrize("play", [Condition.READY, Condition.COMPLETED], indirect=True)
async def test_a_dependent_starts_when_what_failed_heals(play: Play) -> None:
    """A refused write is not sent again in the same operation; one that is not answered is, as shown
    above."""
    running = await play.begin()
    play.case.fails(play.stage)
    await play.told(f"blocked by db: {play.case.cause}")
    play.case.meets(play.stage)
    await play.applied()
    assert await play.end(running) == {}


async def test_a_service_that_started_and_fails_still_holds_for_who_waits_for_its_start(
    stage: Stage, store: SqlStore, eventually: Any
) -> None:
    play = Play(stage, store, eventually, CASES[Condition.STARTED], Condition.STARTED)
    running = await play.begin()
    play.case.meets(stage)
    await play.applied()
    says(DEPLOYMENT, LATE)(stage)
    assert await play.end(running) == {"db": "it broke"}
