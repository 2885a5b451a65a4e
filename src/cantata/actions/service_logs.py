"""The log lines of all pods of a service, merged as they come.

Each container is read by a task of its own into one short queue: who reads slowly slows them all, and nothing
is dropped.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec

from cantata.actions.service_pods import ServicePods
from cantata.core.pods import ContainerNotFound, ContainerView, PodView, choose_pod
from cantata.errors import CantataError
from cantata.ports import Changes

WAITING = 256
"""So many lines wait for the reader at most."""

LOOK_AGAIN = 60.0
"""Seconds; what changes rings before."""

ENDED = ("Succeeded", "Failed")
"""Phases of pods that run no more."""


class LogsWanted(msgspec.Struct, frozen=True):
    """Without `pod` those of all pods, without `container` those of all main containers."""

    follow: bool = False
    tail: int | None = None
    since_seconds: int | None = None
    previous: bool = False
    pod: str = ""
    container: str = ""


class LogLine(msgspec.Struct, frozen=True):
    """`at` is RFC 3339, as the node wrote it. With `error`, no more lines come from this container."""

    pod: str
    container: str
    at: str = ""
    text: str = ""
    error: CantataError | None = None


def chosen_logs(pods: ServicePods, wanted: LogsWanted) -> list[tuple[PodView, ContainerView]]:
    """Which containers are read first: of the pods that there are now. Raises `NoPods`, `PodNotFound`,
    `ContainerNotFound`."""
    views = pods.views()
    chosen = choose_pod(pods.service, views, wanted.pod)
    found = [
        (pod, container)
        for pod in ([chosen] if wanted.pod else views)
        for container in pod.containers
        if is_wanted(container, wanted)
    ]
    if not found:
        raise ContainerNotFound(
            f"no pod of service {pods.service} has a container {wanted.container[:253]}",
            subject=f"service {pods.service}",
            hint=f"Containers of {chosen.name}: {', '.join(each.name for each in chosen.containers)}.",
        )
    return found


def is_wanted(container: ContainerView, wanted: LogsWanted) -> bool:
    return container.name == wanted.container or (not wanted.container and container.kind == "main")


async def read_logs(
    pods: ServicePods, containers: list[tuple[PodView, ContainerView]], wanted: LogsWanted
) -> AsyncIterator[LogLine]:
    """A container whose lines cannot be read tells it in one line, and the others go on. Who follows a
    service also gets the lines of pods that come later and of containers that start again, from their
    beginning, until all its pods have ended."""
    reading = _Reading(pods, wanted)
    keeper = asyncio.create_task(reading.keep(containers))
    try:
        while (line := await reading.queue.get()) is not None:
            yield line
        await keeper
    finally:
        tasks = [keeper, *reading.tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Reading:
    """`queue` has the lines, and None at their end; `tasks` each read one container."""

    def __init__(self, pods: ServicePods, wanted: LogsWanted) -> None:
        self.queue: asyncio.Queue[LogLine | None] = asyncio.Queue(WAITING)
        self.tasks: set[asyncio.Task[None]] = set()
        self._pods = pods
        self._wanted = wanted
        self._read: set[tuple[str, str, int]] = set()

    async def keep(self, containers: list[tuple[PodView, ContainerView]]) -> None:
        with self._pods.live.changes() as bell:
            for pod, container in containers:
                self._begin(pod, container, bell)
            while self.tasks or self._may_come():
                await bell.wait(LOOK_AGAIN)
                if self._onward:
                    self._begin_new(bell)
        await self.queue.put(None)

    @property
    def _onward(self) -> bool:
        return self._wanted.follow and not (self._wanted.pod or self._wanted.previous)

    def _may_come(self) -> bool:
        views = self._pods.views()
        return self._onward and not (views and all(pod.phase in ENDED for pod in views))

    def _begin_new(self, bell: Changes) -> None:
        for pod in self._pods.views():
            for container in pod.containers:
                started = container.state in ("running", "terminated") or container.restarts > 0
                if started and is_wanted(container, self._wanted) and _key(pod, container) not in self._read:
                    self._begin(pod, container, bell, whole=True)

    def _begin(self, pod: PodView, container: ContainerView, bell: Changes, *, whole: bool = False) -> None:
        self._read.add(_key(pod, container))
        task = asyncio.create_task(self._lines(pod, container, whole=whole))
        self.tasks.add(task)

        def end(task: asyncio.Task[None]) -> None:
            self.tasks.discard(task)
            bell.ring()

        task.add_done_callback(end)

    async def _lines(self, pod: PodView, container: ContainerView, *, whole: bool) -> None:
        wanted = self._wanted
        try:
            lines = self._pods.session.cluster.logs(
                pod.namespace,
                pod.name,
                container.name,
                follow=wanted.follow,
                tail_lines=None if whole else wanted.tail,
                since_seconds=None if whole else wanted.since_seconds,
                previous=wanted.previous,
                timestamps=True,
            )
            async for line in lines:
                at, _, text = line.decode("utf-8", "replace").partition(" ")
                await self.queue.put(LogLine(pod.name, container.name, at, text))
        except CantataError as error:
            if container.state == "waiting":
                self._read.discard(_key(pod, container))  # It is read once it has started.
            await self.queue.put(LogLine(pod.name, container.name, error=error))


def _key(pod: PodView, container: ContainerView) -> tuple[str, str, int]:
    """Of a container that starts again the lines are others."""
    return pod.name, container.name, container.restarts
