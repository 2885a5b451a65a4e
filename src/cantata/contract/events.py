"""Events. `EventInfo.data` holds the fields of the struct that `DATA` has for the event's type."""

from __future__ import annotations

from typing import Any

import msgspec

from cantata.contract.cards import FailureCardInfo
from cantata.contract.drift import DriftedFieldInfo
from cantata.contract.states import EventType, OperationState, ServiceState, Verb


class EventInfo(msgspec.Struct, frozen=True, rename="camel"):
    """One entry of the stream of a project; `id` grows by one."""

    id: int
    application: str
    type: EventType
    at: str
    data: dict[str, Any] = {}


class OperationEvent(msgspec.Struct, frozen=True, rename="camel"):
    """An operation was queued, at a position in the queue of its cluster, runs, or has ended; `message` says
    why it failed."""

    operation: str
    verb: Verb
    state: OperationState
    message: str = ""
    position: int = 0


class ServiceEvent(msgspec.Struct, frozen=True, rename="camel"):
    """A service is in another state than the operation last told. `ready` of `desired` pods; null where
    nobody counts them."""

    operation: str
    service: str
    state: ServiceState
    message: str = ""
    ready: int | None = None
    desired: int | None = None


class ObjectEvent(msgspec.Struct, frozen=True, rename="camel"):
    """The operation wrote or deleted an object; `service` is empty for what belongs to none."""

    operation: str
    service: str
    object: str
    action: str


class HookEvent(msgspec.Struct, frozen=True, rename="camel"):
    """A hook runs or has ended; `event` is Helm's, such as `pre-install`."""

    operation: str
    event: str
    object: str
    state: str


class WarningEvent(msgspec.Struct, frozen=True, rename="camel"):
    """The API server took an object with a warning."""

    operation: str
    service: str
    object: str
    message: str


class WaitingEvent(msgspec.Struct, frozen=True, rename="camel"):
    """The cluster does not answer; the operation tries again."""

    operation: str
    message: str


class FailureEvent(msgspec.Struct, frozen=True, rename="camel"):
    """A service fails, or is in trouble, for another reason than the operation last told."""

    operation: str
    service: str
    card: FailureCardInfo


class CollectedEvent(msgspec.Struct, frozen=True, rename="camel"):
    """An old ConfigMap or Secret was deleted that nobody names any more."""

    service: str
    object: str


class DriftedEvent(msgspec.Struct, frozen=True, rename="camel"):
    """Others changed fields of a service's objects that the application had set, or deleted these."""

    service: str
    fields: tuple[DriftedFieldInfo, ...]


class RevertedEvent(msgspec.Struct, frozen=True, rename="camel"):
    """These fields have drifted no more since the last look."""

    service: str
    fields: tuple[DriftedFieldInfo, ...]


class AilingInfo(msgspec.Struct, frozen=True, rename="camel"):
    service: str
    state: ServiceState
    message: str = ""


class HealthEvent(msgspec.Struct, frozen=True, rename="camel"):
    """An application that no operation is at has fallen ill (`degraded`), or is well again (`recovered`);
    `services` are the ill ones. Told once for each change."""

    state: ServiceState
    services: tuple[AilingInfo, ...] = ()


class ForgottenEvent(msgspec.Struct, frozen=True, rename="camel"):
    """The application is gone from Cantata; these objects were left in its cluster."""

    objects: tuple[str, ...]


class GapEvent(msgspec.Struct, frozen=True, rename="camel"):
    """Who goes on after `since` has missed events that are not kept any more, or is ahead of a database that
    was set back; `next` is the lowest id that can follow. What was derived from the stream has to be read
    anew."""

    since: int
    next: int
    message: str


DATA: dict[EventType, type[msgspec.Struct]] = {
    "operation": OperationEvent,
    "service": ServiceEvent,
    "object": ObjectEvent,
    "hook": HookEvent,
    "warning": WarningEvent,
    "waiting": WaitingEvent,
    "failure": FailureEvent,
    "collected": CollectedEvent,
    "drifted": DriftedEvent,
    "reverted": RevertedEvent,
    "degraded": HealthEvent,
    "recovered": HealthEvent,
    "forgotten": ForgottenEvent,
    "gap": GapEvent,
}
