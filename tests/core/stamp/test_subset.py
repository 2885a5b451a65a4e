from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cantata.core.stamp import REVISION, is_subset
from cantata.core.stamp.quantity import parse_quantity

Manifest = dict[str, Any]


def container_of(manifest: Manifest) -> Manifest:
    found: Manifest = manifest["spec"]["template"]["spec"]["containers"][0]
    return found


def test_defaults_and_short_forms_are_no_difference(deployment: Manifest, live: Manifest) -> None:
    assert is_subset(deployment, live)


def test_the_revision_does_not_count(deployment: Manifest, live: Manifest) -> None:
    deployment["metadata"]["annotations"] = {REVISION: "9"}
    assert is_subset(deployment, live)
    deployment["metadata"]["annotations"]["note"] = "new"
    assert not is_subset(deployment, live)


def test_what_others_add_is_ignored(deployment: Manifest, live: Manifest) -> None:
    pod = live["spec"]["template"]["spec"]
    pod["containers"].append({"name": "proxy", "image": "mesh"})
    pod["volumes"].insert(0, {"name": "certs", "secret": {"secretName": "certs"}})
    container_of(live)["env"].append({"name": "INJECTED", "value": "1"})
    live["metadata"]["labels"]["team"] = "a"
    assert is_subset(deployment, live)


CHANGED_LIVE = [
    ("image", "shop/web:2.0.0"),
    ("env", [{"name": "A", "value": "1"}]),
    ("env", [{"name": "A", "value": "1"}, {"name": "B", "value": "3"}]),
    ("env", [{"name": "B", "value": "2"}, {"name": "A", "value": "1"}]),
    ("resources", {"limits": {"cpu": "2", "memory": "1Gi"}, "requests": {"cpu": "500m"}}),
    ("resources", {"limits": {"cpu": "1", "memory": "1Gi"}}),
    ("ports", [{"name": "http", "containerPort": 8080, "protocol": "UDP"}]),
    ("volumeMounts", None),
    ("env", "text"),
]


@pytest.mark.parametrize(("field", "value"), CHANGED_LIVE)
def test_a_changed_field_of_a_container_is_seen(
    deployment: Manifest, live: Manifest, field: str, value: Any
) -> None:
    container_of(live)[field] = value
    assert not is_subset(deployment, live)


def test_a_volume_of_another_sort_is_seen(deployment: Manifest, live: Manifest) -> None:
    live["spec"]["template"]["spec"]["volumes"][0] = {"name": "tmp", "hostPath": {"path": "/tmp"}}
    assert not is_subset(deployment, live)


