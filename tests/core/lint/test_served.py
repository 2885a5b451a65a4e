"""Objects against what a cluster serves, without one."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cantata.core.lint import ChartSource, Checked
from cantata.core.lint.served import check_apis, check_schemas
from cantata.core.model.charts import RenderedObject
from cantata.core.model.objects import GVK
from cantata.core.schemas import END_OF_API, KindSchema, Schema, Schemas, find_end, validate

TEXT = """\
apiVersion: policy/v1beta1
kind: PodDisruptionBudget
metadata: {name: web}
"""
SOURCE = ChartSource("shop", {"shop/templates/web.yaml": TEXT})


def _checked(api_version: str, kind: str) -> Checked:
    manifest = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "web"}}
    return Checked(SOURCE, (RenderedObject("shop/templates/web.yaml", 0, manifest),), "space")


@pytest.mark.parametrize(
    ("kube_version", "rules"),
    [
        ("v1.20.0", []),
        ("v1.21.3-gke.1", ["api-deprecated"]),
        ("1.24", ["api-deprecated"]),
        ("v1.25.0", ["api-removed"]),
        ("v1.36.3", ["api-removed"]),
        ("unknown", []),
    ],
)
def test_apis_end_with_the_version_of_kubernetes(kube_version: str, rules: list[str]) -> None:
    found = list(check_apis(_checked("policy/v1beta1", "PodDisruptionBudget"), kube_version))
    assert [each.rule for each in found] == rules
    assert all((each.line, each.suggestion) == (1, "Write apiVersion: policy/v1.") for each in found)


def test_what_is_served_instead_is_named() -> None:
    checked = _checked("example.com/v1beta1", "Gate")
    gvk = GVK("example.com", "v1beta1", "Gate")
    (other,) = check_apis(checked, "v1.36.3", {gvk: "example.com/v1"})
    assert (other.rule, other.suggestion) == ("api-removed", "Write apiVersion: example.com/v1.")
    (none,) = check_apis(checked, "v1.36.3", {gvk: ""})
    assert none.rule == "kind-unknown"
    assert list(check_apis(checked, "v1.36.3", {})) == []


def test_a_kind_without_a_schema_is_told() -> None:
    checked = _checked("example.com/v1", "Gate")
    gvk = GVK("example.com", "v1", "Gate")
    (finding,) = check_schemas(checked, {}, {gvk})
    assert finding.rule == "schema-unavailable"
    assert list(check_schemas(checked, {gvk: KindSchema(Schema(open=True))}, {gvk})) == []
    assert list(check_schemas(checked, {}, ())) == []


def test_ends_are_in_order_and_lead_somewhere_that_does_not_end_before() -> None:
    for (api_version, kind), end in END_OF_API.items():
        assert end.deprecated < end.removed
        assert end.instead != api_version
        following = END_OF_API.get((end.instead, kind))
        assert following is None or following.removed > end.removed
    assert find_end("apps/v1", "Deployment", "v1.36.0") is None


def _schemas(**definitions: Any) -> Schemas:
    return Schemas.of(msgspec.convert(definitions, dict[str, Schema]))


def test_references_that_lead_nowhere_or_in_a_circle_mean_anything() -> None:
    ref = "#/components/schemas/"
    kinds = [{"group": "", "version": "v1", "kind": "Loop"}]
    schemas = _schemas(
        Loop={
            "type": "object",
            "x-kubernetes-group-version-kind": kinds,
            "properties": {
                "a": {"$ref": f"{ref}A"},
                "b": {"$ref": f"{ref}Nowhere"},
                "c": {"$ref": "http://x"},
            },
        },
        A={"allOf": [{"$ref": f"{ref}B"}]},
        B={"allOf": [{"$ref": f"{ref}A"}]},
    )
    kind = schemas.find(GVK("", "v1", "Loop"))
    assert kind is not None
    assert list(validate({"a": {"x": 1}, "b": [1], "c": {"y": 2}}, kind)) == []
    assert [each.rule for each in validate({"d": 1}, kind)] == ["field-unknown"]
    assert schemas.find(GVK("", "v1", "Other")) is None


def test_a_wide_object_tells_a_hundred_violations_and_a_deep_one_ends() -> None:
    kind = KindSchema(msgspec.convert({"type": "object", "properties": {"a": {"type": "object"}}}, Schema))
    assert len(list(validate({str(number): 1 for number in range(1000)}, kind))) == 100
    inner: dict[str, Any] = {"type": "object"}
    for _ in range(3):
        inner = {"type": "object", "properties": {"a": inner}}
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"a": deep}
    assert list(validate(deep, KindSchema(msgspec.convert(inner, Schema)))) == []
