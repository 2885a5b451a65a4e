"""What a card is built from. Everything but the cause may be missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cantata.core.health.health import Cause
from cantata.core.model.cards import Fact
from cantata.core.model.objects import Manifest
from cantata.core.services.fields import as_map, as_maps
from cantata.core.stamp.templates import pod_spec
from cantata.core.variables import Use


@dataclass(frozen=True, slots=True)
class Sources:
    """What a service was made from: the `texts` of its template files by path, and the values that they read,
    with what these are."""

    texts: Mapping[str, str] = field(default_factory=dict)
    uses: tuple[Use, ...] = ()


UNKNOWN = Sources()


@dataclass(frozen=True, slots=True)
class Evidence:
    """`workload` and `pod` are live, `log` the last lines of the container, masked. `present` are the names
    of the Secrets that exist of those with which images are to be pulled, None where that is not known."""

    service: str
    cause: Cause
    workload: Manifest | None = None
    pod: Manifest | None = None
    log: tuple[str, ...] = ()
    nodes: Sequence[Manifest] = ()
    quotas: Sequence[Manifest] = ()
    limits: Sequence[Manifest] = ()
    claims: Sequence[Manifest] = ()
    classes: Mapping[str, Manifest | None] = field(default_factory=dict)
    present: frozenset[str] | None = None

    @property
    def spec(self) -> Manifest:
        """Of the pods: that of the pod itself, else that of the workload's template."""
        if self.pod is not None:
            return as_map(self.pod.get("spec"))
        return (pod_spec(self.workload) if self.workload is not None else None) or {}

    @property
    def containers(self) -> list[Manifest]:
        return [*as_maps(self.spec.get("initContainers")), *as_maps(self.spec.get("containers"))]

    @property
    def container(self) -> Manifest:
        """The one that failed, or the only one."""
        named = [each for each in self.containers if each.get("name") == self.cause.container]
        found = named or (self.containers if len(self.containers) == 1 else [])
        return found[0] if found else {}


@dataclass(frozen=True, slots=True)
class Blame:
    """A field of a manifest that is to be looked at: its `name` as templates write it (`image`), the `value`
    that it has, and `words` that keys of the config for it are called by."""

    name: str
    value: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What the rule of a cause makes of the evidence."""

    likely: str = ""
    advice: str = ""
    facts: tuple[Fact, ...] = ()
    blames: tuple[Blame, ...] = ()


def facts(**named: Any) -> tuple[Fact, ...]:
    """Those that say something; `pull_secret` is named `pull secret`."""
    return tuple(
        Fact(name.replace("_", " "), str(value))
        for name, value in named.items()
        if value not in (None, "", (), [], {})
    )


def at(manifest: Any, *path: str) -> Any:
    """What stands there, None where the shape is another one."""
    for step in path:
        manifest = manifest.get(step) if isinstance(manifest, dict) else None
    return manifest
