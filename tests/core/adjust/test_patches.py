from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantata.core.adjust import PatchInvalid, adjust, check_patch
from cantata.core.adjust.json_patch import Misfit, apply_operations, read_operations
from cantata.core.adjust.strategic import merge
from cantata.core.model.adjustments import Adjustments, Patch, PatchType
from cantata.core.model.objects import Manifest

Operations = list[dict[str, Any]]

RFC_6902: list[tuple[Any, Operations, Any]] = [
    ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux"}], {"baz": "qux", "foo": "bar"}),
    (
        {"foo": ["bar", "baz"]},
        [{"op": "add", "path": "/foo/1", "value": "qux"}],
        {"foo": ["bar", "qux", "baz"]},
    ),
    ({"baz": "qux", "foo": "bar"}, [{"op": "remove", "path": "/baz"}], {"foo": "bar"}),
    ({"foo": ["bar", "qux", "baz"]}, [{"op": "remove", "path": "/foo/1"}], {"foo": ["bar", "baz"]}),
    (
        {"baz": "qux", "foo": "bar"},
        [{"op": "replace", "path": "/baz", "value": "boo"}],
        {"baz": "boo", "foo": "bar"},
    ),
    (
        {"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}},
        [{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}],
        {"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}},
    ),
    (
        {"foo": ["all", "grass", "cows", "eat"]},
        [{"op": "move", "from": "/foo/1", "path": "/foo/3"}],
        {"foo": ["all", "cows", "eat", "grass"]},
    ),
    (
        {"baz": "qux", "foo": ["a", 2, "c"]},
        [{"op": "test", "path": "/baz", "value": "qux"}, {"op": "test", "path": "/foo/1", "value": 2}],
        {"baz": "qux", "foo": ["a", 2, "c"]},
    ),
    ({"baz": "qux"}, [{"op": "test", "path": "/baz", "value": "bar"}], Misfit),
    (
        {"foo": "bar"},
        [{"op": "add", "path": "/child", "value": {"grandchild": {}}}],
        {"foo": "bar", "child": {"grandchild": {}}},
    ),
    (
        {"foo": "bar"},
        [{"op": "add", "path": "/baz", "value": "qux", "xyz": 123}],
        {"foo": "bar", "baz": "qux"},
    ),
    ({"foo": "bar"}, [{"op": "add", "path": "/baz/bat", "value": "qux"}], Misfit),
    ({"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": 10}], {"/": 9, "~1": 10}),
    ({"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": "10"}], Misfit),
    ({"foo": ["bar"]}, [{"op": "add", "path": "/foo/-", "value": ["abc"]}], {"foo": ["bar", ["abc"]]}),
]
"""Appendix A of RFC 6902."""

MORE: list[tuple[Any, Operations, Any]] = [
    ({"a": {"b": 1}}, [{"op": "copy", "from": "/a", "path": "/c"}], {"a": {"b": 1}, "c": {"b": 1}}),
    ({"a": 1}, [{"op": "add", "path": "", "value": {"b": 2}}], {"b": 2}),
    ({"a": 1}, [{"op": "move", "from": "/a", "path": "/a"}], {"a": 1}),
    ({"a": {}}, [{"op": "move", "from": "/a", "path": "/a/b"}], Misfit),
    ({"a": [1]}, [{"op": "add", "path": "/a/1", "value": 2}], {"a": [1, 2]}),
    ({"a": [1]}, [{"op": "add", "path": "/a/2", "value": 2}], Misfit),
    ({"a": [1]}, [{"op": "add", "path": "/a/01", "value": 2}], Misfit),
    ({"a": [1]}, [{"op": "replace", "path": "/a/-", "value": 2}], Misfit),
    ({"a": [1, 2]}, [{"op": "replace", "path": "/a/1", "value": 3}], {"a": [1, 3]}),
    ({"a": 1}, [{"op": "replace", "path": "/b", "value": 2}], Misfit),
    ({"a": 1}, [{"op": "remove", "path": "/a/b"}], Misfit),
    ({"a": 1}, [{"op": "add", "path": "/a/b", "value": 2}], Misfit),
    ({"a": True}, [{"op": "test", "path": "/a", "value": 1}], Misfit),
    ({"a": 1}, [{"op": "test", "path": "/a", "value": 1.0}], {"a": 1}),
    ({"a": None}, [{"op": "test", "path": "/a", "value": None}], {"a": None}),
]


