"""From an event of a project to the notice that webhooks tell."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from cantata.core.model.applications import OperationState, Verb
from cantata.core.model.events import Event, EventType
from cantata.core.model.webhooks import Notice, Webhook

TYPES = (EventType.OPERATION, EventType.DEGRADED, EventType.RECOVERED, EventType.DRIFTED)
"""The events that can be notices."""

LONGEST = 2000
"""Characters of a text in a payload."""

_SAME = {
    EventType.DEGRADED: Notice.DEGRADED,
    EventType.RECOVERED: Notice.RECOVERED,
    EventType.DRIFTED: Notice.DRIFTED,
}


def notice_of(event: Event) -> Notice | None:
    """None for what is told to nobody. That an application was deleted is not that it was deployed."""
    if event.type is not EventType.OPERATION:
        return _SAME.get(event.type)
    if event.data.get("state") == OperationState.FAILED:
        return Notice.FAILED
    deployed = event.data.get("state") == OperationState.SUCCEEDED and event.data.get("verb") != Verb.DELETE
    return Notice.DEPLOYED if deployed else None


def who_wants(event: Event, notice: Notice, webhooks: Iterable[Webhook]) -> list[Webhook]:
    return [
        each
        for each in webhooks
        if each.enabled
        and each.since < event.id
        and (not each.notices or notice in each.notices)
        and (
            not each.applications
            or any(fnmatchcase(event.application, pattern) for pattern in each.applications)
        )
    ]


def payload_of(event: Event, notice: Notice) -> str:
    """The body of a delivery: Standard Webhooks' `type`, `timestamp` and `data`."""
    data = {
        "project": event.project,
        "application": event.application,
        "event": event.id,
        **_cut(event.data),
    }
    return payload(notice, event.at, data)


def payload(notice: Notice, at: str, data: dict[str, Any]) -> str:
    return msgspec.json.encode({"type": notice.value, "timestamp": at, "data": data}).decode()


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= LONGEST else f"{value[:LONGEST]}…"
    if isinstance(value, dict):
        return {key: _cut(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_cut(each) for each in value[:100]]
    return value
