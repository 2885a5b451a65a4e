"""What the tests of rollouts share: one operation over a cluster in memory, with the real writer, live
objects and journal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cantata.actions.streams import Streams
from cantata.core.health.health import Cause
from cantata.core.model.applications import Application, ObjectRecord, Operation
from cantata.core.model.cards import CauseKind, FailureCard
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.model.templates import Condition
from cantata.core.order.graph import build_graph
from cantata.core.plan import Desired
from cantata.core.stamp import APPLICATION
from cantata.errors import CantataError, Category
from cantata.ports import ClusterSession
from cantata.reconcile.apply import Writer
from cantata.reconcile.failures import Failures
from cantata.reconcile.journal import JournalDesk
from cantata.reconcile.lease import ClusterLease
from cantata.reconcile.live import ApplicationObjects, Live
from cantata.reconcile.requests import Requests
from cantata.reconcile.rollout import Rollout
from cantata.store import SqlStore

KINDS = [("", "ConfigMap"), ("batch", "Job"), ("apps", "Deployment")]
LONG, SHORT, DEADLINE = 60.0, 0.3, 10.0
READY = {"conditions": [{"type": "Complete", "status": "True"}], "succeeded": 1}
FAILED = {"conditions": [{"type": "Failed", "status": "True", "message": "it broke"}], "failed": 1}


class Silent(CantataError):
    category = Category.UNAVAILABLE


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
        clock: Callable[[], float] = time.monotonic,
    ) -> Rollout:
        wanted = {name: [Desired.of(each, name) for each in items] for name, items in services.items()}
        graph = build_graph(services.keys(), depends_on, jobs=services.keys())
        chosen = set(services if selected is None else selected)
        writer = writer or self.writer()
        live, cards = self.objects, self.failures
        journal, again = self.journal, self.look_again
        return Rollout(graph, wanted, chosen, live, writer, journal, cards, again, deadline, clock=clock)

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


def key(name: str) -> ObjectKey:
    return ObjectKey("batch", "Job", "shop", name)


def made(stage: Stage, name: str) -> Any:
    async def there() -> bool:
        return name in stage.cluster.applied

    return there
