"""Each file of `cases/` is one thing that a cluster may say, named for what it shows.

`objects/` holds one live object and what `observe_health` makes of it; `services/` all that is live of a
service and what `service_health` makes of it. `expect` names only the fields that the case is about.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cantata.core.health.live_index import LiveIndex
from cantata.core.health.service_health import service_health
from cantata.core.health.table import observe_health
from cantata.core.model.objects import GVK, LiveObject, Manifest, Metadata, ObjectKey

CASES = Path(__file__).parent / "cases"
OBJECTS = sorted((CASES / "objects").glob("*.json"))
SERVICES = sorted((CASES / "services").glob("*.json"))


def load(path: Path) -> dict[str, Any]:
    case: dict[str, Any] = json.loads(path.read_text())
    return case


def as_informer_keeps_it(manifest: Manifest) -> LiveObject:
    metadata = msgspec.convert(manifest["metadata"], Metadata)
    return LiveObject(GVK.of(manifest), metadata, msgspec.json.encode(manifest))


def as_json(value: msgspec.Struct) -> Any:
    """As clients will see it."""
    return msgspec.json.decode(msgspec.json.encode(value))


def assert_fits(actual: Any, expected: Any, where: str = "") -> None:
    """Maps are compared by the keys that are expected, lists by their length and items."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key, value in expected.items():
            assert_fits(actual.get(key), value, f"{where}.{key}")
    elif isinstance(expected, list) and isinstance(actual, list):
        assert len(actual) == len(expected), f"{where}: {actual}"
        for number, (one, other) in enumerate(zip(actual, expected, strict=True)):
            assert_fits(one, other, f"{where}[{number}]")
    else:
        assert actual == expected, where


@pytest.mark.parametrize("path", OBJECTS, ids=lambda path: path.stem)
def test_object(path: Path) -> None:
    case = load(path)
    health = observe_health(case["live"])
    assert_fits(as_json(health), case["expect"])
    assert observe_health(as_informer_keeps_it(case["live"])) == health


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)
def test_service(path: Path) -> None:
    case = load(path)
    live = case["live"]
    own = [item for item in live if item["kind"] != "Event" and "ownerReferences" not in item["metadata"]]
    objects = [ObjectKey.of(item) for item in (*own, *case.get("missing", ()))]
    options = {
        "paused": case.get("paused", False),
        "settled": case.get("settled", False),
        "finished": {ObjectKey.of(item) for item in case.get("finished", ())},
    }
    found = service_health(objects, LiveIndex(live), **options)
    assert_fits(as_json(found), case["expect"])

    backwards = LiveIndex(as_informer_keeps_it(item) for item in reversed(live))
    assert service_health(objects[::-1], backwards, **options) == found, "the order of the input matters"
