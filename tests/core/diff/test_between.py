from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantata.core.config import MASK
from cantata.core.diff.between import compare_recorded
from cantata.core.diff.defaults import leaves, without_defaults
from cantata.core.diff.files import compare_files
from cantata.core.diff.intent import by_services, changed_adjustments, versions_of
from cantata.core.diff.names import Names
from cantata.core.model.adjustments import Adjustments
from cantata.core.model.applications import ServiceVersion
from cantata.core.model.configs import ConfigPin
from cantata.core.model.objects import Manifest
from cantata.core.model.plans import Action, FieldChange, Folded, FoldReason, ValueChange
from cantata.core.plan import effect


def config(name: str, **data: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "n"},
        "data": data,
    }


def deployment(release: str, namespace: str, image: str, replicas: int = 1) -> Manifest:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": f"{release}-web",
            "namespace": namespace,
            "labels": {"app.kubernetes.io/instance": release},
        },
        "spec": {
            "replicas": replicas,
            "template": {
                "spec": {
                    "containers": [
                        {
                            "name": f"{release}-main",
                            "image": image,
                            "env": [{"name": "DB", "value": f"{release}-db.{namespace}.svc:5432"}],
                        }
                    ]
                }
            },
        },
    }


def told(plans: Any) -> list[tuple[str, str, list[str]]]:
    return [(each.action.value, each.key.name, [change.path for change in each.changes]) for each in plans]


def test_objects_come_go_and_change() -> None:
    old, new = [config("a", x="1"), config("b"), config("c")], [config("a", x="2"), config("c"), config("d")]
    assert told(compare_recorded(old, new)) == [
        ("update", "a", ["data.x"]),
        ("delete", "b", []),
        ("create", "d", []),
    ]


def test_an_object_named_by_a_hash_is_the_one_with_another_hash() -> None:
    plans = compare_recorded(
        [config("web-config-0a1b2c3d4e", x="1")], [config("web-config-9f8e7d6c5b", x="2")]
    )
    assert told(plans) == [("update", "web-config-9f8e7d6c5b", ["data.x", "metadata.name"])]
    assert plans[0].reason == "was web-config-0a1b2c3d4e"


def test_secrets_show_only_that_they_changed() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"p": "b2xk"}}
    (plan,) = compare_recorded([secret], [{**secret, "data": {"p": "bmV3"}}])
    assert plan.changes == (FieldChange("data.p", MASK, MASK),)


NAMES = Names(("shop", "dev"), ("web", "web-prod"))


def test_names_of_release_and_namespace_are_no_difference() -> None:
    old, new = deployment("shop", "dev", "web:1"), deployment("web", "web-prod", "web:1", replicas=3)
    (plan,) = compare_recorded([old], [new], NAMES)
    assert plan.changes == (FieldChange("spec.replicas", 1, 3),)
    assert plan.action is Action.UPDATE
    assert plan.folded == (Folded(FoldReason.NAMES, 5),)


def test_the_hash_in_a_name_is_no_difference_of_two_applications() -> None:
    def side(release: str, hashed: str, level: str) -> list[Manifest]:
        web = deployment(release, release, "web:1")
        name = f"{release}-web-config-{hashed}"
        web["spec"]["template"]["spec"]["containers"][0]["envFrom"] = [{"configMapRef": {"name": name}}]
        return [config(name, level=level), web]

    old, new = side("dev", "4b59febfea", "debug"), side("prod", "ec1a42a139", "info")
    plan, web = compare_recorded(old, new, Names(("dev",), ("prod",)))
    assert told([plan]) == [("update", "prod-web-config-ec1a42a139", ["data.level"])]
    assert told([web]) == [("unchanged", "prod-web", [])]
    old, new = side("dev", "4b59febfea", "debug"), side("dev", "ec1a42a139", "info")
    assert [each.action for each in compare_recorded(old, new)] == [Action.UPDATE, Action.UPDATE]


