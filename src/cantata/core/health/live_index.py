"""Live objects by key and by owner, built once per application and asked by each of its services."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from cantata.core.health.pod_causes import Event
from cantata.core.health.reading import Head, Live, Unreadable, read, read_head
from cantata.core.model.objects import ObjectKey

POD_TEMPLATE_HASH = "pod-template-hash"


class LiveIndex:
    """What the informers hold of an application: its objects, what these own, and warning events.

    The same object may come twice, for instance the answer to an apply beside an informer's copy that has not
    caught up: the newer one counts. An object whose metadata cannot be read has no identity and is passed
    over; one whose other fields are wrong is kept, and its rule says `unknown`.
    """

    def __init__(self, live: Iterable[Live]) -> None:
        self._objects: dict[ObjectKey, tuple[Head, Live]] = {}
        self._owned: defaultdict[tuple[str, str], list[tuple[Head, Live]]] = defaultdict(list)
        self._by_deployment: defaultdict[tuple[str, str], list[Live]] = defaultdict(list)
        self._warnings: defaultdict[str, list[Event]] = defaultdict(list)
        for item in live:
            try:
                self._add(read_head(item), item)
            except Unreadable:
                continue
        for head, item in self._objects.values():
            self._add_to_owners(head, item)
        for events in self._warnings.values():
            events.sort(key=lambda event: (event.at, event.metadata.name))

    def _add(self, head: Head, live: Live) -> None:
        if head.kind == "Event":
            event = read(live, Event)
            if event.type == "Warning" and event.about:
                self._warnings[event.about].append(event)
            return
        known = self._objects.get(head.key)
        if known is None or version(head) >= version(known[0]):
            self._objects[head.key] = (head, live)

    def _add_to_owners(self, head: Head, live: Live) -> None:
        for owner in head.metadata.owner_references:
            if not owner.controller:
                continue
            if owner.uid:
                self._owned[owner.uid, head.kind].append((head, live))
            template = head.metadata.labels.get(POD_TEMPLATE_HASH)
            if template and owner.kind == "ReplicaSet" and owner.name.endswith(f"-{template}"):
                deployment = owner.name.removesuffix(f"-{template}")
                self._by_deployment[head.metadata.namespace, deployment].append(live)

    def find(self, key: ObjectKey) -> Live | None:
        found = self._objects.get(key)
        return found[1] if found else None

    def named(self, namespace: str, kind: str) -> list[str]:
        """The names of all objects of a kind in a namespace, sorted."""
        return sorted(key.name for key in self._objects if (key.namespace, key.kind) == (namespace, kind))

    def owned_by(self, uid: str, kind: str) -> list[tuple[Head, Live]]:
        """The objects of a kind whose controller is the object with this UID."""
        return self._owned.get((uid, kind), [])

    def pods_by_name(self, namespace: str, deployment: str) -> list[Live]:
        """A Deployment's pods by the name of their ReplicaSet, for when ReplicaSets are not seen."""
        return self._by_deployment.get((namespace, deployment), [])

    def warnings_of(self, uid: str) -> list[Event]:
        """Warning events about the object with this UID, oldest first."""
        return self._warnings.get(uid, [])


def version(head: Head) -> int:
    """Kubernetes' resource versions grow; 0 where there is none."""
    text = head.metadata.resource_version
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
