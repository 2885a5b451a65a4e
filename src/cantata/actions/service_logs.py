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

WAITING = 256
"""So many lines wait for the reader at most."""


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
    """Which containers are read: of the pods that there are now. Raises `NoPods`, `PodNotFound`,
    `ContainerNotFound`."""
    views = pods.views()
    chosen = choose_pod(pods.service, views, wanted.pod)
    found = [
        (pod, container)
        for pod in ([chosen] if wanted.pod else views)
        for container in pod.containers
        if container.name == wanted.container or (not wanted.container and container.kind == "main")
    ]
    if not found:
        raise ContainerNotFound(
            f"no pod of service {pods.service} has a container {wanted.container[:253]}",
            subject=f"service {pods.service}",
            hint=f"Containers of {chosen.name}: {', '.join(each.name for each in chosen.containers)}.",
        )
    return found


async def read_logs(
    pods: ServicePods, containers: list[tuple[PodView, ContainerView]], wanted: LogsWanted
) -> AsyncIterator[LogLine]:
    """A container whose lines cannot be read tells it in one line, and the others go on."""
    queue: asyncio.Queue[LogLine] = asyncio.Queue(WAITING)
    ended = LogLine("", "")

    async def read(pod: PodView, container: ContainerView) -> None:
        try:
            lines = pods.session.cluster.logs(
                pod.namespace,
                pod.name,
                container.name,
                follow=wanted.follow,
                tail_lines=wanted.tail,
                since_seconds=wanted.since_seconds,
                previous=wanted.previous,
                timestamps=True,
            )
            async for line in lines:
                at, _, text = line.decode("utf-8", "replace").partition(" ")
                await queue.put(LogLine(pod.name, container.name, at, text))
        except CantataError as error:
            await queue.put(LogLine(pod.name, container.name, error=error))
        await queue.put(ended)

    tasks = [asyncio.create_task(read(pod, container)) for pod, container in containers]
    left = len(tasks)
    try:
        while left:
            line = await queue.get()
            if line is ended:
                left -= 1
            else:
                yield line
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
