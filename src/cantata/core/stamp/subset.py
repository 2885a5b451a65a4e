"""Does a live object have all that we set? If so there is nothing to send.

Errors are not equal here. Calling a difference none would leave drift in place; calling a default a
difference costs one request that changes nothing. So only what is surely the same counts as the same.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

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


def is_subset(desired: Manifest, live: Manifest) -> bool:
    """Whether every field of `desired` has the same value in `live`; what others set beside it is ignored.

    Both are of the same kind, `desired` as sent. Items of keyed lists are matched by their keys and must
    come in the same order; `1000m` equals `1`; empty maps and lists equal absent ones where the kind is built
    in; the revision annotation does not count.
    """
    if desired.get("apiVersion") != live.get("apiVersion") or desired.get("kind") != live.get("kind"):
        return False
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

    def map(self, desired: dict[str, Any], live: dict[str, Any], field: str) -> bool:
        known = field not in TEXTS
        return all(
            self.value(value, live.get(key), key if known else "", field if known else "")
            for key, value in desired.items()
        )

    def value(self, desired: Any, live: Any, field: str, parent: str) -> bool:
        """`field` is the name of the value, `parent` that of the map around it. `live` None is absent."""
        if desired is None:
            return live is None
        if isinstance(desired, dict):
            if live is None:
                return self.built_in and field not in PRESENCE and not desired
            return isinstance(live, dict) and self.map(desired, live, field)
        if isinstance(desired, list):
            if live is None:
                return self.built_in and not desired
            return isinstance(live, list) and self.list(desired, live, field)
        if live is None:
            empty = (*EMPTY_IS_ABSENT.get(field, ()), *SERVER_CHOOSES.get(field, ()))
            return self.built_in and _is_one_of(desired, empty)
        return self.scalar(desired, live, field, parent)

    def list(self, desired: list[Any], live: list[Any], field: str) -> bool:
        if field == "finalizers":
            return all(item in live for item in desired)
        wanted = identities(field, desired, self.kind) if self.built_in and desired else None
        present = identities(field, live, self.kind) if wanted else None
        if wanted is None or present is None:
            return len(desired) == len(live) and all(
                self.value(one, other, "", field) for one, other in zip(desired, live, strict=True)
            )
        by_key = dict(zip(present, live, strict=True))
        order = {key: number for number, key in enumerate(present)}
        places = [order.get(key, -1) for key in wanted]
        if -1 in places or places != sorted(places):
            return False
        return all(
            self.value(item, by_key[key], "", field) for key, item in zip(wanted, desired, strict=True)
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
