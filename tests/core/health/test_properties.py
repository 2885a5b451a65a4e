"""What must hold for every input: nothing raises, and `ready` agrees with kubectl and kstatus."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cantata.core.health.live_index import LiveIndex
from cantata.core.health.service_health import service_health
from cantata.core.health.table import RULES, observe_health
from cantata.core.model.objects import GVK, LiveObject, Metadata, ObjectKey
from cantata.core.model.states import HealthState, ServiceState

CASES = Path(__file__).parent / "cases"
LIVE = [json.loads(path.read_text())["live"] for path in sorted((CASES / "objects").glob("*.json"))]
SERVICES = [json.loads(path.read_text())["live"] for path in sorted((CASES / "services").glob("*.json"))]

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine is no failure of a pure function."""

words = st.text("aZ09 -.:/\x00é漢", max_size=12)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=10,
)
kinds = st.sampled_from(sorted(RULES))
counts = st.integers(0, 3)


def paths(value: Any, prefix: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [prefix] if prefix else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += paths(inner, (*prefix, key))
    return found


def replaced(value: Any, path: tuple[str | int, ...], other: Any) -> Any:
    changed = copy.deepcopy(value)
    spot = changed
    for key in path[:-1]:
        spot = spot[key]
    spot[path[-1]] = other
    return changed


@patient
@given(kind=kinds, parts=st.dictionaries(st.sampled_from(["metadata", "spec", "status"]), values))
def test_any_json_of_a_known_kind_has_a_health(kind: tuple[str, str], parts: dict[str, Any]) -> None:
    live = {"apiVersion": f"{kind[0]}/v1", "kind": kind[1], **parts}
    assert observe_health(live).state in HealthState


@patient
@given(st.dictionaries(words, values))
def test_any_json_at_all_has_a_health(live: dict[str, Any]) -> None:
    assert observe_health(live).state in HealthState


@patient
@given(kind=kinds, body=st.binary(max_size=60) | values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_have_a_health(kind: tuple[str, str], body: bytes) -> None:
    live = LiveObject(GVK(kind[0], "v1", kind[1]), Metadata(name="x"), body)
    assert observe_health(live).state in HealthState


@patient
@given(data=st.data())
def test_one_broken_field_never_raises(data: st.DataObject) -> None:
    live = data.draw(st.sampled_from(LIVE))
    broken = replaced(live, data.draw(st.sampled_from(paths(live))), data.draw(values))
    assert observe_health(broken).state in HealthState


@patient
@given(data=st.data())
def test_one_broken_field_among_the_objects_of_a_service_never_raises(data: st.DataObject) -> None:
    live = data.draw(st.sampled_from([objects for objects in SERVICES if objects]))
    keys = [ObjectKey.of(item) for item in live]
    broken = replaced(live, data.draw(st.sampled_from(paths(live))), data.draw(values))
    everything = [item for item in broken if isinstance(item, dict)]
    assert service_health(keys, LiveIndex(everything)).state in ServiceState


def test_json_nested_beyond_the_stack_is_unknown() -> None:
    depth = 100_000
    body = b'{"status":' + b"[" * depth + b"]" * depth + b"}"
    live = LiveObject(GVK("apps", "v1", "Deployment"), Metadata(name="web"), body)
    assert observe_health(live).state is HealthState.UNKNOWN


deployments = st.fixed_dictionaries(
    {
        "generation": st.integers(1, 2),
        "observedGeneration": st.integers(1, 2),
        "desired": counts,
        "replicas": counts,
        "updatedReplicas": counts,
        "readyReplicas": counts,
        "availableReplicas": counts,
        "rolled": st.booleans(),
        "available": st.booleans(),
    }
)


def deployment_complete(d: dict[str, Any]) -> bool:
    """`kubectl rollout status` and kstatus, both in their own words."""
    kubectl = (
        d["observedGeneration"] >= d["generation"]
        and d["updatedReplicas"] >= d["desired"]
        and d["replicas"] <= d["updatedReplicas"]
        and d["availableReplicas"] >= d["updatedReplicas"]
    )
    kstatus = (
        d["observedGeneration"] == d["generation"]
        and d["replicas"] == d["desired"]
        and d["updatedReplicas"] >= d["desired"]
        and d["availableReplicas"] >= d["updatedReplicas"]
        and d["readyReplicas"] >= d["desired"]
        and d["rolled"]
        and d["available"]
    )
    return bool(kubectl and kstatus)


@patient
@given(deployments)
def test_a_deployment_is_ready_exactly_when_kubectl_and_kstatus_say_so(d: dict[str, Any]) -> None:
    # No controller observes a generation before it is written, or has more pods ready than there are.
    possible = d["observedGeneration"] <= d["generation"] and d["replicas"] >= max(
        d["updatedReplicas"], d["readyReplicas"], d["availableReplicas"]
    )
    conditions = [
        {"type": "Available", "status": str(d["available"])},
        {
            "type": "Progressing",
            "status": "True",
            "reason": "NewReplicaSetAvailable" if d["rolled"] else "ReplicaSetUpdated",
        },
    ]
    names = ("observedGeneration", "replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
    status = {name: d[name] for name in names}
    health = observe_health(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web", "generation": d["generation"]},
            "spec": {"replicas": d["desired"], "progressDeadlineSeconds": 600},
            "status": {**status, "conditions": conditions},
        }
    )
    ready = health.state is HealthState.READY
    if possible:
        assert ready == deployment_complete(d)
    if ready:
        assert health.ready == health.desired == health.updated == health.available


stateful_sets = st.fixed_dictionaries(
    {
        "generation": st.integers(1, 2),
        "observedGeneration": st.integers(0, 2),
        "desired": counts,
        "replicas": counts,
        "updatedReplicas": counts,
        "readyReplicas": counts,
        "partition": counts,
        "strategy": st.sampled_from(["RollingUpdate", "OnDelete"]),
    }
)


def stateful_set_complete(s: dict[str, Any]) -> bool:
    by_hand = s["strategy"] == "OnDelete"
    return bool(
        s["observedGeneration"] >= s["generation"]
        and s["replicas"] == s["desired"]
        and s["readyReplicas"] == s["desired"]
        and (by_hand or s["updatedReplicas"] >= s["desired"] - s["partition"])
    )


@patient
@given(stateful_sets)
def test_a_stateful_set_is_ready_exactly_when_its_intended_pods_are(s: dict[str, Any]) -> None:
    names = ("observedGeneration", "replicas", "updatedReplicas", "readyReplicas")
    strategy: dict[str, Any] = {"type": s["strategy"]}
    if s["strategy"] == "RollingUpdate":
        strategy["rollingUpdate"] = {"partition": s["partition"]}
    status = {name: s[name] for name in names} | {"currentRevision": "db-1", "updateRevision": "db-2"}
    health = observe_health(
        {
            "apiVersion": "apps/v1",
            "kind": "StatefulSet",
            "metadata": {"name": "db", "generation": s["generation"]},
            "spec": {"replicas": s["desired"], "updateStrategy": strategy},
            "status": {**status, "availableReplicas": s["readyReplicas"]},
        }
    )
    assert (health.state is HealthState.READY) == stateful_set_complete(s)


@patient
@given(
    generation=st.integers(1, 2),
    observed=st.integers(0, 2),
    desired=counts,
    current=counts,
    updated=counts,
    ready=counts,
    available=counts,
)
def test_a_daemon_set_is_ready_exactly_when_all_counts_reach_the_desired_one(
    generation: int, observed: int, desired: int, current: int, updated: int, ready: int, available: int
) -> None:
    health = observe_health(
        {
            "apiVersion": "apps/v1",
            "kind": "DaemonSet",
            "metadata": {"name": "agent", "generation": generation},
            "status": {
                "observedGeneration": observed,
                "desiredNumberScheduled": desired,
                "currentNumberScheduled": current,
                "updatedNumberScheduled": updated,
                "numberReady": ready,
                "numberAvailable": available,
            },
        }
    )
    complete = (
        observed >= generation
        and current >= desired
        and updated >= desired
        and (ready, available) == (desired, desired)
    )
    assert (health.state is HealthState.READY) == complete


@pytest.mark.parametrize("kind", sorted(RULES), ids=lambda kind: ".".join(kind).strip("."))
def test_every_kind_of_the_table_answers_for_an_object_that_was_just_created(kind: tuple[str, str]) -> None:
    group, name = kind
    version = f"{group}/v1" if group else "v1"
    health = observe_health({"apiVersion": version, "kind": name, "metadata": {"name": "x", "generation": 1}})
    assert health.state in (HealthState.READY, HealthState.PROGRESSING)


def test_every_health_state_is_a_service_state_of_the_same_word() -> None:
    assert {state.value for state in HealthState} <= {state.value for state in ServiceState}
