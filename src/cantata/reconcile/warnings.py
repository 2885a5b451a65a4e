"""Warning events of the namespaces in which a cluster has applications of ours.

Events carry no label of ours and are made by the thousand, so that what is kept of them is bounded: by age,
by number, and for each object. The API server itself forgets them after an hour.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import msgspec

from cantata.core.model.objects import GVK, LiveObject, ObjectKey, Resource
from cantata.ports import Change, Cluster
from cantata.reconcile.namespace_informers import NamespaceInformers

EVENTS = Resource(GVK("", "v1", "Event"), "events", True)

NAMESPACES = 16
"""From this many namespaces on, one watch of the whole cluster costs less than one of each."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """So many events are kept of a cluster, and of one object; one is forgotten that was not told again for
    `age` seconds."""

    most: int = 5000
    of_one: int = 20
    age: float = 3600.0


BOUNDS = Bounds()


class Involved(msgspec.Struct, frozen=True, rename="camel"):
    """The object that an event is about."""

    api_version: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""
    uid: str = ""

    @property
    def key(self) -> ObjectKey:
        return ObjectKey(self.api_version.rpartition("/")[0], self.kind, self.namespace, self.name)


class About(msgspec.Struct, frozen=True, rename="camel"):
    involved_object: Involved = Involved()


class WarningEvents:
    """`heard` is called with the key of the object that a new warning is about."""

    def __init__(self, cluster: Cluster, heard: Callable[[ObjectKey], None], bounds: Bounds = BOUNDS) -> None:
        self._heard = heard
        self._bounds = bounds
        self._informers = NamespaceInformers(
            cluster,
            EVENTS,
            self._take,
            most=NAMESPACES,
            field_selector="type=Warning",
            keep=False,
        )
        self._uses: defaultdict[str, int] = defaultdict(int)
        self._events: dict[str, tuple[str, float, LiveObject]] = {}
        self._about: dict[str, dict[str, LiveObject]] = {}

    def use(self, namespace: str) -> None:
        """One more object of ours is in this namespace."""
        self._uses[namespace] += 1
        if namespace:
            self._informers.cover(namespace)

    def leave(self, namespace: str) -> None:
        self._uses[namespace] -= 1
        if self._uses[namespace] <= 0:
            del self._uses[namespace]
            self._informers.uncover(namespace)

    def of(self, uids: Iterable[str]) -> list[LiveObject]:
        """The warnings about the objects with these UIDs."""
        self._forget_old()
        return [event for uid in uids for event in self._about.get(uid, {}).values()]

    def trouble(self, namespace: str) -> str:
        """Why no warnings of this namespace are seen; empty while all is well."""
        return self._informers.trouble(namespace)

    def _take(self, change: Change, live: LiveObject) -> None:
        """Runs for each warning of all covered namespaces; a shape that nobody promised is passed over."""
        if not self._informers.covers(live.metadata.namespace):
            return
        try:
            about = msgspec.json.decode(live.body, type=About).involved_object
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return
        known = self._events.get(live.metadata.uid)
        self._drop(live.metadata.uid)
        if change is Change.DELETED or not about.uid:
            return
        self._events[live.metadata.uid] = (about.uid, time.monotonic(), live)
        of_one = self._about.setdefault(about.uid, {})
        of_one[live.metadata.uid] = live
        if len(of_one) > self._bounds.of_one:
            self._drop(next(iter(of_one)))
        if len(self._events) > self._bounds.most:
            self._drop(next(iter(self._events)))
        if known is None or known[2].metadata.resource_version != live.metadata.resource_version:
            self._heard(about.key)

    def _drop(self, event: str) -> None:
        uid, _, _ = self._events.pop(event, ("", 0.0, None))
        of_one = self._about.get(uid, {})
        of_one.pop(event, None)
        if not of_one:
            self._about.pop(uid, None)

    def _forget_old(self) -> None:
        """They are kept in the order in which they were told last."""
        oldest = time.monotonic() - self._bounds.age
        while self._events:
            event, (_, at, _) = next(iter(self._events.items()))
            if at >= oldest:
                return
            self._drop(event)

    async def close(self) -> None:
        await self._informers.close()
