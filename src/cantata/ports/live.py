"""The port to live state: what the clusters hold of our applications, kept current by informers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from cantata.core.model.objects import LiveObject, ObjectKey
from cantata.ports.cluster import Cluster


@dataclass(frozen=True, slots=True)
class ClusterSession:
    """An open client, and the UID of the cluster that it talks to, which several registrations may share."""

    uid: str
    cluster: Cluster


class ClusterSessions(Protocol):
    """One open client per registered cluster."""

    async def get(self, project: str, name: str) -> ClusterSession:
        """Raises `ClusterNotFound`."""
        ...

    def connect(self, name: str, kubeconfig: Any, context: str = "") -> Cluster:
        """A client that is not kept: to try a kubeconfig before it is registered. Errors call the cluster by
        `name`."""
        ...

    async def renew(self, project: str, name: str, kubeconfig: Any, context: str = "") -> None:
        """An open client, and all that goes through it, takes these credentials without being closed."""
        ...

    async def forget(self, project: str, name: str) -> ClusterSession | None:
        """Closes the client of a cluster that is registered no longer, and returns what it was, if it was
        open."""
        ...


class Changes(Protocol):
    """A bell that rings when live objects of one application change."""

    async def wait(self, seconds: float) -> set[ObjectKey]:
        """The keys of the top-level objects that changed, or whose pods did, since the last call; empty after
        that many seconds without a change."""
        ...

    def ring(self, key: ObjectKey | None = None) -> None:
        """Wakes the waiter as if this object had changed."""
        ...


class LiveApplication(Protocol):
    """The live objects of one application. Reading it needs no await."""

    @property
    def synced(self) -> bool:
        """False while the copy may be stale: the cluster cannot be reached."""
        ...

    async def wait_synced(self) -> None:
        """Raises why it will not be, where waiting cannot help."""
        ...

    def find(self, key: ObjectKey) -> LiveObject | None: ...
    def objects(self, kinds: Collection[tuple[str, str]]) -> Sequence[LiveObject]:
        """All live objects of these kinds (group, kind)."""
        ...

    def family(self, keys: Iterable[ObjectKey]) -> Sequence[LiveObject]:
        """The live objects of these keys and everything that they own, level by level, with the claims of
        StatefulSets, and the newest warning events about all of these. A Job that ended before it went is
        among them, as it was seen last."""
        ...

    @property
    def unseen(self) -> tuple[str, ...]:
        """What of the application cannot be seen, and why: a sentence each."""
        ...

    def doubt(self, kind: tuple[str, str]) -> None:
        """A change of an object of this kind (group, kind) should have been seen long ago: its copy is made
        anew, now and then at most."""
        ...

    def changes(self) -> AbstractContextManager[Changes]: ...


class LiveState(Protocol):
    async def observe(
        self, session: ClusterSession, application_id: str, kinds: Iterable[tuple[str, str]]
    ) -> LiveApplication:
        """The view on an application after informers for all `kinds` (group, kind) have synced. Kinds that
        the cluster does not serve have no live objects."""
        ...

    async def forget(self, session: ClusterSession) -> None:
        """Ends the informers of a client that is closed."""
        ...
