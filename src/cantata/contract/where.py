"""Where one key of a config is, and what the pods have of it."""

from __future__ import annotations

import msgspec

from cantata.contract.parity import EnvironmentInfo, FileInfo
from cantata.contract.states import PodHas
from cantata.contract.variables import ReadHow


class LineInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A line of a template that reads the key, or what holds it; 0 means the whole file. `how` is what
    of the value the template depends on: `presence` where it never depends on more."""

    file: str
    line: int
    how: ReadHow


class KeyEntryInfo(msgspec.Struct, frozen=True, rename="camel"):
    """The key in a ConfigMap or Secret of the service. `entry` is the key there, that of a whole subtree
    (`db..json`) where the key is a part of a file. `inPlace`: the object changes under running pods."""

    kind: str
    object: str
    entry: str
    in_place: bool = False


class PodValueInfo(msgspec.Struct, frozen=True, rename="camel"):
    """What one running pod has now. `has` is `current` for the value that a deploy would give, `stale` for
    another, `unknown` where nothing says it surely. `version` is the config version that last set the value
    which the pod has (`shop-dev@17`), empty where no config did or nobody knows. `revision` is the newest of
    the application whose pods are the same, 0 where unknown. `ending` pods are about to go."""

    pod: str
    has: PodHas
    version: str = ""
    revision: int = 0
    ending: bool = False


class ServiceWhereInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`service` is empty for hooks, notes, and files that render nothing now. `version` is the config version
    that last set the value which a deploy would give, empty where it comes from no config; `origin` is where
    it is written (`config shop-dev@18`, `overrides of service web`)."""

    service: str
    version: str = ""
    origin: str = ""
    lines: tuple[LineInfo, ...] = ()
    environment: tuple[EnvironmentInfo, ...] = ()
    files: tuple[FileInfo, ...] = ()
    entries: tuple[KeyEntryInfo, ...] = ()
    pods: tuple[PodValueInfo, ...] = ()


class ApplicationWhereInfo(msgspec.Struct, frozen=True, rename="camel"):
    """One application that uses the config. Without services nothing in it reads the key. `error` says why
    its pods are not known, or not what they have."""

    application: str
    config: str
    services: tuple[ServiceWhereInfo, ...] = ()
    error: str = ""
