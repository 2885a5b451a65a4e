"""Does a live object have all that we set, and if not, which fields are others? If it has there is nothing to
send.

Errors are not equal here. Calling a difference none would leave drift in place; calling a default a
difference costs one request that changes nothing. So only what is surely the same counts as the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from cantata.core.model.objects import GVK, Manifest
from cantata.core.stamp.marks import REVISION
from cantata.core.stamp.merge_keys import identities
from cantata.core.stamp.quantity import parse_quantity

BUILT_IN = frozenset(
    {
        "", "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "apps",
        "autoscaling", "batch", "certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io",
        "networking.k8s.io", "node.k8s.io", "policy", "rbac.authorization.k8s.io", "scheduling.k8s.io",
        "storage.k8s.io",
    }
)  # fmt: skip
"""Groups whose types we know. In all others an empty value is a value, and a list is one value."""

PRESENCE = frozenset({"emptyDir", "labelSelector", "namespaceSelector", "podSelector", "selector"})
"""Maps of built-in kinds whose being there says something even when they are empty."""

EMPTY_IS_ABSENT: dict[str, tuple[Any, ...]] = {
    "apiGroup": ("",), "hostIPC": (False,), "hostNetwork": (False,), "hostPID": (False,), "hostPort": (0,),
    "initialDelaySeconds": (0,), "minReadySeconds": (0,), "namespace": ("",), "optional": (False,),
    "paused": (False,), "privileged": (False,), "publishNotReadyAddresses": (False,), "readOnly": (False,),
    "shareProcessNamespace": (False,), "stdin": (False,), "subPath": ("",), "suspend": (False,),
    "tty": (False,), "value": ("",), "immutable": (False,), "priorityClassName": ("",),
}  # fmt: skip
"""Scalars of built-in kinds that the server does not keep, or that say what absence says."""

SERVER_CHOOSES: dict[str, tuple[Any, ...]] = {
    "clusterIP": ("",), "imagePullPolicy": ("",), "nodePort": (0,), "protocol": ("",),
    "schedulerName": ("",), "serviceAccountName": ("",), "sessionAffinity": ("",), "type": ("",),
}  # fmt: skip
"""Scalars of built-in kinds whose empty value leaves the choice to the server: any live value fits."""

QUANTITY_MAPS = frozenset(
    {"capacity", "default", "defaultRequest", "hard", "limits", "max", "min", "podFixed", "requests"}
)
"""Maps of resource names to quantities."""

QUANTITIES = frozenset({"averageValue", "divisor", "sizeLimit"})
TEXTS = frozenset({"annotations", "binaryData", "data", "labels", "matchLabels", "nodeSelector"})
"""Maps of built-in kinds from words of the user's own to texts: no key there has a meaning that we know."""

INT_OR_STRING = frozenset({"maxSurge", "maxUnavailable", "minAvailable", "port", "targetPort"})


