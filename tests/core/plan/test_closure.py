"""What services that are deployed alone need of the others."""

from __future__ import annotations

from typing import Any

import pytest

from cantata.core.model.findings import Severity
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.plan.closure import HOOKS, Closure, Other, closure_findings, find_closure, used_by


def made(kind: str, name: str = "limits", api: str = "v1", **fields: Any) -> Manifest:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": "shop"}, **fields}


def web(container: Any = None, **pod: Any) -> Manifest:
    spec = {"containers": [{"name": "main", **(container or {})}], **pod}
    return made("Deployment", "web", "apps/v1", spec={"template": {"spec": spec}})


def volume(**source: Any) -> dict[str, Any]:
    return {"volumes": [{"name": "v", **source}]}


BY_NAME = {"name": "limits"}
BY_KEY = {"name": "limits", "key": "a"}
USES = {
    "envFrom": (web({"envFrom": [{"configMapRef": BY_NAME}]}), "ConfigMap"),
    "env": (web({"env": [{"name": "A", "valueFrom": {"secretKeyRef": BY_KEY}}]}), "Secret"),
    "volume": (web(**volume(configMap=BY_NAME)), "ConfigMap"),
    "secret volume": (web(**volume(secret={"secretName": "limits"})), "Secret"),
    "projected": (web(**volume(projected={"sources": [{"configMap": BY_NAME}]})), "ConfigMap"),
    "claim": (web(**volume(persistentVolumeClaim={"claimName": "limits"})), "PersistentVolumeClaim"),
    "pull secret": (web(imagePullSecrets=[BY_NAME]), "Secret"),
    "account": (web(serviceAccountName="limits"), "ServiceAccount"),
    "priority": (web(priorityClassName="limits"), "PriorityClass"),
    "init container": (
        web(initContainers=[{"name": "i", "envFrom": [{"secretRef": BY_NAME}]}]),
        "Secret",
    ),
}
NEEDLESS = {
    "optional": (web({"envFrom": [{"configMapRef": {**BY_NAME, "optional": True}}]}), "ConfigMap"),
    "optional volume": (web(**volume(secret={"secretName": "limits", "optional": True})), "Secret"),
    "a word of an argument": (web({"args": ["--configmap=limits"]}), "ConfigMap"),
    "another object's": (
        made("Ingress", "web", "networking.k8s.io/v1", spec={"tls": [{"secretName": "limits"}]}),
        "Secret",
    ),
}


def closure(user: Manifest, other: Other, there: frozenset[ObjectKey] = frozenset()) -> Closure:
    return find_closure({"web": [user]}, {"shared": other}, there)


@pytest.mark.parametrize(("user", "kind"), USES.values(), ids=USES)
def test_without_an_object_that_is_new_no_pod_starts(user: Manifest, kind: str) -> None:
    found = closure(user, Other.of([], [made(kind)]))
    assert [each.breaks for each in found.needed] == [True]
    assert found.along == ("shared",)
    [finding] = closure_findings(found)
    name = "Deployment.apps shop/web"
    assert finding.message == (
        f"{name} of service web refers to {kind} shop/limits of service shared, which is not deployed"
    )
    assert (finding.rule, finding.severity) == ("reference-absent", Severity.ERROR)
    assert finding.suggestion == "Add shared, or take all that is needed by `--with-dependencies`."


@pytest.mark.parametrize(("user", "kind"), NEEDLESS.values(), ids=NEEDLESS)
def test_what_a_pod_starts_without_is_told_and_breaks_nothing(user: Manifest, kind: str) -> None:
    found = closure(user, Other.of([], [made(kind)]))
    assert [(each.absent, each.breaks) for each in found.needed] == [(True, False)]
    assert [each.severity for each in closure_findings(found)] == [Severity.WARNING]


@pytest.mark.parametrize(("user", "kind"), USES.values(), ids=USES)
def test_an_object_that_would_be_another_is_told(user: Manifest, kind: str) -> None:
    found = closure(user, Other.of([made(kind)], [made(kind, data={"a": "1"})]))
    assert [(each.absent, each.breaks) for each in found.needed] == [(False, False)]
    assert found.along == ("shared",)
    [finding] = closure_findings(found)
    assert (finding.rule, finding.severity) == ("reference-changed", Severity.WARNING)
    assert "stays as it is deployed: it differs if shared comes along" in finding.message


MOUNTS = web({"envFrom": [{"configMapRef": BY_NAME}]})
LIMITS = made("ConfigMap")
KEY = ObjectKey("", "ConfigMap", "shop", "limits")


@pytest.mark.parametrize(
    ("user", "other"),
    [
        (MOUNTS, Other.of([LIMITS], [LIMITS])),
        (MOUNTS, Other.of([LIMITS], [])),
        (MOUNTS, Other.of([], [made("Secret")])),
        (MOUNTS, Other.of([], [{**LIMITS, "metadata": {**BY_NAME, "namespace": "other"}}])),
        (web(), Other.of([], [LIMITS])),
    ],
    ids=["the same", "it goes", "another kind", "another namespace", "nobody refers to it"],
)
def test_nothing_has_to_come_along(user: Manifest, other: Other) -> None:
    assert closure(user, other) == Closure()


def test_what_the_service_has_itself_is_its_own() -> None:
    found = find_closure({"web": [MOUNTS, LIMITS]}, {"shared": Other.of([], [LIMITS])}, ())
    assert found == Closure()


def test_what_the_inventory_has_is_there() -> None:
    """Held back for others when its service was undeployed."""
    assert closure(MOUNTS, Other.of([], [LIMITS]), frozenset({KEY})) == Closure()


def test_what_comes_along_brings_what_it_needs() -> None:
    account = made("ServiceAccount", imagePullSecrets=[{"name": "pull"}])
    others = {
        "shared": Other.of([], [account]),
        "registry": Other.of([made("Secret", "pull")], [made("Secret", "pull", data={"a": "MQ=="})]),
        "api": Other.of([], [made("ConfigMap", "of-api")]),
    }
    found = find_closure({"web": [web(serviceAccountName="limits")]}, others, ())
    assert [each.owner for each in found.needed] == ["shared"], "only what its own objects refer to is told"
    assert found.along == ("registry", "shared")


def test_services_that_need_each_other_come_to_an_end() -> None:
    others = {
        "a": Other.of([], [made("ConfigMap", "a"), web({"envFrom": [{"configMapRef": {"name": "b"}}]})]),
        "b": Other.of([], [made("ConfigMap", "b"), web({"envFrom": [{"configMapRef": {"name": "a"}}]})]),
    }
    user = web({"envFrom": [{"configMapRef": {"name": "a"}}]})
    assert find_closure({"web": [user]}, others, ()).along == ("a", "b")


def test_what_a_hook_brings_comes_only_with_everything() -> None:
    found = find_closure({"web": [MOUNTS]}, {HOOKS: Other.of([], [LIMITS])}, ())
    assert found.along == ()
    [finding] = closure_findings(found)
    assert "ConfigMap shop/limits of a hook of the application, which is not deployed" in finding.message
    assert finding.suggestion == "Deploy the whole application."


def test_an_object_is_used_by_those_who_cannot_do_without() -> None:
    ingress = made(
        "Ingress",
        "front",
        "networking.k8s.io/v1",
        spec={"defaultBackend": {"service": {"name": "limits"}}},
    )
    service = ObjectKey("", "Service", "shop", "limits")
    assert used_by([MOUNTS, ingress], [KEY, service]) == {KEY}
