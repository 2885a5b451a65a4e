"""Which pod and which container are meant."""

from __future__ import annotations

from typing import Any

import pytest

from cantata.core.pods import (
    ContainerKind,
    ContainerNotFound,
    ContainerNotNamed,
    NoPods,
    PodNotFound,
    choose_container,
    choose_pod,
    pod_views,
)

SIDE = "kubectl.kubernetes.io/default-container"


def pod(
    name: str, *containers: str, ready: bool = True, phase: str = "Running", **more: Any
) -> dict[str, Any]:
    """`containers` all run."""
    running = [{"name": each, "state": {"running": {}}, "ready": True} for each in containers]
    metadata = {"name": name, "namespace": "shop", **more.get("metadata", {})}
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
    status = {
        "phase": phase,
        "conditions": conditions,
        "containerStatuses": running,
        **more.get("status", {}),
    }
    spec = {
        "containers": [{"name": each, "image": f"{each}:1"} for each in containers],
        **more.get("spec", {}),
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status}


def test_a_ready_pod_comes_first_and_one_that_leaves_last() -> None:
    pods = [
        pod("a", "main", metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"}),
        pod("b", "main", ready=False, phase="Pending"),
        pod("c", "main", ready=False),
        pod("e", "main"),
        pod("d", "main"),
    ]
    assert [view.name for view in pod_views(pods)] == ["d", "e", "c", "b", "a"]


@pytest.mark.parametrize("broken", [{"spec": {"containers": 3}}, {"status": {"phase": []}}, {"metadata": []}])
def test_a_pod_of_a_wrong_shape_is_left_out(broken: dict[str, Any]) -> None:
    assert [view.name for view in pod_views([{**pod("a"), **broken}, pod("b")])] == ["b"]


def test_containers_of_all_kinds_with_their_states() -> None:
    (view,) = pod_views(
        [
            pod(
                "a",
                "main",
                spec={
                    "initContainers": [{"name": "init"}],
                    "ephemeralContainers": [{"name": "debug", "image": "busybox"}, {"name": "new"}],
                },
                status={
                    "initContainerStatuses": [{"name": "init", "state": {"terminated": {"exitCode": 3}}}],
                    "ephemeralContainerStatuses": [
                        {"name": "debug", "state": {"waiting": {"reason": "ErrImagePull"}}}
                    ],
                },
            )
        ]
    )
    assert [(each.name, each.kind, each.state, each.reason) for each in view.containers] == [
        ("main", ContainerKind.MAIN, "running", ""),
        ("init", ContainerKind.INIT, "terminated", "exit code 3"),
        ("debug", ContainerKind.EPHEMERAL, "waiting", "ErrImagePull"),
        ("new", ContainerKind.EPHEMERAL, "", ""),
    ]


def test_pods_by_name_or_the_first() -> None:
    views = pod_views([pod("a", "main"), pod("b", "main")])
    assert (choose_pod("web", views).name, choose_pod("web", views, "b").name) == ("a", "b")
    with pytest.raises(PodNotFound, match="no pod c"):
        choose_pod("web", views, "c")
    with pytest.raises(NoPods):
        choose_pod("web", ())


def test_containers_by_name_or_the_only_one_or_the_default() -> None:
    one, two, said = pod_views(
        [
            pod("1", "main", spec={"containers": [{"name": "main"}], "initContainers": [{"name": "init"}]}),
            pod("2", "main", "side"),
            pod("3", "main", "side", metadata={"annotations": {SIDE: "side"}}),
        ]
    )
    assert choose_container(one).name == "main"
    assert choose_container(one, "init").kind is ContainerKind.INIT
    assert (choose_container(said).name, choose_container(said, "main").name) == ("side", "main")
    with pytest.raises(ContainerNotNamed, match="main, side"):
        choose_container(two)
    with pytest.raises(ContainerNotFound):
        choose_container(two, "other")