@pytest.mark.parametrize(("before", "patch", "after"), [*RFC_6902, *MORE])
def test_json_patches(before: Any, patch: Operations, after: Any) -> None:
    untouched = copy.deepcopy(before)
    if after is Misfit:
        with pytest.raises(Misfit):
            apply_operations(before, read_operations(patch))
    else:
        assert apply_operations(before, read_operations(patch)) == after
    assert before == untouched


@pytest.mark.parametrize(
    "content",
    [
        {},
        [],
        "replace",
        [1],
        [{"op": "add"}],
        [{"path": "/a"}],
        [{"op": "add", "path": "/a"}],
        [{"op": "move", "path": "/a"}],
        [{"op": "move", "path": "/a", "from": 1}],
        [{"op": "add", "path": "a", "value": 1}],
        [{"op": "sub", "path": "/a"}],
    ],
)
def test_what_is_no_json_patch(content: Any) -> None:
    with pytest.raises(Misfit):
        read_operations(content)


CONTAINER = {
    "name": "web",
    "image": "web:1",
    "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
}
DEPLOYMENT: Manifest = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {
        "replicas": 2,
        "template": {"spec": {"containers": [CONTAINER, {"name": "side", "args": ["a"]}]}},
    },
}


def containers(*items: Any) -> Manifest:
    return {"spec": {"template": {"spec": {"containers": list(items)}}}}


def of(manifest: Manifest) -> list[Any]:
    found: list[Any] = manifest["spec"]["template"]["spec"]["containers"]
    return found


@pytest.mark.parametrize(
    ("item", "merged"),
    [
        ({"name": "web", "image": "web:2"}, {**CONTAINER, "image": "web:2"}),
        ({"name": "web", "image": None}, {"name": "web", "env": CONTAINER["env"]}),
        (
            {"name": "web", "env": [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}]},
            {
                **CONTAINER,
                "env": [
                    {"name": "A", "value": "1"},
                    {"name": "B", "value": "3"},
                    {"name": "C", "value": "4"},
                ],
            },
        ),
        (
            {"name": "web", "env": [{"name": "A", "$patch": "delete"}]},
            {**CONTAINER, "env": [{"name": "B", "value": "2"}]},
        ),
        (
            {"name": "web", "env": [{"$patch": "replace"}, {"name": "C", "value": "4"}]},
            {**CONTAINER, "env": [{"name": "C", "value": "4"}]},
        ),
        ({"name": "web", "$patch": "replace", "image": "web:2"}, {"name": "web", "image": "web:2"}),
    ],
)
def test_items_of_keyed_lists_are_merged(item: Any, merged: Any) -> None:
    untouched = copy.deepcopy(DEPLOYMENT)
    assert of(merge(DEPLOYMENT, containers(item))) == [merged, {"name": "side", "args": ["a"]}]
    assert untouched == DEPLOYMENT


def test_new_items_come_last_and_plain_lists_are_replaced() -> None:
    patched = merge(
        DEPLOYMENT, containers({"name": "new", "image": None}, {"name": "side", "args": ["b", "c"]})
    )
    assert of(patched) == [CONTAINER, {"name": "side", "args": ["b", "c"]}, {"name": "new"}]


def test_ports_are_told_by_number_and_protocol() -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "spec": {"ports": [{"port": 80, "name": "http"}, {"port": 53}]},
    }
    ports = [{"port": 80, "protocol": "TCP", "targetPort": 8080}, {"port": 53, "protocol": "UDP"}]
    assert merge(service, {"spec": {"ports": ports}})["spec"]["ports"] == [
        {"port": 80, "name": "http", "protocol": "TCP", "targetPort": 8080},
        {"port": 53},
        {"port": 53, "protocol": "UDP"},
    ]


def test_lists_of_custom_kinds_are_one_value() -> None:
    custom = {
        "apiVersion": "shop.example/v1",
        "kind": "Shop",
        "spec": {"env": [{"name": "A"}, {"name": "B"}]},
    }
    assert merge(custom, {"spec": {"env": [{"name": "A"}]}})["spec"]["env"] == [{"name": "A"}]