class Item(NamedTuple):
    """An item of a keyed list: its identity in words, and where it stands in the live list; None for one that
    is not there."""

    name: str
    place: int | None


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that is another one in the live object; `live` None is absent. Where the items of a keyed list
    come in another order, both sides are their names."""

    steps: tuple[str | Item, ...]
    desired: Any
    live: Any

    @property
    def path(self) -> str:
        """As `FieldChange` has it: `spec.template.spec.containers[web].image`."""
        texts = (f"[{step.name}]" if isinstance(step, Item) else f".{step}" for step in self.steps)
        return "".join(texts).removeprefix(".")

    def under(self, step: str | Item) -> Difference:
        return Difference((step, *self.steps), self.desired, self.live)


def is_subset(desired: Manifest, live: Manifest) -> bool:
    """Whether every field of `desired` has the same value in `live`; what others set beside it is ignored.

    Both are of the same kind, `desired` as sent. Items of keyed lists are matched by their keys and must
    come in the same order; `1000m` equals `1`; empty maps and lists equal absent ones where the kind is built
    in; the revision annotation does not count.
    """
    if desired.get("apiVersion") != live.get("apiVersion") or desired.get("kind") != live.get("kind"):
        return False
    return next(differences(desired, live), None) is None


def differences(desired: Manifest, live: Manifest) -> Iterator[Difference]:
    """The fields of `desired` that are others in `live`, by the rules of `is_subset`."""
    gvk = GVK.of(desired)
    comparison = _Comparison(gvk.group in BUILT_IN, gvk.kind, gvk.group == "autoscaling")
    metadata = desired.get("metadata")
    if isinstance(metadata, dict) and REVISION in (metadata.get("annotations") or {}):
        annotations = {key: value for key, value in metadata["annotations"].items() if key != REVISION}
        desired = {**desired, "metadata": {**metadata, "annotations": annotations}}
    return comparison.map(desired, live, "")


class _Comparison:
    def __init__(self, built_in: bool, kind: str, autoscaling: bool) -> None:
        self.built_in = built_in
        self.kind = kind
        self.quantities = QUANTITIES | {"value"} if autoscaling else QUANTITIES

    def map(self, desired: dict[str, Any], live: dict[str, Any], field: str) -> Iterator[Difference]:
        known = field not in TEXTS
        for key, value in desired.items():
            for found in self.value(value, live.get(key), key if known else "", field if known else ""):
                yield found.under(key)

    def value(self, desired: Any, live: Any, field: str, parent: str) -> Iterator[Difference]:
        """`field` is the name of the value, `parent` that of the map around it. `live` None is absent."""
        if isinstance(desired, dict) and isinstance(live, dict):
            yield from self.map(desired, live, field)
        elif isinstance(desired, list) and isinstance(live, list):
            yield from self.list(desired, live, field)
        elif not self.same(desired, live, field, parent):
            yield Difference((), desired, live)

    def same(self, desired: Any, live: Any, field: str, parent: str) -> bool:
        """Of values that are not both maps or both lists."""
        if desired is None:
            return live is None
        if isinstance(desired, dict):
            return live is None and self.built_in and field not in PRESENCE and not desired
        if isinstance(desired, list):
            return live is None and self.built_in and not desired
        if live is None:
            empty = (*EMPTY_IS_ABSENT.get(field, ()), *SERVER_CHOOSES.get(field, ()))
            return self.built_in and _is_one_of(desired, empty)
        return self.scalar(desired, live, field, parent)

    def list(self, desired: list[Any], live: list[Any], field: str) -> Iterator[Difference]:
        wanted = identities(field, desired, self.kind) if self.built_in and desired else None
        present = identities(field, live, self.kind) if wanted else None
        if wanted is None or present is None:
            if not self.same_items(desired, live, field):
                yield Difference((), desired, live)
            return
        order = {key: number for number, key in enumerate(present)}
        for key, item in zip(wanted, desired, strict=True):
            place = order.get(key)
            step = Item("/".join(key), place)
            if place is None:
                yield Difference((step,), item, None)
                continue
            for found in self.value(item, live[place], "", field):
                yield found.under(step)
        places = [order[key] for key in wanted if key in order]
        if places != sorted(places):
            names = ["/".join(key) for key in wanted if key in order]
            yield Difference((), names, ["/".join(present[place]) for place in sorted(places)])

    def same_items(self, desired: Sequence[Any], live: Sequence[Any], field: str) -> bool:
        if field == "finalizers":
            return all(item in live for item in desired)
        return len(desired) == len(live) and all(
            next(self.value(one, other, "", field), None) is None
            for one, other in zip(desired, live, strict=True)
        )

    def scalar(self, desired: Any, live: Any, field: str, parent: str) -> bool:
        if isinstance(desired, bool) or isinstance(live, bool):
            return desired is live
        if desired == live:
            return True
        if self.built_in and _is_one_of(desired, SERVER_CHOOSES.get(field, ())):
            return not isinstance(live, dict | list)
        if parent in QUANTITY_MAPS or field in self.quantities:
            wanted, present = _quantity(desired), _quantity(live)
            return wanted is not None and wanted == present
        if field in INT_OR_STRING:
            return str(desired) == str(live)
        return False


def _is_one_of(value: Any, choices: tuple[Any, ...]) -> bool:
    """Equal in type too: False is not 0."""
    return any(type(value) is type(choice) and value == choice for choice in choices)


def _quantity(value: Any) -> Decimal | None:
    return parse_quantity(str(value)) if isinstance(value, str | int | float) else None
