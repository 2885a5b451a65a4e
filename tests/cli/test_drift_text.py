"""Drift in words."""

from __future__ import annotations

import pytest

from cantata.cli.drift_text import drift_text, print_drift
from cantata.contract.applications import ApplicationInfo, ApplicationStatusInfo, ServiceStatusInfo
from cantata.contract.drift import DriftedFieldInfo

WEB = "Deployment.apps shop/web"


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (
            DriftedFieldInfo(WEB, "spec.replicas", "kubectl", "then"),
            f"{WEB} spec.replicas by kubectl at then",
        ),
        (DriftedFieldInfo(WEB, "spec.replicas"), f"{WEB} spec.replicas"),
        (DriftedFieldInfo(WEB, "", at="then"), f"{WEB} is gone, seen at then"),
        (
            DriftedFieldInfo(WEB, "spec.replicas", "other", "then", fight=True),
            f"{WEB} spec.replicas by other at then; "
            "it comes back each time it is taken back, and is left alone",
        ),
    ],
)
def test_a_field_in_words(field: DriftedFieldInfo, text: str) -> None:
    assert drift_text(field) == text


def test_what_can_be_done_is_said_where_something_drifted(capsys: pytest.CaptureFixture[str]) -> None:
    application = ApplicationInfo("1", "shop", "t", None, "c", None, "default", "shop", "shop")
    web = ServiceStatusInfo("web", "ready", drifted=(DriftedFieldInfo(WEB, "spec.replicas"),))
    print_drift(ApplicationStatusInfo(application, "ready", services=(ServiceStatusInfo("api", "ready"),)))
    assert capsys.readouterr().out == ""
    print_drift(ApplicationStatusInfo(application, "ready", services=(web,)))
    assert capsys.readouterr().out.splitlines() == [
        f"drifted: web: {WEB} spec.replicas",
        "`cantata app diff shop --live` shows the values; `cantata app revert shop` takes it back.",
    ]