@pytest.mark.parametrize(
    ("patch", "path"),
    [
        (containers({"name": "nope", "$patch": "delete"}), "spec.template.spec.containers[nope]"),
        ({"spec": {"$patch": "delete"}}, "spec"),
        ({"spec": {"$retainKeys": ["a"]}}, "spec"),
        ({"$patch": "upsert"}, ""),
        (containers({"$patch": "delete"}), "spec.template.spec.containers"),
    ],
)
def test_what_a_merge_refuses(patch: Manifest, path: str) -> None:
    with pytest.raises(Misfit) as refused:
        merge(DEPLOYMENT, patch)
    assert refused.value.path == path


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return list(map(without_nulls, value)) if isinstance(value, list) else value


@given(VALUES, VALUES)
def test_merging_twice_is_merging_once_and_sets_what_is_asked(old: Any, new: Any) -> None:
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"x": old}}
    once = merge(manifest, {"data": {"x": {"y": new}}})
    assert merge(once, {"data": {"x": {"y": new}}}) == once
    assert merge({**manifest, "data": {}}, {"data": {"y": new}})["data"] == without_nulls({"y": new})


SERVICE: Manifest = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {}}
DOUBLED = [{"op": "copy", "from": "/spec", "path": f"/spec/{name}"} for name in ("a", "b")]


@pytest.mark.parametrize(
    ("patch", "words", "key"),
    [
        (
            Patch(PatchType.JSON, [{"op": "remove", "path": "/spec/nope"}]),
            "nothing at this path",
            "/spec/nope",
        ),
        (Patch(PatchType.JSON, {"spec": {}}), "list of operations", ""),
        (Patch(PatchType.JSON, DOUBLED * 101), "more than 200", ""),
        (Patch(PatchType.STRATEGIC, []), "not part of a manifest", ""),
        (Patch(PatchType.STRATEGIC, {"metadata": {"name": "other"}}), "another object", "/metadata"),
        (Patch(PatchType.STRATEGIC, {"kind": "DaemonSet"}), "another object", "/metadata"),
        (Patch(PatchType.STRATEGIC, {"apiVersion": "apps/v2"}), "another object", "/apiVersion"),
        (Patch(PatchType.JSON, [{"op": "replace", "path": "", "value": 1}]), "another object", "/apiVersion"),
        (Patch(PatchType.JSON, DOUBLED * 40), "too large", "/spec/b"),
        (Patch(PatchType.STRATEGIC, {"spec": 1}, "ConfigMap"), "fits no objects", ""),
        (Patch(PatchType.STRATEGIC, {"spec": 1}, "Service/other"), "fits no objects", ""),
    ],
)
def test_a_patch_that_does_not_apply_is_told_by_service_number_and_path(
    patch: Patch, words: str, key: str
) -> None:
    fine = Patch(PatchType.STRATEGIC, {"spec": {"minReadySeconds": 1}})
    with pytest.raises(PatchInvalid) as refused:
        adjust([DEPLOYMENT, SERVICE], Adjustments(patches=(fine, patch)), "web")
    assert words in refused.value.message
    assert "patch 2 of service web" in refused.value.message
    assert refused.value.place.key == key


def test_a_target_chooses_the_object() -> None:
    patch = Patch(PatchType.STRATEGIC, {"spec": {"type": "NodePort"}}, "Service/web")
    assert adjust([DEPLOYMENT, SERVICE], Adjustments(patches=(patch,)), "web")[1]["spec"] == {
        "type": "NodePort"
    }
    with pytest.raises(PatchInvalid, match="more than one workload"):
        adjust([DEPLOYMENT, DEPLOYMENT], Adjustments(patches=(Patch(PatchType.STRATEGIC, {"a": 1}),)), "web")


def test_a_patch_deeper_than_any_manifest_is_refused() -> None:
    content: Any = {}
    for _ in range(5000):
        content = {"a": content}
    with pytest.raises(PatchInvalid, match="nested deeper"):
        check_patch(Patch(PatchType.STRATEGIC, content), "web")
