"""Turns a refusing answer of the API server into the error of ours that says what happened.

Pure. `RULES` is the table, first match wins; it holds what real API servers answer, since several troubles
share a code (403 is RBAC, quota, admission and a terminating namespace) and some wear a wrong one (a field
of the wrong type in a server-side apply is a 500).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from cantata.core.model.objects import ObjectKey
from cantata.errors import Detail, Place
from cantata.kube import errors
from cantata.kube.errors import KubeError
from cantata.ports import FieldConflict

MESSAGE_LIMIT = 600
VALUE_LIMIT = 60


class Target(msgspec.Struct, frozen=True):
    """What a request is about, for errors: the cluster's name, a verb such as `apply`, and the object or,
    with an empty name, the collection."""

    cluster: str
    verb: str
    key: ObjectKey | None = None

    @property
    def subject(self) -> str:
        if self.key is None:
            return f"cluster {self.cluster}"
        if self.key.name:
            return str(self.key)
        kind = f"{self.key.kind}.{self.key.group}" if self.key.group else self.key.kind
        return f"{kind} in namespace {self.key.namespace}" if self.key.namespace else kind

    @property
    def writes(self) -> bool:
        return self.verb in {"apply", "delete"}

    @property
    def secret(self) -> bool:
        return self.key is not None and self.key.kind == "Secret" and not self.key.group


class Cause(msgspec.Struct, frozen=True):
    reason: str = ""
    message: str = ""
    field: str = ""


class StatusDetails(msgspec.Struct, frozen=True, rename="camel"):
    name: str = ""
    group: str = ""
    kind: str = ""
    uid: str = ""
    causes: tuple[Cause, ...] | None = None
    retry_after_seconds: int = 0


class Status(msgspec.Struct, frozen=True):
    """The API server's own `Status`; also built here from answers that carry none."""

    kind: str = ""
    message: str = ""
    reason: str = ""
    code: int = 0
    details: StatusDetails | None = None

    @property
    def causes(self) -> tuple[Cause, ...]:
        return (self.details.causes or ()) if self.details else ()


class Rule(msgspec.Struct, frozen=True):
    """Matches when each given part does: the HTTP status, a pattern found in message or causes, a test."""

    error: type[KubeError]
    code: int = 0
    pattern: str = ""
    when: Callable[[Status, Target], bool] | None = None
    hint: str = ""

    def matches(self, status: Status, target: Target) -> bool:
        if self.code and status.code != self.code:
            return False
        if self.pattern and not re.search(self.pattern, _all_text(status)):
            return False
        return self.when is None or self.when(status, target)


def _namespace_is_missing(status: Status, target: Target) -> bool:
    details, key = status.details, target.key
    return bool(
        details and key and details.kind == "namespaces" and key.namespace and details.name == key.namespace
    )


def _has_no_discovery(status: Status, target: Target) -> bool:
    """Every API server has these pages, so whoever answered is none, or stands before one that is down."""
    return status.code in {404, 405} and target.key is None


def _names_no_object(status: Status, _target: Target) -> bool:
    return status.kind != "Status" or not (status.details and status.details.name)


def _terminating(status: Status, _target: Target) -> bool:
    return any(cause.reason == "NamespaceTerminating" for cause in status.causes)


def _other_uid(status: Status, _target: Target) -> bool:
    return any(cause.field == "metadata.uid" for cause in status.causes)


IMMUTABLE = (
    r"field is immutable|may not change once set|immutable when|cannot be changed|"
    r"updates to \S+ spec for fields other than|(?:is|are) immutable after creation|"
    r"spec is immutable|is not allowed to be changed|may not be changed"
)
DENIED = (
    r'admission webhook "[^"]*" denied|denied request|violates PodSecurity|'
    r"is forbidden: \[?(?:maximum|minimum) "
)

RULES: tuple[Rule, ...] = (
    Rule(errors.ClusterUnauthorized, 401, hint="Renew the credential of this cluster."),
    Rule(errors.NamespaceTerminating, 403, when=_terminating, hint="Wait until it is gone, then try again."),
    # Of an API server that has just started: its admission does not know the cluster yet. Nobody refuses.
    Rule(errors.ClusterFailing, 403, r"not yet ready to handle request$"),
    Rule(errors.QuotaExceeded, 403, r"exceeded quota|failed quota|insufficient quota"),
    Rule(
        errors.ClusterForbidden,
        403,
        r'User "[^"]*" cannot |attempting to grant RBAC|Forbidden \(user=',
        hint="Give the user or service account of this cluster's credential the missing RBAC permission.",
    ),
    Rule(errors.ObjectRefused, pattern=DENIED),
    Rule(errors.ObjectRefused, 403, when=lambda _status, target: target.writes),
    Rule(errors.ClusterForbidden, 403),
    Rule(errors.AdmissionUnavailable, pattern=r"failed calling webhook|failed to call webhook"),
    Rule(errors.ClusterProtocolError, when=_has_no_discovery, hint="Check the server's address."),
    Rule(errors.NamespaceMissing, 404, when=_namespace_is_missing, hint="Create the namespace first."),
    Rule(errors.KindNotServed, 404, when=_names_no_object),
    Rule(errors.ObjectNotFound, 404),
    Rule(errors.KindNotServed, 405),
    Rule(errors.ClusterProtocolError, 406),
    Rule(errors.ObjectReplaced, 409, r"UID in the precondition|uid mismatch"),
    Rule(errors.ObjectConflict, 409),
    Rule(errors.ResourceExpired, 410),
    Rule(errors.ResourceExpired, 504, "Too large resource version"),
    Rule(errors.ObjectTooLarge, 413),
    Rule(
        errors.ObjectTooLarge,
        pattern=r"etcdserver: request is too large|Too long: may not be more than 1048576",
    ),
    Rule(errors.ObjectReplaced, 422, when=_other_uid),
    Rule(
        errors.ImmutableField,
        422,
        IMMUTABLE,
        hint="This field cannot be changed in place: the object must be deleted and created again.",
    ),
    Rule(errors.ObjectInvalid, 422),
    Rule(errors.LogsUnavailable, 400, when=lambda _status, target: target.verb == "logs"),
    Rule(errors.ObjectInvalid, 400, when=lambda _status, target: target.writes),
    Rule(errors.RequestInvalid, 400),
    Rule(errors.TooManyRequests, 429),
    Rule(
        errors.ObjectInvalid,
        500,
        r"failed to create typed (?:patch|live) object|failed to convert new object|"
        r"error decoding from json|unable to convert unstructured",
    ),
    Rule(errors.GroupUnavailable, 503, r"error trying to reach service|service unavailable"),
    Rule(errors.ClusterFailing),
)

