"""Events: what happens to applications, one stream per project, in the order in which it was told."""

from __future__ import annotations

import enum
from typing import Any

import msgspec

from cantata.core.model.applications import Application, Operation


class EventType(enum.StrEnum):
    """What an event tells; `contract/events.py` says what its data holds."""

    OPERATION = "operation"
    """An operation was queued, runs, or has ended."""
    SERVICE = "service"
    """A service is in another state than an operation last told."""
    OBJECT = "object"
    HOOK = "hook"
    WARNING = "warning"
    WAITING = "waiting"
    """The cluster does not answer an operation, which tries again."""
    FAILURE = "failure"
    """The failure card of a service."""
    COLLECTED = "collected"
    """An old ConfigMap or Secret went."""
    DEGRADED = "degraded"
    RECOVERED = "recovered"
    DRIFTED = "drifted"
    """Others changed what the application set."""
    REVERTED = "reverted"
    """What had drifted is as the application set it, or wanted no more."""
    FORGOTTEN = "forgotten"
    """An application was forgotten; its objects stay in the cluster."""
    GAP = "gap"
    """Events that should come here are not kept any more. It is made for who asks, and stands nowhere."""


class Subject(msgspec.Struct, frozen=True):
    """The application that an event is about. `application` is its name, kept since events outlive it."""

    project: str
    application_id: str
    application: str


class Event(msgspec.Struct, frozen=True, rename="camel"):
    """`id` counts from 1 within its project, without gaps."""

    id: int
    project: str
    application_id: str
    application: str
    type: EventType
    at: str
    data: dict[str, Any]


class EventFilter(msgspec.Struct, frozen=True):
    """What of a project's stream is wanted; what is empty lets all through."""

    application_id: str = ""
    application: str = ""
    types: tuple[EventType, ...] = ()


def about(noun: Application | Operation) -> Subject:
    if isinstance(noun, Operation):
        return Subject(noun.project, noun.application_id, noun.application)
    return Subject(noun.project, noun.id, noun.name)
