from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantata.core.model.objects import Manifest
from cantata.core.model.plans import FieldChange
from cantata.core.plan import effect
from cantata.core.stamp import REVISION

POD = "spec.template.spec"

LIVE: Manifest = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {
        "name": "web",
        "namespace": "shop",
        "uid": "8f3c",
        "resourceVersion": "1204",
        "generation": 1,
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "managedFields": [{"manager": "cantata:app"}],
        "annotations": {"deployment.kubernetes.io/revision": "1", REVISION: "3"},
    },
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {
                "containers": [
                    {
                        "name": "web",
                        "image": "shop/web:1.0.0",
                        "args": ["--port", "8080"],
                        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
                        "ports": [
                            {"name": "http", "containerPort": 8080, "protocol": "TCP"},
                            {"name": "dns", "containerPort": 53, "protocol": "TCP"},
                            {"name": "dns-udp", "containerPort": 53, "protocol": "UDP"},
                        ],
                        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
                    }
                ],
                "volumes": [{"name": "tmp", "emptyDir": {}}],
            },
        },
    },
    "status": {"readyReplicas": 2},
}


def container(manifest: Manifest) -> Manifest:
    found: Manifest = manifest["spec"]["template"]["spec"]["containers"][0]
    return found


def after(change: Callable[[Manifest], object]) -> Manifest:
    changed = copy.deepcopy(LIVE)
    change(changed)
    return changed


@pytest.mark.parametrize(
    ("change", "path", "old", "new"),
    [
        (lambda m: m["spec"].update(replicas=5), "spec.replicas", 2, 5),
        (lambda m: m["spec"].pop("replicas"), "spec.replicas", 2, None),
        (lambda m: m["spec"].update(paused=True), "spec.paused", None, True),
        (
            lambda m: container(m).update(image="shop/web:2"),
            f"{POD}.containers[web].image",
            "shop/web:1.0.0",
            "shop/web:2",
        ),
        (lambda m: container(m)["env"][1].update(value="3"), f"{POD}.containers[web].env[B].value", "2", "3"),
        (
            lambda m: container(m)["env"].insert(0, {"name": "C", "value": "0"}),
            f"{POD}.containers[web].env[C]",
            None,
            {"name": "C", "value": "0"},
        ),
        (
            lambda m: container(m)["env"].pop(0),
            f"{POD}.containers[web].env[A]",
            {"name": "A", "value": "1"},
            None,
        ),
        (
            lambda m: container(m)["env"].reverse(),
            f"{POD}.containers[web].env",
            ["A", "B"],
            ["B", "A"],
        ),
        (
            lambda m: container(m)["ports"][2].update(name="dns2"),
            f"{POD}.containers[web].ports[53/UDP].name",
            "dns-udp",
            "dns2",
        ),
        (
            lambda m: container(m)["volumeMounts"][0].update(readOnly=True),
            f"{POD}.containers[web].volumeMounts[/tmp].readOnly",
            None,
            True,
        ),
        (
            lambda m: container(m).update(args=["--port", "9090"]),
            f"{POD}.containers[web].args",
            ["--port", "8080"],
            ["--port", "9090"],
        ),
        (
            lambda m: m["spec"]["template"]["spec"]["containers"].insert(0, {"name": "proxy", "image": "p"}),
            f"{POD}.containers[proxy]",
            None,
            {"name": "proxy", "image": "p"},
        ),
        (
            lambda m: m["metadata"]["annotations"].update({"note.example.org/by": "me"}),
            "metadata.annotations.note.example.org/by",
            None,
            "me",
        ),
        (
            lambda m: m["spec"]["template"]["spec"].update(initContainers=[{"name": "i", "image": "i"}]),
            f"{POD}.initContainers",
            None,
            [{"name": "i", "image": "i"}],
        ),
    ],
)
def test_one_change_is_told_as_one(
    change: Callable[[Manifest], object], path: str, old: object, new: object
) -> None:
    assert effect(LIVE, after(change)) == (FieldChange(path, old, new),)


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.update(status={"readyReplicas": 0}),
        lambda m: m.pop("status"),
        lambda m: m["metadata"].update(resourceVersion="9", generation=2, uid="", managedFields=[]),
        lambda m: m["metadata"]["annotations"].update({REVISION: "4"}),
        lambda m: m["metadata"].pop("annotations"),
        lambda m: m["metadata"]["annotations"].update(
            {"kubectl.kubernetes.io/last-applied-configuration": "{}"}
        ),
    ],
    ids=["status", "no status", "server fields", "our revision", "bookkeeping alone", "kubectl's copy"],
)
def test_what_the_server_and_we_keep_for_ourselves_is_no_change(change: Callable[[Manifest], object]) -> None:
    assert effect(LIVE, after(change)) == ()


