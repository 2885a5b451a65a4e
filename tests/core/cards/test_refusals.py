"""Cards from errors of writes, as the client of the API server raises them."""

from __future__ import annotations

import pytest

from cantata.core.cards import Evidence, Refusal, build_card, card_of_error, is_refusal
from cantata.core.health.health import Cause
from cantata.core.model.cards import CauseKind, FailureCard
from cantata.core.model.objects import ObjectKey
from cantata.errors import Detail, Place
from cantata.kube import errors
from cantata.kube.errors import KubeError

WEB = ObjectKey("apps", "Deployment", "shop", "web")


def card(error: KubeError, about: ObjectKey | None = WEB, version: str = "apps/v1") -> FailureCard:
    return card_of_error(Refusal(error, "shop", "web", about, version))


def told(found: FailureCard) -> dict[str, str]:
    return {fact.name: fact.value for fact in found.facts}


KINDS = [
    (errors.ObjectRefused, CauseKind.ADMISSION),
    (errors.AdmissionUnavailable, CauseKind.ADMISSION),
    (errors.QuotaExceeded, CauseKind.QUOTA),
    (errors.ObjectInvalid, CauseKind.INVALID),
    (errors.ObjectTooLarge, CauseKind.INVALID),
    (errors.ImmutableField, CauseKind.IMMUTABLE_FIELD),
    (errors.ObjectConflict, CauseKind.CONFLICT),
    (errors.ClusterForbidden, CauseKind.FORBIDDEN),
    (errors.ClusterUnauthorized, CauseKind.FORBIDDEN),
    (errors.NamespaceMissing, CauseKind.NAMESPACE_MISSING),
    (errors.NamespaceTerminating, CauseKind.NAMESPACE_TERMINATING),
    (errors.KindNotServed, CauseKind.KIND_MISSING),
    (errors.ClusterUnreachable, CauseKind.CLUSTER_UNREACHABLE),
    (errors.ClusterUntrusted, CauseKind.CLUSTER_UNREACHABLE),
    (errors.TooManyRequests, CauseKind.CLUSTER_UNREACHABLE),
    (errors.LogsUnavailable, CauseKind.OTHER),
]


@pytest.mark.parametrize(("error", "kind"), KINDS, ids=lambda value: getattr(value, "__name__", ""))
def test_each_error_has_its_kind(error: type[KubeError], kind: CauseKind) -> None:
    found = card(error("it says so", subject=str(WEB)))
    assert found.kind is kind
    assert (found.reason, found.message, found.object) == (error.__name__, "it says so", str(WEB))


def test_a_cluster_that_answers_by_a_refusal_is_not_said_to_be_down() -> None:
    assert "down" in card(errors.ClusterUnreachable("no")).likely
    assert "turns requests away" in card(errors.TooManyRequests("no")).likely
    assert "another certificate" in card(errors.ClusterUntrusted("no")).likely


@pytest.mark.parametrize("error", [each for each, kind in KINDS if kind is not CauseKind.OTHER])
def test_a_refused_request_is_told_from_what_live_objects_say(error: type[KubeError]) -> None:
    assert is_refusal(card(error("no")))


def test_what_live_objects_say_is_no_refused_request() -> None:
    for kind in (CauseKind.ADMISSION, CauseKind.QUOTA, CauseKind.CRASH_LOOP):
        assert not is_refusal(build_card(Evidence("web", Cause(kind, "FailedCreate", "no"))))


def test_what_is_outside_of_a_limit_range_is_no_matter_of_admission() -> None:
    found = card(
        errors.ObjectRefused('pods "a" is forbidden: maximum cpu usage per Pod is 1, but limit is 2')
    )
    assert found.kind is CauseKind.LIMIT_RANGE
    assert told(found)["maximum"] == "1 cpu"


