"""A patch as edits: read by paths, items of lists by what tells them apart."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from cantata.core.adjust.patch import apply_patches
from cantata.core.export.edits import edits
from cantata.core.model.adjustments import Patch, PatchType

WEB: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "rel-web", "labels": {"a": "b"}},
    "spec": {
        "replicas": 1,
        "template": {
            "spec": {
                "containers": [
                    {
                        "name": "web",
                        "image": "a",
                        "args": ["x"],
                        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
                        "ports": [{"containerPort": 80}],
                    }
                ]
            }
        },
    },
}
CONTAINER = ["spec", "template", "spec", "containers", {"name": "web"}]
STRATEGIC: list[tuple[Any, list[dict[str, Any]]]] = [
    ({"spec": {"replicas": 3}}, [{"path": ["spec", "replicas"], "value": 3}]),
    (
        {"metadata": {"labels": {"a": None, "c": "d"}}},
        [
            {"path": ["metadata", "labels", "a"], "remove": True},
            {"path": ["metadata", "labels", "c"], "value": "d"},
        ],
    ),
    (
        {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "b", "args": ["y", "z"]}]}}}},
        [{"path": [*CONTAINER, "image"], "value": "b"}, {"path": [*CONTAINER, "args"], "value": ["y", "z"]}],
    ),
    (
        {
            "spec": {
                "template": {
                    "spec": {
                        "containers": [
                            {"name": "web", "env": [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}]}
                        ]
                    }
                }
            }
        },
        [
            {"path": [*CONTAINER, "env", {"name": "B"}, "value"], "value": "3"},
            {"path": [*CONTAINER, "env", {"name": "C"}], "value": {"name": "C", "value": "4"}},
        ],
    ),
    (
        {"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "s"}]}}}},
        [{"path": [*CONTAINER[:-1], {"name": "side"}], "value": {"name": "side", "image": "s"}}],
    ),
]


@pytest.mark.parametrize(("content", "expected"), STRATEGIC)
def test_a_strategic_patch(content: Any, expected: list[dict[str, Any]]) -> None:
    assert _edits(Patch(PatchType.STRATEGIC, content)) == expected


def test_a_json_patch() -> None:
    operations = [
        {"op": "remove", "path": "/spec/template/spec/containers/0/env/0"},
        {"op": "add", "path": "/spec/paused", "value": True},
    ]
    assert _edits(Patch(PatchType.JSON, operations)) == [
        {"path": [*CONTAINER, "env", {"name": "A"}], "remove": True},
        {"path": ["spec", "paused"], "value": True},
    ]


def _edits(patch: Patch) -> list[dict[str, Any]]:
    before = [copy.deepcopy(WEB)]
    found = edits(before, apply_patches(before, [patch], "web"), "rel")
    assert {each.pop("object") for each in found} == {"Deployment/{release}-web"}
    return found