def test_a_services_ports_are_told_apart_by_number_and_protocol() -> None:
    def service(*ports: Manifest) -> Manifest:
        return {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "web"},
            "spec": {"ports": [*ports]},
        }

    web, admin = {"port": 80, "protocol": "TCP", "targetPort": 8080}, {"port": 81, "protocol": "TCP"}
    assert effect(service(web, admin), service(admin | {"targetPort": 1}, web | {"targetPort": 2})) == (
        FieldChange("spec.ports[80/TCP].targetPort", 8080, 2),
        FieldChange("spec.ports[81/TCP].targetPort", None, 1),
        FieldChange("spec.ports", ["80/TCP", "81/TCP"], ["81/TCP", "80/TCP"]),
    )


def test_a_list_without_identities_is_one_value() -> None:
    """The ports of a NetworkPolicy are a plain list for the API server, too."""

    def policy(*ports: int) -> Manifest:
        return {"kind": "NetworkPolicy", "metadata": {}, "spec": {"ports": [{"port": p} for p in ports]}}

    (change,) = effect(policy(80, 81), policy(81))
    assert change.path == "spec.ports"


def test_items_of_the_same_name_are_one_value() -> None:
    twice = after(lambda m: container(m)["env"].append({"name": "A", "value": "9"}))
    (change,) = effect(LIVE, twice)
    assert change.path == f"{POD}.containers[web].env"


def secret(data: dict[str, str] | None, **more: Any) -> Manifest:
    content = {} if data is None else {"data": data}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, **content, **more}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (secret({"a": "b2xk"}), secret({"a": "bmV3"}), [("data.a", "****", "****")]),
        (secret({"a": "b2xk"}), secret({"a": "b2xk", "b": "bmV3"}), [("data.b", None, "****")]),
        (secret({"a": "b2xk", "b": "bmV3"}), secret({"a": "b2xk"}), [("data.b", "****", None)]),
        (secret(None), secret({"a": "bmV3"}), [("data", None, "****")]),
        (secret({"a": "b2xk"}), secret(None), [("data", "****", None)]),
        (secret({"tls.crt": "b2xk"}), secret({"tls.crt": "bmV3"}), [("data.tls.crt", "****", "****")]),
        (secret(None), secret(None, stringData={"a": "new"}), [("stringData", None, "****")]),
        (secret({"a": "b2xk"}), secret({"a": "b2xk"}, type="x"), [("type", None, "x")]),
    ],
)
def test_secret_data_shows_that_it_changed_and_not_what_it_is(
    old: Manifest, new: Manifest, expected: list[tuple[str, Any, Any]]
) -> None:
    assert effect(old, new) == tuple(FieldChange(*each) for each in expected)


def test_kubectls_copy_of_a_secret_is_not_shown() -> None:
    copied = secret({"a": "b2xk"})
    copied["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": '{"a":"b2xk"}'}
    assert "b2xk" not in str(effect(copied, secret({"a": "bmV3"})))
    assert "b2xk" not in str(effect(secret({"a": "bmV3"}), copied))


def test_all_of_an_object_that_is_not_there_is_added() -> None:
    new = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"k": "v"}}
    assert {(each.path, each.old) for each in effect({}, new)} == {
        ("apiVersion", None),
        ("kind", None),
        ("metadata.name", None),
        ("data", None),
    }


names = st.sampled_from(["A", "B", "C", "D"])
env = st.lists(st.fixed_dictionaries({"name": names, "value": names}), max_size=4)


@given(env, env)
def test_a_change_is_told_exactly_when_something_changed(
    old: list[dict[str, str]], new: list[dict[str, str]]
) -> None:
    before = after(lambda m: container(m).update(env=old))
    then = after(lambda m: container(m).update(env=new))
    assert bool(effect(before, then)) == (old != new)


@given(env)
def test_no_secret_data_is_shown(items: list[dict[str, str]]) -> None:
    filled = {each["name"]: f"hidden-{each['value']}" for each in items}
    for old, new in ((secret(filled), secret(None)), (secret({"A": "hidden"}), secret(filled))):
        assert "hidden" not in str([*effect(old, new), *effect(new, old)])
