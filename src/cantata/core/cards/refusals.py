"""Errors of an operation's requests: which cause they are, and what they tell."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from cantata.core.cards.evidence import Blame, Finding, facts
from cantata.core.model.cards import CauseKind, Fact, FailureCard
from cantata.core.model.objects import ObjectKey
from cantata.core.schemas import END_OF_API
from cantata.errors import CantataError, Category

KINDS: dict[str, CauseKind] = {
    "ObjectRefused": CauseKind.ADMISSION,
    "AdmissionUnavailable": CauseKind.ADMISSION,
    "QuotaExceeded": CauseKind.QUOTA,
    "ObjectInvalid": CauseKind.INVALID,
    "ObjectTooLarge": CauseKind.INVALID,
    "RequestInvalid": CauseKind.INVALID,
    "ImmutableField": CauseKind.IMMUTABLE_FIELD,
    "ObjectConflict": CauseKind.CONFLICT,
    "ObjectReplaced": CauseKind.CONFLICT,
    "ObjectsOwnedByOthers": CauseKind.CONFLICT,
    "ClusterForbidden": CauseKind.FORBIDDEN,
    "ClusterUnauthorized": CauseKind.FORBIDDEN,
    "NamespaceMissing": CauseKind.NAMESPACE_MISSING,
    "NamespaceTerminating": CauseKind.NAMESPACE_TERMINATING,
    "KindNotServed": CauseKind.KIND_MISSING,
    "DefinitionNotServed": CauseKind.KIND_MISSING,
    "DeletionStuck": CauseKind.STUCK,
}
"""By the error's code, its class name. An outside system that does not answer is `CLUSTER_UNREACHABLE`."""

LIMITED = re.compile(r"is forbidden: \[?(?:maximum|minimum) ")

NEVER_RECREATED = ("PersistentVolumeClaim", "CustomResourceDefinition", "Namespace")
"""Making these anew loses data, or objects of others."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What an error is about: `object` the one that was to be written, if it is known, `version` its
    apiVersion. `extra` are facts that only the cluster knew."""

    error: CantataError
    application: str = ""
    service: str = ""
    object: ObjectKey | None = None
    version: str = ""
    extra: tuple[Fact, ...] = ()

    @property
    def said(self) -> str:
        return self.error.message


def kind_of(refusal: Refusal) -> CauseKind:
    error = refusal.error
    if error.code == "KindNotServed" and removed(refusal) is not None:
        return CauseKind.API_REMOVED
    if error.code == "ObjectRefused" and LIMITED.search(error.message):
        return CauseKind.LIMIT_RANGE
    found = KINDS.get(error.code)
    if found is not None:
        return found
    return CauseKind.CLUSTER_UNREACHABLE if error.category is Category.UNAVAILABLE else CauseKind.OTHER


def is_refusal(card: FailureCard) -> bool:
    """Whether a request was not let through: then there is less than was wanted, and no live object says
    so."""
    return card.kind is CauseKind.CLUSTER_UNREACHABLE or card.reason in KINDS


SERVED = re.compile(r"It serves \S+ in (.+)\.$")


def removed(refusal: Refusal) -> str | None:
    kind = refusal.object.kind if refusal.object is not None else ""
    return replacement(refusal.version, kind, refusal.error.hint)


def replacement(version: str, kind: str, hint: str) -> str | None:
    """What serves the kind instead of this apiVersion, empty where nothing does; None for a kind that is not
    known to have been in that version. `hint` is what discovery says."""
    known = END_OF_API.get((version, kind))
    if known is not None:
        return known.instead
    served = SERVED.search(hint)
    group = version.rpartition("/")[0]
    # A kind of the same name in another group is another kind. And while a definition goes, discovery may
    # list what it serves no longer.
    others = [
        each
        for each in (served[1].split(", ") if served else ())
        if each != version and each.rpartition("/")[0] == group
    ]
    return ", ".join(others) or None


