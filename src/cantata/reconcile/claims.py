"""The claims of StatefulSets, which carry no label of ours, as `core/plan/claims.py` finds them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from cantata.core.model.objects import GVK, LiveObject, ObjectKey, Resource
from cantata.core.plan.claims import claim_names
from cantata.ports import Change, Cluster
from cantata.reconcile.namespace_informers import NamespaceInformers

CLAIMS = Resource(GVK("", "v1", "PersistentVolumeClaim"), "persistentvolumeclaims", True)
NAMESPACES = 16


class StatefulClaims:
    """`heard` is called with the key of the StatefulSet of a claim that changed."""

    def __init__(self, cluster: Cluster, heard: Callable[[ObjectKey], None]) -> None:
        self._heard = heard
        self._informers = NamespaceInformers(cluster, CLAIMS, self._take, most=NAMESPACES)
        self._names: dict[ObjectKey, re.Pattern[str]] = {}

    def see(self, live: LiveObject) -> None:
        """A StatefulSet is there, as it is now."""
        names = claim_names(live)
        if names is None:
            self.leave(live.key)
            return
        self._names[live.key] = names
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
