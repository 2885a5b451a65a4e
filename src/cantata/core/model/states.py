"""The closed lists of states, shared by API, command line, console and docs."""

from __future__ import annotations

import enum


class HealthState(enum.StrEnum):
    """What one live object says of itself. Every member is a `ServiceState` of the same word."""

    READY = "ready"
    """It is what its specification asks for, at the generation that stands there now."""
    PROGRESSING = "progressing"
    """It is on its way, and nothing says that it will not arrive."""
    DEGRADED = "degraded"
    """Less than wanted works. It may heal by itself."""
    FAILED = "failed"
    """Waiting alone will not help."""
    PAUSED = "paused"
    """It stands still because its specification says so."""
    DELETING = "deleting"
    UNKNOWN = "unknown"
    """It cannot be read."""


class ServiceState(enum.StrEnum):
    """The one word for a service, and for an application as a whole."""

    NOT_DEPLOYED = "not_deployed"
    """Its resources do not exist."""
    PENDING = "pending"
    """It waits for a dependency or for a slot."""
    PROGRESSING = "progressing"
    READY = "ready"
    DEGRADED = "degraded"
    FAILED = "failed"
    PAUSED = "paused"
    """Scaled to zero on purpose."""
    DELETING = "deleting"
    UNKNOWN = "unknown"
    """The cluster cannot be reached, or its answer cannot be read."""