@pytest.mark.parametrize(
    ("key", "advice"),
    [
        (WEB, "`cantata app deploy shop web --recreate`"),
        (ObjectKey("apps", "StatefulSet", "shop", "db"), "--recreate`. Its pods and claims stay."),
        (ObjectKey("", "PersistentVolumeClaim", "shop", "data"), "never made anew"),
        (ObjectKey("", "Namespace", "", "shop"), "never made anew"),
    ],
)
def test_an_immutable_field_leaves_a_choice_where_no_data_is_lost(key: ObjectKey, advice: str) -> None:
    details = [Detail("field is immutable", Place(key="spec.selector"))]
    found = card(errors.ImmutableField("immutable", details=details), key)
    assert advice in found.advice
    assert ("--recreate" in found.advice) == (key.kind in ("Deployment", "StatefulSet"))
    assert told(found)["fields"] == "spec.selector"


def test_who_else_owns_fields() -> None:
    details = [
        Detail('conflict with "kubectl-edit" using apps/v1', Place(key=".spec.replicas")),
        Detail('conflict with "helm" using apps/v1', Place(key=".spec.paused")),
    ]
    found = card(errors.ObjectConflict("conflict", details=details))
    assert told(found)["managers"] == "helm, kubectl-edit"
    assert told(found)["fields"] == ".spec.replicas, .spec.paused"


@pytest.mark.parametrize(
    ("said", "rule", "where"),
    [
        (
            'deployments.apps "web" is forbidden: User "robot" cannot patch resource "deployments" '
            'in API group "apps" in the namespace "shop"',
            '{ apiGroups: ["apps"], resources: ["deployments"], verbs: ["patch"] }',
            "Role in namespace shop",
        ),
        (
            'nodes is forbidden: User "robot" cannot list resource "nodes" in API group "" '
            "at the cluster scope",
            '{ apiGroups: [""], resources: ["nodes"], verbs: ["list"] }',
            "ClusterRole",
        ),
    ],
)
def test_which_rule_is_missing(said: str, rule: str, where: str) -> None:
    found = card(errors.ClusterForbidden(said))
    assert told(found)["missing rule"] == rule
    assert told(found)["user"] == "robot"
    assert where in found.advice


BUDGET = ObjectKey("policy", "PodDisruptionBudget", "shop", "web")


def test_an_api_that_is_gone_names_its_replacement() -> None:
    found = card(errors.KindNotServed("not served"), BUDGET, "policy/v1beta1")
    assert found.kind is CauseKind.API_REMOVED
    assert told(found)["replacement"] == "policy/v1"
    assert found.advice == "Write apiVersion: policy/v1 in the template."


def test_a_version_that_a_definition_lost_is_replaced_by_what_is_served() -> None:
    shop = ObjectKey("example.org", "Shop", "shop", "one")
    hint = "It serves Shop in example.org/v1."
    found = card(errors.KindNotServed("not served", hint=hint), shop, "example.org/v1alpha1")
    assert (found.kind, told(found)["replacement"]) == (CauseKind.API_REMOVED, "example.org/v1")


@pytest.mark.parametrize("served", ["example.org/v1", "example.com/v2", "example.com/v1, example.org/v1"])
def test_the_version_itself_and_other_groups_are_no_replacement(served: str) -> None:
    """Discovery may list it for a moment after its definition has gone."""
    shop = ObjectKey("example.org", "Shop", "shop", "one")
    hint = f"It serves Shop in {served}."
    assert card(errors.KindNotServed("not served", hint=hint), shop, "example.org/v1").kind == "kind_missing"


def test_a_security_policy_has_no_replacement() -> None:
    policy = ObjectKey("policy", "PodSecurityPolicy", "", "web")
    found = card(errors.KindNotServed("not served"), policy, "policy/v1beta1")
    assert "Take the object out" in found.advice


def test_a_kind_that_nobody_serves_wants_its_definition() -> None:
    shop = ObjectKey("example.org", "Shop", "shop", "one")
    found = card(errors.KindNotServed("not served", hint="Is its CRD installed?"), shop, "example.org/v1")
    assert found.kind is CauseKind.KIND_MISSING
    assert "CustomResourceDefinition of Shop" in found.likely
