"""Enter a pod of a service: run a command there, reach a port, add a container to look at it.

Each is left in the audit list, a command by its first word alone: arguments may be secrets.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from cantata.actions.audit import audit
from cantata.actions.ports import Ports
from cantata.actions.service_pods import ServicePods, service_pods
from cantata.core.model.access import Actor
from cantata.core.model.objects import Manifest
from cantata.core.pods import ContainerView, PodView, choose_container, choose_pod
from cantata.errors import CantataError, Category
from cantata.ports import Process, Tunnel

START_SECONDS = 60.0
"""How long a container may take to run that is to be attached to."""


class ContainerNotRunning(CantataError):
    category = Category.CONFLICT


@asynccontextmanager
async def run_in_pod(
    ports: Ports,
    actor: Actor,
    project: str,
    name: str,
    service: str,
    command: Sequence[str],
    *,
    pod: str = "",
    container: str = "",
    stdin: bool = False,
    tty: bool = False,
) -> AsyncIterator[tuple[PodView, ContainerView, Process]]:
    """Without a command, attaches to the container once it runs. Raises `NoPods`, `PodNotFound`,
    `ContainerNotFound`, `ContainerNotNamed`, `ContainerNotRunning`."""
    pods = await service_pods(ports, project, name, service)
    chosen = choose_pod(service, pods.views(), pod)
    inside = choose_container(chosen, container)
    if command and not inside.running:
        raise _not_running(chosen, inside)
    verb = "exec" if command else "attach"
    await _audit(ports, actor, pods, verb, f"{chosen.name}/{inside.name} {' '.join(command[:1])}".strip())
    if not command:
        inside = await _running(pods, chosen, inside)
    cluster = pods.session.cluster
    async with cluster.run(
        chosen.namespace, chosen.name, inside.name, command, stdin=stdin, tty=tty
    ) as process:
        yield chosen, inside, process


@asynccontextmanager
async def reach_port(
    ports: Ports, actor: Actor, project: str, name: str, service: str, port: int, *, pod: str = ""
) -> AsyncIterator[tuple[PodView, Tunnel]]:
    """Raises `NoPods`, `PodNotFound`."""
    pods = await service_pods(ports, project, name, service)
    chosen = choose_pod(service, pods.views(), pod)
    await _audit(ports, actor, pods, "port-forward", f"{chosen.name} {port}")
    async with pods.session.cluster.tunnel(chosen.namespace, chosen.name, port) as tunnel:
        yield chosen, tunnel


async def add_debug_container(
    ports: Ports,
    actor: Actor,
    project: str,
    name: str,
    service: str,
    image: str,
    *,
    pod: str = "",
    target: str = "",
    command: Sequence[str] = (),
    tty: bool = False,
) -> tuple[PodView, str]:
    """The pod, and the name of the new container. It stays in the pod until the pod goes."""
    pods = await service_pods(ports, project, name, service)
    chosen = choose_pod(service, pods.views(), pod)
    added = f"debug-{secrets.token_hex(3)}"
    manifest: Manifest = {"name": added, "image": image, "stdin": True, "tty": tty}
    if target:
        manifest["targetContainerName"] = choose_container(chosen, target).name
    if command:
        manifest["command"] = list(command)
    await _audit(ports, actor, pods, "debug", f"{chosen.name}/{added} {image}")
    await pods.session.cluster.add_container(chosen.namespace, chosen.name, manifest)
    await _seen(pods, chosen, added)
    return chosen, added


async def _seen(pods: ServicePods, pod: PodView, container: str) -> None:
    """Waits until the watch has told of a container, so that it can be attached to."""
    clock = asyncio.get_running_loop().time
    until = clock() + START_SECONDS
    with pods.live.changes() as changes:
        while not any(
            each.name == container
            for view in pods.views()
            if view.name == pod.name
            for each in view.containers
        ):
            if clock() >= until:
                return  # Who attaches is told that it is not there.
            await changes.wait(until - clock())


async def _running(pods: ServicePods, pod: PodView, container: ContainerView) -> ContainerView:
    """The container once it runs, by the watch. Raises `ContainerNotRunning`."""
    clock = asyncio.get_running_loop().time
    until = clock() + START_SECONDS
    with pods.live.changes() as changes:
        while True:
            # Looked at anew before each wait: what changed before the bell was there has not rung it.
            found = [each for each in pods.views() if each.name == pod.name]
            pod = choose_pod(pods.service, found, pod.name)
            container = choose_container(pod, container.name)
            if container.running:
                return container
            left = until - clock()
            if left <= 0 or container.state == "terminated":
                raise _not_running(pod, container)
            await changes.wait(left)


def _not_running(pod: PodView, container: ContainerView) -> ContainerNotRunning:
    why = f": it is {container.state or 'not started'}" + (f" ({container.reason})" * bool(container.reason))
    return ContainerNotRunning(
        f"container {container.name} of pod {pod.name} does not run{why}", subject=f"pod {pod.name}"
    )


async def _audit(ports: Ports, actor: Actor, pods: ServicePods, verb: str, detail: str) -> None:
    project, named = pods.application.project, f"{pods.application.name}/{pods.service}"
    await ports.store.write(
        lambda records: audit(records, actor, project, verb, "service", named, detail[:200])
    )