def no_longer(instead: str) -> str:
    return (
        f"Write apiVersion: {instead} in the template." if instead else "Take the object out of the template."
    )


WEBHOOK = re.compile(r'webhook "([^"]+)"')
POLICY = re.compile(r"ValidatingAdmissionPolicy '([^']+)'")
SECURITY = re.compile(r'violates PodSecurity "([^"]+)"')
DENIED = re.compile(r"denied (?:the )?request(?: without explanation|: (.*))", re.DOTALL)


def admission(said: str, about: ObjectKey | None = None) -> Finding:
    """Who refused, and with which words."""
    webhook, policy, security = (pattern.search(said) for pattern in (WEBHOOK, POLICY, SECURITY))
    denied = DENIED.search(said)
    told = facts(
        webhook=webhook[1] if webhook else "",
        policy=policy[1] if policy else "",
        pod_security=security[1] if security else "",
        object=about,
        reason=denied[1] if denied and denied[1] else "",
    )
    if "failed calling webhook" in said or "failed to call webhook" in said:
        name = webhook[1] if webhook else "that must be asked"
        return Finding(
            f"the webhook {name} does not answer, and nothing is let in without it",
            "See to the program behind the webhook, or have its configuration removed.",
            told,
        )
    who = (
        f"webhook {webhook[1]}" if webhook else f"policy {policy[1]}" if policy else "the cluster's admission"
    )
    if security:
        who = f"the pod security level {security[1]}"
    return Finding(f"{who} does not allow the object as it is", "Change what it names.", told)


def invalid(refusal: Refusal) -> Finding:
    fields = [detail.place.key for detail in refusal.error.details if detail.place.key]
    return Finding(
        "the template makes an object that the API server does not take",
        "Correct these fields in the template, or the values that they come from.",
        facts(object=refusal.object, fields=", ".join(fields)),
        tuple(_last(field) for field in fields),
    )


def _last(field: str) -> Blame:
    name = re.sub(r"\[[^\]]*\]", "", field).rpartition(".")[2]
    return Blame(name, "", (name.lower(),))


def immutable(refusal: Refusal) -> Finding:
    key = refusal.object
    fields = [detail.place.key for detail in refusal.error.details if detail.place.key]
    told = facts(object=key, fields=", ".join(fields))
    blames = tuple(_last(field) for field in fields)
    if key is not None and key.kind in NEVER_RECREATED:
        advice = f"Take the change back: a {key.kind} is never made anew, since its data would be lost."
        return Finding("this field cannot be changed once the object is there", advice, told, blames)
    command = " ".join(
        word for word in ("cantata app deploy", refusal.application, refusal.service, "--recreate") if word
    )
    keeps = " Its pods and claims stay." if key is not None and key.kind == "StatefulSet" else ""
    return Finding(
        "this field cannot be changed once the object is there",
        f"Take the change back, or have the object deleted and made anew by `{command}`.{keeps}",
        told,
        blames,
    )


MANAGER = re.compile(r'conflict with "([^"]*)"')


def conflict(refusal: Refusal) -> Finding:
    details = refusal.error.details
    managers = {found[1] for detail in details if (found := MANAGER.search(detail.message))}
    fields = [detail.place.key for detail in details if detail.place.key]
    return Finding(
        f"{', '.join(sorted(managers))} has set these fields"
        if managers
        else "somebody else owns the object",
        "Let the other one give them up, remove the object, or give ours another name.",
        facts(object=refusal.object, managers=", ".join(sorted(managers)), fields=", ".join(fields)),
    )


CANNOT = re.compile(
    r'User "(?P<user>[^"]*)" cannot (?P<verb>\w+) resource "(?P<resource>[^"]*)"'
    r'(?: in API group "(?P<group>[^"]*)")?'
    r'(?: in the namespace "(?P<namespace>[^"]*)"| at the cluster scope)?'
)


