from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cantata.core.model.findings import Severity
from cantata.core.stamp import normalise

Manifest = dict[str, Any]


def container_of(manifest: Manifest) -> Manifest:
    found: Manifest = manifest["spec"]["template"]["spec"]["containers"][0]
    return found


DUPLICATES = [
    (
        "env",
        [{"name": "A", "value": "1"}, {"name": "B"}, {"name": "A", "value": "2"}],
        [1, 2],
        "duplicate-env",
    ),
    ("ports", [{"containerPort": 80}, {"containerPort": 80, "protocol": "TCP"}], [1], "duplicate-port"),
    ("ports", [{"containerPort": 80}, {"containerPort": 80, "protocol": "UDP"}], [0, 1], ""),
    (
        "volumeMounts",
        [{"name": "a", "mountPath": "/x"}, {"name": "b", "mountPath": "/x"}],
        [1],
        "duplicate-volume-mount",
    ),
    ("envFrom", [{"prefix": "A"}, {"prefix": "A"}], [0, 1], ""),
    ("args", ["-v", "-v"], [0, 1], ""),
    ("env", [{"name": "A"}, "wrong", {"value": "nameless"}], [0, 1, 2], ""),
]


@pytest.mark.parametrize(("field", "items", "kept", "rule"), DUPLICATES)
def test_of_equal_entries_the_last_stays(
    deployment: Manifest, field: str, items: list[Any], kept: list[int], rule: str
) -> None:
    container_of(deployment)[field] = items
    before = copy.deepcopy(deployment)
    result, findings = normalise(deployment)
    assert deployment == before
    assert container_of(result)[field] == [items[index] for index in kept]
    assert [finding.rule for finding in findings] == ([rule] if rule else [])


def test_the_finding_names_the_object_and_the_place(deployment: Manifest) -> None:
    container_of(deployment)["env"] = [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]
    (finding,) = normalise(deployment)[1]
    assert finding.severity is Severity.WARNING
    assert finding.key == "spec.template.spec.containers[web].env[A]"
    assert finding.message == "Deployment.apps shop/web has A twice in env; the last one is kept"


def test_entries_that_are_the_same_are_only_a_notice(deployment: Manifest) -> None:
    pod = deployment["spec"]["template"]["spec"]
    pod["volumes"] = [{"name": "tmp", "emptyDir": {}}, {"name": "tmp", "emptyDir": {}}]
    result, findings = normalise(deployment)
    assert result["spec"]["template"]["spec"]["volumes"] == [{"name": "tmp", "emptyDir": {}}]
    assert [(finding.rule, finding.severity) for finding in findings] == [
        ("duplicate-volume", Severity.NOTICE)
    ]


def test_containers_given_twice(deployment: Manifest) -> None:
    containers = deployment["spec"]["template"]["spec"]["containers"]
    containers.append({"name": "web", "image": "other"})
    result, findings = normalise(deployment)
    assert container_of(result)["image"] == "other"
    assert [finding.rule for finding in findings] == ["duplicate-container"]


def test_ports_of_a_service() -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"ports": [{"port": 80, "name": "a"}, {"port": 443}, {"port": 80, "name": "b"}]},
    }
    result, findings = normalise(service)
    assert result["spec"]["ports"] == [{"port": 443}, {"port": 80, "name": "b"}]
    assert [finding.key for finding in findings] == ["spec.ports[80/TCP]"]


def test_cron_jobs_and_pods_are_looked_into_as_well() -> None:
    pod = {"containers": [{"name": "a", "env": [{"name": "A"}, {"name": "A"}]}]}
    cron = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "c"}}
    cron["spec"] = {"jobTemplate": {"spec": {"template": {"spec": pod}}}}
    bare = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": pod}
    keys = [normalise(manifest)[1][0].key for manifest in (cron, bare)]
    assert keys == [
        "spec.jobTemplate.spec.template.spec.containers[a].env[A]",
        "spec.containers[a].env[A]",
    ]


def test_custom_resources_keep_their_lists() -> None:
    rollout = {"apiVersion": "argoproj.io/v1", "kind": "Deployment", "metadata": {"name": "x"}}
    rollout["spec"] = {"template": {"spec": {"containers": [{"name": "a"}, {"name": "a"}]}}}
    assert normalise(rollout) == (rollout, ())


def test_nulls_and_server_fields_go() -> None:
    manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c", "creationTimestamp": None, "annotations": None, "resourceVersion": "4"},
        "data": {"a": None, "b": "text"},
        "enum": [None, {"x": None}],
        "status": {"phase": "Active"},
    }
    assert normalise(manifest)[0] == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c"},
        "data": {"b": "text"},
        "enum": [None, {}],
    }


def test_string_data_of_a_secret_becomes_data() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}
    result, findings = normalise({**secret, "data": {"a": "eA==", "b": "eQ=="}, "stringData": {"b": "z"}})
    assert result == {**secret, "data": {"a": "eA==", "b": "eg=="}}
    assert findings == ()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(["containers", "env", "name", "ports", "spec", "x"]), children, max_size=3
        )
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=300)
@given(
    st.sampled_from([("v1", "Pod"), ("apps/v1", "Deployment"), ("v1", "Service"), ("v1", "Secret")]), VALUES
)
def test_any_shape_is_taken_and_a_second_time_changes_nothing(kind: tuple[str, str], spec: Any) -> None:
    manifest = {"apiVersion": kind[0], "kind": kind[1], "metadata": {"name": "x"}, "spec": spec}
    before = copy.deepcopy(manifest)
    once, _ = normalise(manifest)
    assert manifest == before
    assert normalise(once) == (once, ())