CASES = [
    # kind, desired, live, the same?
    ("v1 ConfigMap", {"data": {"a": "1000m"}}, {"data": {"a": "1"}}, False),
    ("v1 ConfigMap", {"data": {}}, {}, True),
    ("v1 ConfigMap", {"data": {"value": ""}}, {"data": {}}, False),
    ("v1 ConfigMap", {"data": {"type": ""}}, {"data": {"type": "edited"}}, False),
    ("v1 ConfigMap", {"data": {"divisor": "1000m"}}, {"data": {"divisor": "1"}}, False),
    ("v1 Pod", {"metadata": {"labels": {"namespace": ""}}}, {"metadata": {"labels": {}}}, False),
    ("v1 Pod", {"spec": {"nodeSelector": {"type": ""}}}, {"spec": {"nodeSelector": {"type": "a"}}}, False),
    ("example.com/v1 Thing", {"spec": {"selfSigned": {}}}, {}, False),
    ("example.com/v1 Thing", {"spec": {"selfSigned": {}}}, {"spec": {"selfSigned": {}}}, True),
    (
        "example.com/v1 Thing",
        {"spec": {"ports": [{"port": 1}]}},
        {"spec": {"ports": [{"port": 1}, {"port": 2}]}},
        False,
    ),
    ("v1 Service", {"spec": {"ports": [{"port": 1}]}}, {"spec": {"ports": [{"port": 1}, {"port": 2}]}}, True),
    (
        "v1 Service",
        {"spec": {"clusterIP": "", "type": ""}},
        {"spec": {"clusterIP": "10.0.0.1", "type": "ClusterIP"}},
        True,
    ),
    ("v1 Service", {"spec": {"clusterIP": "None"}}, {"spec": {"clusterIP": "10.0.0.1"}}, False),
    (
        "v1 Service",
        {"spec": {"ports": [{"port": 80, "targetPort": "8080"}]}},
        {"spec": {"ports": [{"port": 80, "targetPort": 8080}]}},
        True,
    ),
    ("networking.k8s.io/v1 NetworkPolicy", {"spec": {"podSelector": {}}}, {"spec": {}}, False),
    (
        "networking.k8s.io/v1 NetworkPolicy",
        {"spec": {"podSelector": {}}},
        {"spec": {"podSelector": {}}},
        True,
    ),
    (
        "networking.k8s.io/v1 NetworkPolicy",
        {"spec": {"ingress": [{"ports": [{"port": 1}]}]}},
        {"spec": {"ingress": [{"ports": [{"port": 1}, {"port": 2}]}]}},
        False,
    ),
    ("v1 Pod", {"spec": {"hostNetwork": False, "containers": []}}, {"spec": {}}, True),
    ("v1 Pod", {"spec": {"automountServiceAccountToken": False}}, {"spec": {}}, False),
    ("v1 Pod", {"spec": {"securityContext": {"runAsUser": 0}}}, {"spec": {"securityContext": {}}}, False),
    (
        "v1 Pod",
        {"spec": {"volumes": [{"name": "m", "emptyDir": {"sizeLimit": "1024Mi"}}]}},
        {"spec": {"volumes": [{"name": "m", "emptyDir": {"sizeLimit": "1Gi"}}]}},
        True,
    ),
    ("v1 Pod", {"metadata": {"finalizers": ["a"]}}, {"metadata": {"finalizers": ["b", "a"]}}, True),
    (
        "autoscaling/v2 HorizontalPodAutoscaler",
        {"spec": {"metrics": [{"pods": {"target": {"averageValue": "1000m", "value": "2000m"}}}]}},
        {"spec": {"metrics": [{"pods": {"target": {"averageValue": "1", "value": 2}}}]}},
        True,
    ),
    ("rbac.authorization.k8s.io/v1 ClusterRole", {"rules": []}, {"rules": None}, True),
    (
        "rbac.authorization.k8s.io/v1 RoleBinding",
        {"subjects": [{"kind": "User", "apiGroup": ""}]},
        {"subjects": [{"kind": "User"}]},
        True,
    ),
    ("v1 Secret", {"immutable": True}, {"immutable": 1}, False),
]


@pytest.mark.parametrize(("kind", "desired", "live", "same"), CASES)
def test_well_known_forms(kind: str, desired: Manifest, live: Manifest, same: bool) -> None:
    api_version, name = kind.split()
    head = {"apiVersion": api_version, "kind": name}
    assert is_subset({**head, **desired}, {**head, **live}) is same


def test_another_api_version_is_not_compared(deployment: Manifest, live: Manifest) -> None:
    live["apiVersion"] = "apps/v1beta1"
    assert not is_subset(deployment, live)


@pytest.mark.parametrize(
    ("one", "other"),
    [("1000m", "1"), ("0.5", "500m"), ("1024Mi", "1Gi"), ("1e3", "1k"), ("100u", "0.1m"), (".5", "0.50")],
)
def test_quantities_that_mean_the_same(one: str, other: str) -> None:
    assert parse_quantity(one) == parse_quantity(other) is not None


@pytest.mark.parametrize("text", ["", "m", "1 Gi", "1gi", "0x10", "1e", "1Mim", "one"])
def test_what_is_no_quantity(text: str) -> None:
    assert parse_quantity(text) is None


VALUES = st.recursive(
    st.booleans() | st.integers() | st.text(max_size=3),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=3), children, max_size=3)
    ),
    max_leaves=15,
)
OBJECTS = st.dictionaries(st.sampled_from(["env", "spec", "volumes", "limits", "x"]), VALUES, max_size=4)


@settings(deadline=None)
@given(OBJECTS, st.sampled_from(["v1", "example.com/v1"]))
def test_everything_is_a_subset_of_itself_and_of_itself_with_more(value: Manifest, api_version: str) -> None:
    manifest = {"apiVersion": api_version, "kind": "Thing", **value}
    assert is_subset(manifest, copy.deepcopy(manifest))
    assert is_subset(manifest, {**manifest, "more": 1})


@settings(deadline=None)
@given(OBJECTS, OBJECTS)
def test_of_scalars_only_equal_ones_pass(desired: Manifest, live: Manifest) -> None:
    """In custom resources a subset means that each scalar that we set stands there."""
    head = {"apiVersion": "example.com/v1", "kind": "Thing"}
    if is_subset({**head, **desired}, {**head, **live}):
        for key, value in desired.items():
            if isinstance(value, bool | int | str):
                assert live[key] == value
