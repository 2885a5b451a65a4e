"""What somebody wrote of live objects. Each case is an object as the API server gave it, and what was
applied, less defaults where nobody can tell whether these were written."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cantata.core.bundle.written import is_live, written
from cantata.core.plan.effect import LAST_APPLIED

CASES = sorted((Path(__file__).parent / "cases").glob("*.json"))


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(
        (Path(__file__).parent / "cases" / f"{name}.json").read_bytes()
    )
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_what_somebody_wrote_is_found(case: Path) -> None:
    found = msgspec.json.decode(case.read_bytes())
    assert is_live(found["live"])
    before = copy.deepcopy(found["live"])
    assert written(found["live"]) == found["written"]
    assert found["live"] == before


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_what_was_found_stays_the_same(case: Path) -> None:
    found = msgspec.json.decode(case.read_bytes())["written"]
    again = written(found)
    assert again == found


def test_a_port_that_somebody_chose_stays() -> None:
    live = read("service-node-port-created")["live"]
    port = live["spec"]["ports"][0]["nodePort"]
    said = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"type": "NodePort", "ports": [{"port": 80, "nodePort": port}]},
    }
    live["metadata"]["annotations"] = {LAST_APPLIED: msgspec.json.encode(said).decode()}
    assert written(live)["spec"]["ports"] == [{"port": 80, "nodePort": port}]


def test_what_an_autoscaler_set_nobody_wrote() -> None:
    live = read("deployment-applied-server-side")["live"]
    for entry in live["metadata"]["managedFields"]:
        entry.get("fieldsV1", {}).get("f:spec", {}).pop("f:replicas", None)
    live["metadata"]["managedFields"].append(
        {
            "manager": "kube-controller-manager",
            "operation": "Update",
            "apiVersion": "apps/v1",
            "fieldsV1": {"f:spec": {"f:replicas": {}}},
            "subresource": "scale",
        }
    )
    assert "replicas" not in written(live)["spec"]


@pytest.mark.parametrize("text", ["{", "[]", "null", '{"kind": "Service"}', "[" * 5000])
def test_a_copy_that_cannot_be_read_is_none(text: str) -> None:
    live = read("deployment-created")["live"]
    live["metadata"]["annotations"] = {LAST_APPLIED: text}
    found = written(live)
    assert found == read("deployment-created")["written"]


def test_fields_of_another_version_are_not_compared() -> None:
    live = read("deployment-created")["live"]
    for entry in live["metadata"]["managedFields"]:
        entry["apiVersion"] = "apps/v1beta1"
        entry["fieldsV1"] = {"f:spec": {"f:other": {}}}
    assert written(live) == read("deployment-created")["written"]
