"""Fields that are left to others keep their live value in what is sent."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from cantata.core.drift import DriftExceptInvalid, Leave, check_patterns, with_left
from cantata.core.model.objects import Manifest
from cantata.core.stamp import differences


def deployment(**changed: Any) -> Manifest:
    containers = [
        {"name": "main", "image": changed.get("main", "main:1"), "env": [{"name": "A", "value": "1"}]},
        {"name": "side", "image": changed.get("side", "side:1")},
    ]
    if changed.get("reversed"):
        containers.reverse()
    spec = {"replicas": changed.get("replicas", 1), "template": {"spec": {"containers": containers}}}
    if changed.get("without_env"):
        del containers[0]["env"]
    metadata = {"name": "web", "namespace": "shop", "labels": {"a.b/c": changed.get("label", "1")}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


@pytest.mark.parametrize(
    ("pattern", "changed", "kept"),
    [
        ("spec.replicas", {"replicas": 5, "main": "x"}, {"replicas": 5}),
        ("spec.template.spec.containers[side].image", {"side": "x", "main": "x"}, {"side": "x"}),
        ("spec.template.spec.containers[*].image", {"side": "x", "main": "y"}, {"side": "x", "main": "y"}),
        ("metadata.labels", {"label": "2", "replicas": 3}, {"label": "2"}),
        ("spec.template.spec.containers[main].env", {"without_env": True}, {"without_env": True}),
        ("spec.template.spec.containers[side].image", {"side": "x", "reversed": True}, {"side": "x"}),
    ],
)
def test_only_what_is_left_has_the_live_value(
    pattern: str, changed: dict[str, Any], kept: dict[str, Any]
) -> None:
    desired = deployment()
    before = copy.deepcopy(desired)
    assert with_left(desired, deployment(**changed), Leave((pattern,))) == deployment(**kept)
    assert desired == before


def test_a_single_place_is_of_one_object() -> None:
    live = deployment(replicas=5)
    other = Leave(places=frozenset({("Deployment.apps shop/api", "spec.replicas")}))
    mine = Leave(places=frozenset({("Deployment.apps shop/web", "spec.replicas")}))
    assert with_left(deployment(), live, other) == deployment()
    assert with_left(deployment(), live, mine) == live


def test_an_item_that_is_gone_is_left_out() -> None:
    live = deployment()
    del live["spec"]["template"]["spec"]["containers"][1]
    sent = with_left(deployment(), live, Leave(("spec.template.spec.containers[side]",)))
    assert not list(differences(sent, live))


@pytest.mark.parametrize("pattern", ["", "a b", "x" * 201, "a\n"])
def test_what_is_no_path_is_refused(pattern: str) -> None:
    with pytest.raises(DriftExceptInvalid):
        check_patterns([pattern])


def test_paths_are_counted() -> None:
    check_patterns(["a"] * 50)
    with pytest.raises(DriftExceptInvalid):
        check_patterns(["a"] * 51)
