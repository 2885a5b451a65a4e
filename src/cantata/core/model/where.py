"""Where one key of a config is: what carries it, and which pods have which version of its value."""

from __future__ import annotations

import enum

import msgspec

from cantata.core.model.parity import EnvironmentRendering, FileRendering
from cantata.core.model.variables import ReadHow


class Line(msgspec.Struct, frozen=True, order=True):
    """A line of a template that reads the key, or what holds it. `line` 0 means the whole file, `how` is what
    of the value the template depends on."""

    file: str
    line: int
    how: ReadHow


class KeyEntry(msgspec.Struct, frozen=True, rename="camel"):
    """The key in an object of the service's own. `entry` is the key there: that of a subtree (`db..json`)
    where the key is a part of a file. `in_place` says that the object changes under running pods."""

    kind: str
    object: str
    entry: str
    in_place: bool = False


class PodHas(enum.StrEnum):
    """Which value a running pod has."""

    CURRENT = "current"
    """The one that a deploy would give it now."""
    STALE = "stale"
    UNKNOWN = "unknown"
    """Nothing says surely which one."""


class PodValue(msgspec.Struct, frozen=True, rename="camel"):
    """`version` is the one that last set the value which the pod has (`shop-dev@17`); empty where no config
    set it, or nobody knows. `revision` is the newest whose pods are the same, 0 where that is unknown.
    `ending` pods are about to go."""

    pod: str
    has: PodHas
    version: str = ""
    revision: int = 0
    ending: bool = False


class ServiceWhere(msgspec.Struct, frozen=True, rename="camel"):
    """What carries the key in one service, `service` being empty for hooks, notes, and files that render
    nothing. `version` is the one that last set the value which a deploy would give now, empty where that
    value comes from no config, and `origin` is where it is written."""

    service: str
    version: str = ""
    origin: str = ""
    lines: tuple[Line, ...] = ()
    environment: tuple[EnvironmentRendering, ...] = ()
    files: tuple[FileRendering, ...] = ()
    entries: tuple[KeyEntry, ...] = ()
    pods: tuple[PodValue, ...] = ()


class ApplicationWhere(msgspec.Struct, frozen=True, rename="camel"):
    """`services` are those that something carries the key to. `error` says why the pods are not known, or
    not what they have."""

    application: str
    config: str
    services: tuple[ServiceWhere, ...] = ()
    error: str = ""