ABOUT_US = (errors.ClusterUnauthorized, errors.ClusterForbidden)
"""Errors whose subject is the cluster, since its credential is what must change."""

_decoder = msgspec.json.Decoder(Status)


def parse_status(code: int, content_type: str, body: bytes) -> Status:
    """The Status of a refusing answer; a plain one where the body is something else (a proxy's page)."""
    if content_type.startswith("application/json"):
        try:
            parsed = _decoder.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            parsed = Status()
        if parsed.kind == "Status":
            return msgspec.structs.replace(parsed, code=code)
    text = body[:MESSAGE_LIMIT].decode("utf-8", "replace") if content_type.startswith("text/plain") else ""
    return Status(code=code, message=" ".join(text.split()))


def translate(status: Status, target: Target, *, retry_after: float = 0) -> KubeError:
    """The error for a refusing answer. It is returned, not raised, so that the caller can give it a cause."""
    rule = next(rule for rule in RULES if rule.matches(status, target))
    details = tuple(_details(status, target))
    said = _say(status, target, details)
    message = f"{target.subject}: cluster {target.cluster} answered {status.code} to {target.verb}: {said}"
    subject = f"cluster {target.cluster}" if rule.error in ABOUT_US else target.subject
    extra: dict[str, Any] = {}
    if issubclass(rule.error, errors.ObjectConflict):
        extra["conflicts"] = tuple(_conflicts(status))
    if issubclass(rule.error, errors.TooManyRequests):
        extra["retry_after"] = retry_after
    return rule.error(message, subject=subject, hint=rule.hint, details=details, **extra)


def _all_text(status: Status) -> str:
    return "\n".join([status.message, *(cause.message for cause in status.causes)])


def _say(status: Status, target: Target, details: tuple[Detail, ...]) -> str:
    if details:
        return "; ".join(f"{detail.place.key}: {detail.message}" for detail in details)[:MESSAGE_LIMIT]
    if target.secret and status.code in {400, 422, 500}:
        return f"{status.reason or 'invalid'} (its message is withheld, since it may quote the Secret)"
    text = _without_value(status.message, secret=target.secret) or status.reason or "no message"
    return text if len(text) <= MESSAGE_LIMIT else f"{text[:MESSAGE_LIMIT]}…"


def _details(status: Status, target: Target) -> Iterator[Detail]:
    """Field by field what is wrong, each value shortened, or left out where it may be secret."""
    seen = set()
    for cause in status.causes:
        if cause.field and cause not in seen:
            seen.add(cause)
            yield Detail(_without_value(cause.message, secret=target.secret), Place(key=cause.field))
    if seen:
        return
    if typed := re.search(r": (\.[^\s:]+): ([^:]+)", status.message):
        yield Detail(_without_value(typed[2], secret=True), Place(key=typed[1].lstrip(".")))
    for unknown in re.finditer(r'(unknown|duplicate) field "([^"]+)"', status.message):
        yield Detail(f"{unknown[1]} field", Place(key=unknown[2]))


def _without_value(message: str, *, secret: bool) -> str:
    """`Invalid value: {…a whole pod template…}: field is immutable` without the value, when it is long or
    secret; and `expected string, got …` without what it got."""
    message = message.split(", got ", 1)[0]
    for lead in re.finditer(r"(?:Invalid|Unsupported|Duplicate) value: ", message):
        try:
            _value, end = json.JSONDecoder().raw_decode(message, lead.end())
        except (json.JSONDecodeError, RecursionError):
            end = len(message) if secret else lead.end()
        if secret or end - lead.end() > VALUE_LIMIT:
            return f"{message[: lead.end()]}…{message[end:]}"[:MESSAGE_LIMIT]
    return message[:MESSAGE_LIMIT]


def _conflicts(status: Status) -> Iterator[FieldConflict]:
    for cause in status.causes:
        if cause.reason == "FieldManagerConflict":
            who = re.search(r'conflict with "([^"]*)"(?: with subresource "([^"]*)")?', cause.message)
            yield FieldConflict(who[1] if who else "", cause.field, (who and who[2]) or "")
