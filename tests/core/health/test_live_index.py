from __future__ import annotations

from typing import Any

from cantata.core.health.live_index import LiveIndex
from cantata.core.health.service_health import service_health
from cantata.core.model.objects import ObjectKey
from cantata.core.model.states import ServiceState

WEB = ObjectKey("apps", "Deployment", "shop", "web")


def deployment(version: str, generation: int, observed: int) -> dict[str, Any]:
    conditions = [
        {"type": "Available", "status": "True"},
        {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"},
    ]
    counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), 1)
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "uid": "u",
            "generation": generation,
            "resourceVersion": version,
        },
        "spec": {"replicas": 1},
        "status": {"observedGeneration": observed, "conditions": conditions, **counts},
    }


def pod(name: str, *owners: dict[str, Any], version: str = "1") -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "resourceVersion": version,
            "ownerReferences": list(owners),
        },
    }


def test_the_answer_to_an_apply_counts_until_the_informer_has_caught_up() -> None:
    informer, answer = deployment("99", 1, 1), deployment("100", 2, 1)
    assert service_health([WEB], LiveIndex([informer])).state is ServiceState.READY
    for both in ([informer, answer], [answer, informer]):
        assert service_health([WEB], LiveIndex(both)).state is ServiceState.PROGRESSING
    caught_up = deployment("101", 2, 2)
    assert service_health([WEB], LiveIndex([caught_up, answer])).state is ServiceState.READY


def test_only_the_controller_owns_a_pod_and_only_once() -> None:
    controller = {"kind": "ReplicaSet", "name": "web-1", "uid": "rs", "controller": True}
    other = {"kind": "Thing", "name": "one", "uid": "thing"}
    index = LiveIndex([pod("a", controller, other), pod("a", controller, version="2"), pod("b", other)])
    assert [head.metadata.name for head, _ in index.owned_by("rs", "Pod")] == ["a"]
    assert index.owned_by("thing", "Pod") == []
    assert index.owned_by("rs", "Job") == []


def test_objects_without_a_readable_identity_are_passed_over() -> None:
    index = LiveIndex([{"kind": 3}, {"metadata": []}, {"kind": "Event", "type": {}}, deployment("1", 1, 1)])
    assert index.find(WEB) == deployment("1", 1, 1)


def test_warnings_are_kept_from_the_oldest_to_the_newest_in_both_forms() -> None:
    old = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "old"},
        "type": "Warning",
        "reason": "Unhealthy",
        "message": "first",
        "involvedObject": {"uid": "p"},
        "lastTimestamp": "2026-03-01T10:00:00Z",
        "eventTime": None,
    }
    new = {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": "new"},
        "type": "Warning",
        "reason": "Unhealthy",
        "note": "second",
        "regarding": {"uid": "p"},
        "eventTime": "2026-03-01T10:00:05.000000Z",
        "series": {"lastObservedTime": "2026-03-01T10:01:00.000000Z"},
    }
    normal = {**old, "type": "Normal"}
    index = LiveIndex([new, normal, old])
    assert [event.text for event in index.warnings_of("p")] == ["first", "second"]
    assert index.warnings_of("q") == []


def test_warnings_of_one_second_keep_their_order_however_they_come() -> None:
    head = {"apiVersion": "v1", "kind": "Event", "type": "Warning", "lastTimestamp": "2026-03-01T10:00:00Z"}
    events = [
        {**head, "metadata": {"name": name}, "message": name, "involvedObject": {"uid": "p"}}
        for name in ("a", "b")
    ]
    for given in (events, events[::-1]):
        assert [event.text for event in LiveIndex(given).warnings_of("p")] == ["a", "b"]
