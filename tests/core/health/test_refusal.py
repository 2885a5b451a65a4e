"""Why a controller cannot create its pods, by what the API server answered it."""

from __future__ import annotations

import pytest

from cantata.core.health.kinds.refusal import refusal
from cantata.core.model.cards import CauseKind


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ('pods "web-1" is forbidden: exceeded quota: team, requested: pods=1, used: pods=4', "quota"),
        ('pods "web-1" is forbidden: failed quota: team: must specify limits.cpu for: main', "quota"),
        ('pods "web-1" is forbidden: status unknown for quota: team, resources: pods', "quota"),
        (
            'pods "web-1" is forbidden: maximum memory usage per Container is 1Gi, but limit is 4Gi',
            "limit_range",
        ),
        ('pods "web-1" is forbidden: cpu max limit to request ratio per Pod is 2', "limit_range"),
        (
            'pods "web-1" is forbidden: error looking up service account a/b: serviceaccount "b" not found',
            "missing_reference",
        ),
        ('pods "quota-1" is forbidden: violates PodSecurity "restricted:latest": privileged', "admission"),
        ('admission webhook "a.io" denied the request: exceeded quota of images', "admission"),
        ("something new", "admission"),
    ],
)
def test_the_kind_of_a_refusal(message: str, kind: str) -> None:
    assert refusal("FailedCreate", message).kind is CauseKind(kind)