def forbidden(refusal: Refusal) -> Finding:
    """With the rule that would allow it, as it stands in a Role."""
    found = CANNOT.search(refusal.said)
    if found is None:
        return Finding("the cluster's credential may not do that", refusal.error.hint)
    verb, resource, group = found["verb"], found["resource"], found["group"] or ""
    where = f"Role in namespace {found['namespace']}" if found["namespace"] else "ClusterRole"
    rule = f'{{ apiGroups: ["{group}"], resources: ["{resource}"], verbs: ["{verb}"] }}'
    return Finding(
        f"{found['user']} may not {verb} {resource}",
        f"Give it a {where} with the rule {rule}.",
        facts(user=found["user"], verb=verb, resource=resource, api_group=group, missing_rule=rule),
    )


def namespace_missing(refusal: Refusal) -> Finding:
    return Finding("nobody has created the namespace", refusal.error.hint)


TERMINATING = Finding(
    "somebody has deleted the namespace, and it is not gone yet",
    "Wait until it is gone, see to what it waits for, then deploy again.",
)


def kind_missing(refusal: Refusal) -> Finding:
    name = refusal.object.kind if refusal.object is not None else "the kind"
    group = refusal.version.rpartition("/")[0]
    return Finding(
        f"the CustomResourceDefinition of {name} is not installed in the cluster",
        "Install the operator or the chart that brings it, or bring it in the template's crds/ folder.",
        facts(kind=name, api_version=refusal.version),
        (Blame("apiVersion", refusal.version),) if group else (),
    )


def api_removed(refusal: Refusal) -> Finding:
    name = refusal.object.kind if refusal.object is not None else "the kind"
    instead = removed(refusal)
    return Finding(
        f"the cluster serves {name} in {refusal.version} no longer",
        no_longer(instead or ""),
        facts(kind=name, api_version=refusal.version, replacement=instead or "none"),
        (Blame("apiVersion", refusal.version),),
    )


SILENCES = {
    "TooManyRequests": "the API server has more to do than it can, and turns requests away",
    "ClusterFailing": "the API server, or what it keeps its objects in, has trouble",
    "GroupUnavailable": "the add-on server of this API group does not answer",
    "ClusterUntrusted": "what answers at the cluster's address has another certificate than ours",
    "CredentialPluginFailed": "the program that is to give the credential gave none",
    "ClusterProtocolError": "what answers at the cluster's address is no API server",
}
"""By the error's code. All others are no answer at all."""


def unreachable(refusal: Refusal) -> Finding:
    return Finding(
        SILENCES.get(refusal.error.code, "the cluster's API server is down, or the way to it is cut"),
        refusal.error.hint or "See to the API server; what runs in the cluster goes on.",
        facts(trouble=refusal.error.code),
    )


def stuck(refusal: Refusal) -> Finding:
    found = re.search(r"it waits for (.+)$", refusal.said)
    return Finding(
        "whoever has to take the finalizers away does not run",
        refusal.error.hint,
        facts(object=refusal.error.subject, finalizers=found[1] if found else ""),
    )


def other(refusal: Refusal) -> Finding:
    return Finding("", refusal.error.hint)


FINDERS: dict[CauseKind, Callable[[Refusal], Finding]] = {
    CauseKind.ADMISSION: lambda refusal: admission(refusal.said, refusal.object),
    CauseKind.INVALID: invalid,
    CauseKind.IMMUTABLE_FIELD: immutable,
    CauseKind.CONFLICT: conflict,
    CauseKind.FORBIDDEN: forbidden,
    CauseKind.NAMESPACE_MISSING: namespace_missing,
    CauseKind.NAMESPACE_TERMINATING: lambda _refusal: TERMINATING,
    CauseKind.KIND_MISSING: kind_missing,
    CauseKind.API_REMOVED: api_removed,
    CauseKind.CLUSTER_UNREACHABLE: unreachable,
    CauseKind.STUCK: stuck,
}
