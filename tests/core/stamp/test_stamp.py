from __future__ import annotations

import copy
from typing import Any

import pytest

from cantata.core.stamp import APPLICATION, REVISION, SERVICE, stamp

Manifest = dict[str, Any]

LABEL = {APPLICATION: "a1"}


def stamped(manifest: Manifest) -> Manifest:
    before = copy.deepcopy(manifest)
    result = stamp(manifest, application_id="a1", service="web", revision=7)
    assert manifest == before, "the input is never changed in place"
    return result


def nested(path: tuple[str, ...], value: Manifest) -> Manifest:
    for step in reversed(path):
        value = {step: value}
    return value


TEMPLATES = [
    ("apps/v1", "Deployment", [("spec", "template")]),
    ("apps/v1", "StatefulSet", [("spec", "template")]),
    ("apps/v1", "DaemonSet", [("spec", "template")]),
    ("apps/v1", "ReplicaSet", [("spec", "template")]),
    ("batch/v1", "Job", [("spec", "template")]),
    ("batch/v1", "CronJob", [("spec", "jobTemplate"), ("spec", "jobTemplate", "spec", "template")]),
]


@pytest.mark.parametrize(("api_version", "kind", "paths"), TEMPLATES)
def test_pod_templates_get_the_label_and_no_annotation(
    api_version: str, kind: str, paths: list[tuple[str, ...]]
) -> None:
    manifest = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "web"}}
    manifest |= nested(paths[-1], {"spec": {"containers": []}})
    result = stamped(manifest)
    assert result["metadata"]["annotations"] == {SERVICE: "web", REVISION: "7"}
    for path in paths:
        found = result
        for step in path:
            found = found[step]
        assert found["metadata"] == {"labels": LABEL}


def test_a_bare_pod_is_stamped_once() -> None:
    result = stamped({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {}})
    assert result["metadata"] == {
        "name": "p",
        "labels": LABEL,
        "annotations": {SERVICE: "web", REVISION: "7"},
    }


def test_selectors_and_claim_templates_are_left_alone(deployment: Manifest) -> None:
    deployment["spec"]["volumeClaimTemplates"] = [{"metadata": {"name": "data"}}]
    result = stamped(deployment)
    assert result["spec"]["selector"] == {"matchLabels": {"app": "web"}}
    assert result["spec"]["volumeClaimTemplates"] == [{"metadata": {"name": "data"}}]
    assert result["metadata"]["labels"] == {"app": "web", **LABEL}
    assert result["spec"]["template"]["metadata"] == {"labels": {"app": "web", **LABEL}}


def test_what_a_chart_says_of_our_names_is_replaced() -> None:
    manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c", "annotations": {SERVICE: "x"}},
    }
    assert stamped(manifest)["metadata"]["annotations"][SERVICE] == "web"


@pytest.mark.parametrize("spec", [None, [], "text", {"template": None}])
def test_a_workload_without_a_template_is_stamped_on_the_object_only(spec: Any) -> None:
    result = stamped({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": spec})
    assert result["metadata"]["labels"] == LABEL
    assert result["spec"] == spec
