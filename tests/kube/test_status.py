"""What a refusing answer means. The messages are those of real API servers."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cantata.core.model.objects import ObjectKey
from cantata.kube import errors
from cantata.kube.status import Target, parse_status, translate
from cantata.ports import FieldConflict, KindNotServed, NamespaceMissing, ObjectConflict

MAP = ObjectKey("", "ConfigMap", "shop", "a")
SECRET = ObjectKey("", "Secret", "shop", "a")
JSON = "application/json"
IMMUTABLE_MAP = "Forbidden: field is immutable when `immutable` is set"
STATEFUL = (
    "Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
    "'updateStrategy' and 'minReadySeconds' are forbidden"
)
TYPED = "failed to create typed patch object (/a; /v1, Kind=X): "


def raised(
    code: int,
    message: str,
    *causes: tuple[str, str, str],
    verb: str = "apply",
    key: ObjectKey | None = MAP,
    name: str = "a",
    kind: str = "configmaps",
) -> errors.KubeError:
    """The error for a Status; `causes` are reason, message, field."""
    fields = ("reason", "message", "field")
    details: dict[str, Any] = {
        "name": name,
        "kind": kind,
        "causes": [dict(zip(fields, cause, strict=True)) for cause in causes],
    }
    body = {"kind": "Status", "message": message, "reason": "R", "code": code, "details": details}
    return translate(parse_status(code, JSON, msgspec.json.encode(body)), Target("prod", verb, key))


CASES: list[tuple[type[errors.KubeError], errors.KubeError]] = [
    (errors.ClusterUnauthorized, raised(401, "Unauthorized")),
    (
        errors.ClusterForbidden,
        raised(403, 'configmaps "a" is forbidden: User "x" cannot patch resource "configmaps"'),
    ),
    (errors.ClusterForbidden, raised(403, "who knows", verb="list")),
    (
        errors.ClusterForbidden,
        raised(403, 'user "x" is attempting to grant RBAC permissions not currently held'),
    ),
    (
        errors.NamespaceTerminating,
        raised(
            403,
            'configmaps "a" is forbidden: unable to create new content in namespace shop',
            ("NamespaceTerminating", "namespace shop is being terminated", "metadata.namespace"),
        ),
    ),
    (
        errors.QuotaExceeded,
        raised(403, 'forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=9'),
    ),
    (errors.ClusterFailing, raised(403, 'configmaps "a" is forbidden: not yet ready to handle request')),
    (errors.ObjectRefused, raised(403, 'admission webhook "w.x.dev" denied the request: no latest tag')),
    (errors.ObjectRefused, raised(400, 'admission webhook "w.x.dev" denied the request: no latest tag')),
    (errors.ObjectRefused, raised(422, "a is forbidden: ValidatingAdmissionPolicy 'w' denied request: no")),
    (errors.ObjectRefused, raised(403, 'pods "a" is forbidden: violates PodSecurity "restricted:latest"')),
    (errors.ObjectRefused, raised(403, 'pods "a" is forbidden: [maximum cpu usage per Container is 1]')),
    (
        errors.AdmissionUnavailable,
        raised(500, 'Internal error occurred: failed calling webhook "w": failed to call webhook: Post'),
    ),
    (errors.NamespaceMissing, raised(404, 'namespaces "shop" not found', name="shop", kind="namespaces")),
    (
        errors.ObjectNotFound,
        raised(
            404,
            'namespaces "shop" not found',
            name="shop",
            kind="namespaces",
            key=ObjectKey("", "Namespace", "", "shop"),
        ),
    ),
    (errors.ObjectNotFound, raised(404, 'configmaps "a" not found', verb="get")),
    (errors.KindNotServed, raised(404, "the server could not find the requested resource", name="")),
    (errors.ClusterProtocolError, raised(404, "404 page not found", name="", verb="discover", key=None)),
    (errors.KindNotServed, raised(405, "the server does not allow this method")),
    (errors.ObjectReplaced, raised(409, "the UID in the precondition (x) does not match", verb="delete")),
    (errors.ObjectReplaced, raised(409, "uid mismatch: the provided object specified uid x, and no")),
    (
        errors.ObjectReplaced,
        raised(422, "i", ("FieldValueInvalid", 'Invalid value: "x": field is immutable', "metadata.uid")),
    ),
    (errors.ObjectConflict, raised(409, "the object has been modified")),
    (errors.ResourceExpired, raised(410, "too old resource version", verb="watch")),
    (
        errors.ResourceExpired,
        raised(504, "Timeout: Too large resource version: 9, current: 7", verb="watch"),
    ),
    (errors.ObjectTooLarge, raised(413, "Request entity too large")),
    (errors.ObjectTooLarge, raised(500, "etcdserver: request is too large")),
    (errors.ObjectTooLarge, raised(422, "i", ("R", "Too long: may not be more than 1048576 bytes", ""))),
    (errors.ImmutableField, raised(422, "invalid", ("FieldValueForbidden", IMMUTABLE_MAP, "data"))),
    (errors.ImmutableField, raised(422, "invalid", ("FieldValueForbidden", STATEFUL, "spec"))),
    (
        errors.ImmutableField,
        raised(422, "", ("FieldValueInvalid", 'Invalid value: ["10.0.0"]: may not change once set', "spec")),
    ),
    (errors.ObjectInvalid, raised(422, "invalid", ("FieldValueRequired", "Required value", "spec.selector"))),
    (errors.ObjectInvalid, raised(400, 'strict decoding error: unknown field "spec.foo"')),
    (errors.RequestInvalid, raised(400, "unable to parse requirement", verb="list")),
    (errors.LogsUnavailable, raised(400, "container is waiting to start", verb="logs")),
    (errors.ObjectInvalid, raised(500, f"{TYPED}.spec.replicas: expected numeric, got string")),
    (errors.ObjectInvalid, raised(500, "failed to convert new object: illegal base64")),
    (errors.TooManyRequests, raised(429, "too many requests")),
    (errors.ClusterFailing, raised(500, "etcdserver: leader changed")),
    (errors.ClusterFailing, raised(504, "timed out")),
]  # fmt: skip


@pytest.mark.parametrize(("expected", "error"), CASES, ids=[str(case[1])[:70] for case in CASES])
def test_each_refusal_has_its_error(expected: type[errors.KubeError], error: errors.KubeError) -> None:
    assert type(error) is expected
    assert error.subject


def test_use_cases_can_catch_what_the_port_names() -> None:
    missing = raised(404, 'namespaces "shop" not found', name="shop", kind="namespaces")
    assert isinstance(missing, NamespaceMissing)
    assert isinstance(raised(409, "modified"), ObjectConflict)
    assert isinstance(raised(405, "x"), KindNotServed)


def test_a_conflict_names_managers_and_fields() -> None:
    scaler = 'conflict with "hpa" with subresource "scale" using apps/v1'
    error = raised(
        409,
        "Apply failed with 2 conflicts",
        ("FieldManagerConflict", scaler, ".spec.replicas"),
        ("FieldManagerConflict", 'conflict with "kubectl"', ".data.a"),
    )  # fmt: skip
    assert isinstance(error, errors.ObjectConflict)
    assert error.conflicts == (
        FieldConflict("hpa", ".spec.replicas", "scale"),
        FieldConflict("kubectl", ".data.a"),
    )
    assert "hpa" in str(error)


def test_wrong_fields_are_told_one_by_one() -> None:
    error = raised(
        422,
        "invalid",
        ("FieldValueInvalid", "Invalid value: -1: must be greater than or equal to 0", "spec.replicas"),
        ("FieldValueRequired", "Required value", "spec.selector"),
        ("FieldValueRequired", "Required value", "spec.selector"),
    )
    assert [(d.place.key, d.message) for d in error.details] == [
        ("spec.replicas", "Invalid value: -1: must be greater than or equal to 0"),
        ("spec.selector", "Required value"),
    ]
    assert "ConfigMap shop/a" in str(error)


@pytest.mark.parametrize(
    ("message", "key", "said"),
    [
        (f"{TYPED}.datas: field not declared in schema", "datas", "field not declared in schema"),
        (f"{TYPED}.spec.replicas: expected numeric, got string", "spec.replicas", "expected numeric"),
        ('strict decoding error: unknown field "spec.foo", duplicate field "x"', "spec.foo", "unknown field"),
    ],
)  # fmt: skip
def test_fields_are_found_in_plain_messages_too(message: str, key: str, said: str) -> None:
    detail = raised(500 if "typed" in message else 400, message).details[0]
    assert (detail.place.key, detail.message) == (key, said)


def test_a_whole_pod_template_is_not_quoted() -> None:
    value = '{"labels":{"a":"b: c"},"Spec":{"Env":[{"Name":"PW","Value":"hunter2"}' + ',"x"' * 50 + "]}}"
    error = raised(
        422,
        f"invalid: {value}",
        ("FieldValueInvalid", f"Invalid value: {value}: field is immutable", "spec.template"),
    )
    assert isinstance(error, errors.ImmutableField)
    assert error.details[0].message == "Invalid value: …: field is immutable"
    assert "hunter2" not in str(error)


@pytest.mark.parametrize("key", [MAP, SECRET])
def test_a_value_of_any_depth_is_borne(key: ObjectKey) -> None:
    value = "[" * 100_000 + '"hunter2"' + "]" * 100_000
    error = raised(422, "i", ("FieldValueInvalid", f"Invalid value: {value}: too bad", "spec"), key=key)
    assert "hunter2" not in f"{error} {error.details}"


@pytest.mark.parametrize(
    ("code", "message", "causes"),
    [
        (422, "invalid", [("FieldValueInvalid", 'Invalid value: "hunter2": too bad', "data[a]")]),
        (422, "invalid", [("FieldValueInvalid", "Invalid value: hunter2 without quotes", "data[a]")]),
        (422, 'Secret "a" is invalid: data: Invalid value: "hunter2"', []),
        (500, f"{TYPED}.stringData.a: expected string, got &value{{hunter2}}", []),
        (500, "failed to convert new object: error decoding from json: hunter2", []),
        (400, "strict decoding error: hunter2", []),
    ],
)
def test_no_content_of_a_secret_is_told(code: int, message: str, causes: list[tuple[str, str, str]]) -> None:
    error = raised(code, message, *causes, key=SECRET)
    assert "hunter2" not in f"{error} {error.details}"
    assert "Secret shop/a" in str(error)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/html", b"<html>secret</html>"),
        (JSON, b"{broken"),
        (JSON, b'{"kind":"Status","details":7}'),
        (JSON, b'{"kind":"Other"}'),
        ("text/plain", b"404 page not found\n"),
        ("", b"\xff"),
    ],
)
def test_answers_without_a_status(content_type: str, body: bytes) -> None:
    target = Target("prod", "get", MAP)
    assert type(translate(parse_status(404, content_type, body), target)) is errors.KindNotServed
    assert type(translate(parse_status(502, content_type, body), target)) is errors.ClusterFailing
    assert "html" not in str(translate(parse_status(502, content_type, body), target))