def test_only_names_are_no_change_of_an_object() -> None:
    old, new = deployment("shop", "dev", "i:1"), deployment("web", "web-prod", "i:1")
    (plan,) = compare_recorded([old], [new], NAMES)
    assert (plan.action, plan.changes) == (Action.UNCHANGED, ())


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("shop-web", "web-web", True),
        ("shop", "web", True),
        ("shop.dev.svc", "web.web-prod.svc", True),
        ("shop", "webhook", False),
        ("web:1", "web:1", True),
        ("shop:1", "web:2", False),
        ("a shop", "a web-prod", True),
        ("shop-shop", "web", False),
        ("", "web", False),
        ("workshop", "workweb", False),
    ],
)
def test_texts_are_the_same_but_for_names(old: str, new: str, same: bool) -> None:
    assert NAMES(old, new) is same


@given(st.lists(st.sampled_from([config("a", x="1"), config("b"), deployment("r", "n", "i")]), unique_by=str))
def test_nothing_differs_from_itself(manifests: list[Manifest]) -> None:
    assert compare_recorded(manifests, copy.deepcopy(manifests)) == ()


WANTED = {"kind": "Deployment", "spec": {"a": 1, "containers": [{"name": "x", "image": "i"}]}}


def test_what_the_api_server_adds_is_taken_out_and_counted() -> None:
    answer = copy.deepcopy(WANTED)
    spec: Any = answer["spec"]
    spec["strategy"] = {"type": "RollingUpdate", "max": {"a": 1, "b": 2}}
    spec["containers"][0] |= {"pull": "Always", "policy": "File"}
    found = effect(
        {"kind": "Deployment", "spec": {"gone": 1, "moved": 1}}, {**answer, "spec": {**spec, "moved": 2}}
    )
    changes, count = without_defaults(found, WANTED)
    assert changes == (
        FieldChange("spec.a", None, 1),
        FieldChange("spec.containers", None, [{"name": "x", "image": "i"}]),
        FieldChange("spec.gone", 1, None),
        FieldChange("spec.moved", 1, 2),
    )
    assert count == 5


def test_leaves_are_counted() -> None:
    values: list[Any] = [1, {}, [], {"a": {}, "b": [1, 2, {"c": 1}]}]
    assert list(map(leaves, values)) == [1, 1, 1, 4]


def test_a_value_is_told_once_with_the_services_that_it_changed_for() -> None:
    everywhere, own = FieldChange("image", 1, 2), FieldChange("level", None, "debug")
    found = by_services({"web": [everywhere, own], "db": [everywhere]})
    assert found == (ValueChange("image", 1, 2), ValueChange("level", None, "debug", ("web",)))
    assert by_services({"web": [own]}) == (ValueChange("level", None, "debug", ("web",)),)
    assert by_services({"web": [own]}, [own]) == (ValueChange("level", None, "debug"),)
    assert by_services({"web": [own], "db": ()}) == (ValueChange("level", None, "debug", ("web",)),)


def test_adjustments_are_values_below_a_key_of_their_own() -> None:
    assert changed_adjustments(Adjustments(), Adjustments(replicas=3)) == (
        FieldChange("adjustments.replicas", None, 3),
    )
    assert changed_adjustments(Adjustments(paused=True), Adjustments()) == (
        FieldChange("adjustments.paused", True, None),
    )
    assert changed_adjustments(Adjustments(paused=True), Adjustments(paused=True)) == ()


def version(template: int, *pins: ConfigPin) -> tuple[str, ServiceVersion]:
    made = ServiceVersion("web", template, pins, "4.0", inputs="", manifests="", digest="", changed_in=1)
    return "shop", made


def test_versions_that_differ_are_named() -> None:
    base = ConfigPin("base", 1, "")
    old, new = version(1, ConfigPin("dev", 3, ""), base), version(2, ConfigPin("dev", 4, ""), base)
    assert versions_of(old, new) == (
        FieldChange("template", "shop@1", "shop@2"),
        FieldChange("config", "dev@3, base@1", "dev@4, base@1"),
    )
    assert versions_of(old, old) == versions_of(None, new) == ()


def test_files_of_templates_are_compared_by_lines() -> None:
    old: dict[str, bytes] = {"a": b"1\n2\n3\n", "b": b"x", "logo": b"\xff\x00", "same": b""}
    new = {"a": b"1\n3\n4\n5\n", "c": b"y\n", "logo": b"\xfe", "same": b""}
    assert [(each.path, each.kind.value, each.added, each.removed) for each in compare_files(old, new)] == [
        ("a", "changed", 2, 1),
        ("b", "removed", 0, 1),
        ("c", "added", 1, 0),
        ("logo", "changed", 0, 0),
    ]
