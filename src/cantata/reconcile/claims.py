"""The claims of StatefulSets. Claim templates are never stamped, so that these carry no label of ours, and
often no owner either: they are found by their names, `<template>-<StatefulSet>-<number>`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec

from cantata.core.model.objects import GVK, LiveObject, ObjectKey, Resource
from cantata.ports import Change, Cluster
from cantata.reconcile.namespace_informers import NamespaceInformers

CLAIMS = Resource(GVK("", "v1", "PersistentVolumeClaim"), "persistentvolumeclaims", True)
STATEFUL_SET = ("apps", "StatefulSet")
NAMESPACES = 16


class Named(msgspec.Struct, frozen=True):
    name: str = ""


class ClaimTemplate(msgspec.Struct, frozen=True):
    metadata: Named = Named()


class Spec(msgspec.Struct, frozen=True, rename="camel"):
    volume_claim_templates: tuple[ClaimTemplate, ...] | None = None


class StatefulSet(msgspec.Struct, frozen=True):
    spec: Spec = Spec()


class StatefulClaims:
    """`heard` is called with the key of the StatefulSet of a claim that changed."""

    def __init__(self, cluster: Cluster, heard: Callable[[ObjectKey], None]) -> None:
        self._heard = heard
        self._informers = NamespaceInformers(cluster, CLAIMS, self._take, most=NAMESPACES)
        self._names: dict[ObjectKey, re.Pattern[str]] = {}

    def see(self, live: LiveObject) -> None:
        """A StatefulSet is there, as it is now."""
        templates = _templates(live)
        if not templates:
            self.leave(live.key)
            return
        names = "|".join(map(re.escape, templates))
        self._names[live.key] = re.compile(rf"(?:{names})-{re.escape(live.key.name)}-\d+")
        self._informers.cover(live.key.namespace)

    def leave(self, key: ObjectKey) -> None:
        self._names.pop(key, None)
        if not any(other.namespace == key.namespace for other in self._names):
            self._informers.uncover(key.namespace)

    def of(self, key: ObjectKey) -> Iterator[LiveObject]:
        """The claims of one StatefulSet, those of pods that are gone included."""
        names = self._names.get(key)
        for live in self._informers.objects(key.namespace) if names else ():
            if names and names.fullmatch(live.metadata.name):
                yield live

    def owner(self, claim: ObjectKey) -> ObjectKey | None:
        """The StatefulSet to which a claim belongs by its name."""
        return next(
            (
                key
                for key, names in self._names.items()
                if key.namespace == claim.namespace and names.fullmatch(claim.name)
            ),
            None,
        )

    def _take(self, _change: Change, live: LiveObject) -> None:
        owner = self.owner(live.key)
        if owner is not None:
            self._heard(owner)

    async def close(self) -> None:
        await self._informers.close()


def _templates(live: LiveObject) -> list[str]:
    try:
        found = msgspec.json.decode(live.body, type=StatefulSet)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return []
    return [each.metadata.name for each in found.spec.volume_claim_templates or () if each.metadata.name]
