"""Events in one line each."""

from __future__ import annotations

from typing import Any

import pytest

from cantata.cli.events import told
from cantata.contract.events import EventInfo
from cantata.contract.states import EventType

FIELD = {"object": "Deployment.apps shop/web", "field": "spec.replicas", "manager": "kubectl"}
GONE = {"object": "Service shop/web", "field": "", "at": "then"}
ILL = [{"service": "web", "state": "failed", "message": "no image"}, {"service": "api", "state": "degraded"}]
BY_KUBECTL, IS_GONE = (
    "Deployment.apps shop/web spec.replicas by kubectl",
    "Service shop/web is gone, seen at then",
)


@pytest.mark.parametrize(
    ("type_", "data", "line"),
    [
        ("drifted", {"service": "web", "fields": [FIELD, GONE]}, f"service=web  {BY_KUBECTL}; {IS_GONE}"),
        ("reverted", {"service": "web", "fields": [GONE]}, f"service=web  {IS_GONE}"),
        (
            "degraded",
            {"state": "failed", "services": ILL},
            "state=failed  web is failed: no image; api is degraded",
        ),
        ("recovered", {"state": "ready", "services": []}, "state=ready"),
        ("forgotten", {"objects": ["Service shop/web", "Secret a"]}, "objects=Service shop/web,Secret a"),
        ("operation", {"operation": "1", "state": "running"}, "operation=1  state=running"),
    ],
)
def test_an_event_in_words(type_: EventType, data: dict[str, Any], line: str) -> None:
    assert told(EventInfo(1, "shop", type_, "then", data)) == line
