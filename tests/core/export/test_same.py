"""What counts is what pods see: the content behind a reference, not the name that it has."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from cantata.core.export.same import differences


def config(name: str, data: dict[str, str], kind: str = "ConfigMap") -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, "data": data, "immutable": True}


def web(reference: str, key: str = "a") -> dict[str, Any]:
    env = [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": reference, "key": key}}}]
    volume = {"name": "v", "secret": {"secretName": "rel-web-secret-1", "items": [{"key": "s", "path": "s"}]}}
    pod = {"containers": [{"name": "web", "env": env}], "volumes": [volume]}
    spec = {"template": {"spec": pod}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}


OURS = [
    config("rel-web-config-1", {"a": "1"}),
    config("rel-web-secret-1", {"s": "eA=="}, "Secret"),
    web("rel-web-config-1"),
]


def test_names_of_generated_objects_do_not_count() -> None:
    theirs = [config("rel-web-config-2", {"a": "1", "more": "x"}), OURS[1], web("rel-web-config-2")]
    theirs[2]["metadata"]["annotations"] = {"cantata.dev/depends-on": "db", "cantata.dev/service": "web"}
    assert differences(OURS, theirs, "rel") == []


@pytest.mark.parametrize(
    ("theirs", "told"),
    [
        (
            [config("rel-web-config-1", {"a": "2"}), *OURS[1:]],
            "containers[0].env[0].valueFrom.configMapKeyRef",
        ),
        (
            [config("rel-web-config-2", {"a": "1"}), *OURS[1:]],
            "containers[0].env[0].valueFrom.configMapKeyRef",
        ),
        (
            [OURS[0], config("rel-web-secret-1", {"s": "eQ=="}, "Secret"), OURS[2]],
            "volumes[0].secret.items[0]",
        ),
    ],
    ids=["another content", "a reference that leads nowhere", "another secret"],
)
def test_their_content_does(theirs: list[dict[str, Any]], told: str) -> None:
    (found,) = differences(OURS, theirs, "rel")
    assert f"spec.template.spec.{told}" in found


def test_what_is_missing_or_too_many_is_told() -> None:
    own = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "own"}, "data": {}}
    (missing,) = differences([*OURS, own], OURS, "rel")
    (extra,) = differences(OURS, [*OURS, own], "rel")
    assert ("own is missing" in missing, "own is there beside" in extra) == (True, True)


def test_any_other_field_is_told() -> None:
    theirs = copy.deepcopy(OURS)
    theirs[2]["spec"]["template"]["spec"]["containers"].append({"name": "more"})
    (found,) = differences(OURS, theirs, "rel")
    assert found.endswith("differs at spec.template.spec.containers")
