"""Who may call: signatures, tokens and times of each kind."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

import pytest

from cantata.core.model.triggers import TriggerKind
from cantata.core.triggers import (
    Call,
    Delivery,
    TriggerCallExpired,
    TriggerCallUnauthenticated,
    authenticate,
    sign,
)

NOW = 1_800_000_000.0
BODY = b'{"a": 1}'
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


def hexadecimal(secret: str, body: bytes = BODY) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def standard(
    secret: str = SECRET, *, at: float = NOW, id_: str = "msg_1", body: bytes = BODY
) -> dict[str, str]:
    signature = sign(secret, id_, int(at), body)
    return {"webhook-id": id_, "webhook-timestamp": str(int(at)), "webhook-signature": signature}


def headers_of(kind: TriggerKind, secret: str) -> dict[str, str]:
    return {
        TriggerKind.GENERIC: standard(secret),
        TriggerKind.GITHUB: {
            "x-hub-signature-256": f"sha256={hexadecimal(secret)}",
            "x-github-delivery": "g1",
        },
        TriggerKind.GITEA: {"x-gitea-signature": hexadecimal(secret), "x-gitea-delivery": "t1"},
        TriggerKind.GITLAB: {"x-gitlab-token": secret, "idempotency-key": "l1", "x-gitlab-event-uuid": "l2"},
        TriggerKind.HARBOR: {"authorization": secret},
        TriggerKind.DISTRIBUTION: {"authorization": f"Bearer {secret}"},
        TriggerKind.DOCKERHUB: {},
    }[kind]


def check(
    kind: TriggerKind, headers: Mapping[str, str], *secrets: str, token: str = "", body: bytes = BODY
) -> Delivery:
    return authenticate(kind, secrets or (SECRET,), Call(headers, token, body), NOW)


def token_of(kind: TriggerKind, secret: str) -> str:
    return secret if kind is TriggerKind.DOCKERHUB else ""


IDS = {
    TriggerKind.GENERIC: Delivery("msg_1", signed=True),
    TriggerKind.GITHUB: Delivery("g1", signed=False),
    TriggerKind.GITEA: Delivery("t1", signed=False),
    TriggerKind.GITLAB: Delivery("l1", signed=False),
}


@pytest.mark.parametrize("kind", TriggerKind)
def test_who_holds_the_secret_may_call(kind: TriggerKind) -> None:
    found = check(kind, headers_of(kind, SECRET), token=token_of(kind, SECRET))
    assert found == IDS.get(kind, Delivery("", signed=False))


@pytest.mark.parametrize("kind", TriggerKind)
def test_the_secret_before_may_call_beside_the_new_one(kind: TriggerKind) -> None:
    check(kind, headers_of(kind, OTHER), SECRET, OTHER, token=token_of(kind, OTHER))


@pytest.mark.parametrize("kind", TriggerKind)
@pytest.mark.parametrize("secret", [OTHER, "", SECRET[:-1], "é"])
def test_who_holds_another_secret_may_not(kind: TriggerKind, secret: str) -> None:
    with pytest.raises(TriggerCallUnauthenticated):
        check(kind, headers_of(kind, secret), token=token_of(kind, secret))


@pytest.mark.parametrize("kind", TriggerKind)
def test_who_says_nothing_may_not(kind: TriggerKind) -> None:
    with pytest.raises(TriggerCallUnauthenticated):
        check(kind, {})


@pytest.mark.parametrize("kind", [TriggerKind.GENERIC, TriggerKind.GITHUB, TriggerKind.GITEA])
def test_another_body_may_not(kind: TriggerKind) -> None:
    with pytest.raises(TriggerCallUnauthenticated):
        check(kind, headers_of(kind, SECRET), body=b'{"a": 2}')


@pytest.mark.parametrize("field", ["webhook-id", "webhook-timestamp"])
def test_another_id_or_time_may_not(field: str) -> None:
    with pytest.raises(TriggerCallUnauthenticated):
        check(TriggerKind.GENERIC, {**standard(), field: "1799999999"})


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_clocks_may_be_five_minutes_apart(seconds: int) -> None:
    check(TriggerKind.GENERIC, standard(at=NOW + seconds))


@pytest.mark.parametrize("seconds", [-301, 301, -1e9])
def test_a_call_of_another_time_has_expired(seconds: float) -> None:
    with pytest.raises(TriggerCallExpired):
        check(TriggerKind.GENERIC, standard(at=NOW + seconds))


def test_an_old_call_with_a_wrong_signature_is_told_nothing_of_time() -> None:
    with pytest.raises(TriggerCallUnauthenticated):
        check(TriggerKind.GENERIC, standard(OTHER, at=NOW - 1000))


def test_one_of_several_signatures_is_enough() -> None:
    mine, theirs = standard(), standard(OTHER)
    both = f"v1a,ed25519 {theirs['webhook-signature']} {mine['webhook-signature']}"
    check(TriggerKind.GENERIC, {**mine, "webhook-signature": both})


def test_a_signature_of_the_specification() -> None:
    """The example that the libraries of Standard Webhooks are tested with."""
    signature = sign(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("timestamp", ["", "now", "-1", "1e9", "١٢٣", "9" * 30])
def test_a_time_that_is_none_may_not(timestamp: str) -> None:
    with pytest.raises(TriggerCallUnauthenticated):
        check(TriggerKind.GENERIC, {**standard(), "webhook-timestamp": timestamp})


def test_gitlab_may_sign_instead() -> None:
    assert check(TriggerKind.GITLAB, standard()).signed
    with pytest.raises(TriggerCallUnauthenticated):
        check(TriggerKind.GITLAB, {**standard(OTHER), "x-gitlab-token": "x"})


def test_gitea_may_sign_as_github_does() -> None:
    check(TriggerKind.GITEA, {"x-hub-signature-256": f"sha256={hexadecimal(SECRET)}"})
