"""What two templates render is told service by service; what only moves is no difference."""

from __future__ import annotations

from typing import Any

import pytest

from cantata.core.diff.renders import compare_renders
from cantata.core.model.plans import Action


def map_of(name: str, value: str = "1") -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": value}}


CASES: dict[
    str, tuple[dict[str, Any], dict[str, Any], dict[str, str], dict[str, list[tuple[Action, str]]]]
] = {
    "equal": ({"web": [map_of("web")]}, {"web": [map_of("web")]}, {}, {}),
    "changed": (
        {"web": [map_of("web"), map_of("b")]},
        {"web": [map_of("web", "2"), map_of("b")]},
        {},
        {"web": [(Action.UPDATE, "web")]},
    ),
    "a service comes, another goes": (
        {"web": [map_of("web")], "db": [map_of("db")]},
        {"web": [map_of("web")], "api": [map_of("api")]},
        {},
        {"api": [(Action.CREATE, "api")], "db": [(Action.DELETE, "db")]},
    ),
    "renamed": ({"web": [map_of("web")]}, {"front": [map_of("web")]}, {"front": "web"}, {}),
    "renamed and changed": (
        {"web": [map_of("web"), map_of("gone")]},
        {"front": [map_of("web", "2")]},
        {"front": "web"},
        {"front": [(Action.DELETE, "gone"), (Action.UPDATE, "web")]},
    ),
    "an object moves": (
        {"web": [map_of("web"), map_of("a")], "db": [map_of("db")]},
        {"web": [map_of("web")], "db": [map_of("db"), map_of("a", "2")]},
        {},
        {"db": [(Action.UPDATE, "a")]},
    ),
    "a config with another hash": (
        {"web": [map_of("web-config-0a1b2c3d")]},
        {"web": [map_of("web-config-9f8e7d6c", "2")]},
        {},
        {"web": [(Action.UPDATE, "web-config-9f8e7d6c")]},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_renders(name: str) -> None:
    old, new, renamed, expected = CASES[name]
    found = compare_renders(old, new, renamed)
    told = {plan.service: [(each.action, each.key.name) for each in plan.objects] for plan in found}
    assert told == expected
