"""Which pod and which container of a service is meant by a person who names them, or does not.

NoPods              the service has no pod
PodNotFound         it has pods, and none of that name
ContainerNotFound   the pod has no container of that name
ContainerNotNamed   it has several, and none was named
"""

from __future__ import annotations

from collections.abc import Sequence

from cantata.core.pods.view import ContainerKind, ContainerView, PodView
from cantata.errors import CantataError, Category


class NoPods(CantataError):
    category = Category.CONFLICT


class PodNotFound(CantataError):
    category = Category.NOT_FOUND


class ContainerNotFound(CantataError):
    category = Category.NOT_FOUND


class ContainerNotNamed(CantataError):
    category = Category.INVALID


def choose_pod(service: str, pods: Sequence[PodView], name: str = "") -> PodView:
    """The pod of that name, or the first of `pods`, which come as `pod_views` sorts them. Raises `NoPods`,
    `PodNotFound`."""
    if not pods:
        raise NoPods(
            f"service {service} has no pod",
            subject=f"service {service}",
            hint="`cantata app status` tells what state it is in.",
        )
    if not name:
        return pods[0]
    for pod in pods:
        if pod.name == name:
            return pod
    raise PodNotFound(
        f"service {service} has no pod {name[:253]}",
        subject=f"service {service}",
        hint=f"Its pods: {', '.join(pod.name for pod in pods[:10])}.",
    )


def choose_container(pod: PodView, name: str = "") -> ContainerView:
    """The container of that name; else the one that the pod's annotation names, else its only one. Raises
    `ContainerNotFound`, `ContainerNotNamed`."""
    by_name = {container.name: container for container in pod.containers}
    wanted = name or (pod.default if pod.default in by_name else "")
    if wanted:
        if wanted in by_name:
            return by_name[wanted]
        raise ContainerNotFound(
            f"pod {pod.name} has no container {wanted[:253]}",
            subject=f"pod {pod.name}",
            hint=f"Its containers: {', '.join(by_name)}.",
        )
    main = [container for container in pod.containers if container.kind is ContainerKind.MAIN]
    if len(main) == 1:
        return main[0]
    raise ContainerNotNamed(
        f"pod {pod.name} has {len(main)} containers: {', '.join(each.name for each in main)}",
        subject=f"pod {pod.name}",
        hint="Name one by `--container`.",
    )
