"""From a live object to the few fields that a rule needs.

Rules declare a partial struct of their kind. A wrong type anywhere in these fields makes the whole object
unreadable (`Unreadable`), which `observe_health` turns into the state `unknown`; all other fields are not
looked at. Lists and structs that Kubernetes may send as null are declared `| None`.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from cantata.core.model.objects import LiveObject, Manifest, Metadata, ObjectKey
from cantata.errors import CantataError, Category

Live = LiveObject | Manifest
"""A live object as an informer keeps it, or as JSON."""

T = TypeVar("T")


class Unreadable(CantataError):
    """A live object does not have the shape that its kind promises."""

    category = Category.INVALID


class Condition(msgspec.Struct, frozen=True, rename="camel"):
    """One entry of `status.conditions`. Times are RFC 3339 text in UTC."""

    type: str = ""
    status: str = ""
    reason: str | None = None
    message: str | None = None
    last_transition_time: str | None = None
    observed_generation: int | None = None

    @property
    def explanation(self) -> str:
        """The message where there is one, else the reason."""
        return self.message or self.reason or ""


Conditions = tuple[Condition, ...] | None


class Head(msgspec.Struct, frozen=True, rename="camel"):
    """What every object has. Structs of kinds extend it."""

    api_version: str = ""
    kind: str = ""
    metadata: Metadata = Metadata()

    @property
    def key(self) -> ObjectKey:
        group, _, _ = self.api_version.rpartition("/")
        return ObjectKey(group, self.kind, self.metadata.namespace, self.metadata.name)


class Container(msgspec.Struct, frozen=True, rename="camel"):
    name: str = ""
    image: str | None = None


class ClaimSource(msgspec.Struct, frozen=True, rename="camel"):
    claim_name: str = ""


class Volume(msgspec.Struct, frozen=True, rename="camel"):
    persistent_volume_claim: ClaimSource | None = None


class PodSpec(msgspec.Struct, frozen=True, rename="camel"):
    containers: tuple[Container, ...] | None = None
    restart_policy: str | None = None
    node_name: str | None = None
    volumes: tuple[Volume, ...] | None = None


class PodTemplate(msgspec.Struct, frozen=True, rename="camel"):
    spec: PodSpec = PodSpec()


def read(live: Live, kind: type[T]) -> T:
    """Raises `Unreadable` with the path of the first field that has a wrong type."""
    try:
        if isinstance(live, LiveObject):
            return msgspec.json.decode(live.body, type=kind)
        return msgspec.convert(live, kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Unreadable(f"the object cannot be read: {error}") from error


def read_head(live: Live) -> Head:
    """Group, kind and metadata; an informer's object has them typed already. Raises `Unreadable`."""
    if isinstance(live, LiveObject):
        return Head(live.gvk.api_version, live.gvk.kind, live.metadata)
    return read(live, Head)


def find_condition(conditions: Conditions, kind: str) -> Condition | None:
    return next((condition for condition in conditions or () if condition.type == kind), None)


def is_true(conditions: Conditions, kind: str) -> bool:
    condition = find_condition(conditions, kind)
    return condition is not None and condition.status == "True"


def images_of(spec: PodSpec) -> tuple[str, ...]:
    """The images of the main containers, each once, in their order."""
    return tuple(dict.fromkeys(c.image for c in spec.containers or () if c.image))


def count(number: int, noun: str) -> str:
    """`1 pod`, `3 pods`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
