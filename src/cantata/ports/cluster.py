"""The port to one Kubernetes API."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec

from cantata.core.model.charts import Capabilities
from cantata.core.model.objects import GVK, LiveObject, Manifest, ObjectKey, Resource
from cantata.core.schemas import Schemas
from cantata.errors import CantataError, Category
from cantata.ports.pods import Pods


class FieldConflict(msgspec.Struct, frozen=True):
    """A field that another field manager owns. `field` such as `.spec.replicas`, `subresource` such as
    `scale` where it was set through one."""

    manager: str
    field: str
    subresource: str = ""


class ObjectConflict(CantataError):
    """A write that others own fields of. `conflicts` is empty when it is not about field ownership."""

    category = Category.CONFLICT
    conflicts: tuple[FieldConflict, ...] = ()


class KindNotServed(CantataError):
    """The cluster has no endpoint for this kind."""

    category = Category.NOT_FOUND


class ImmutableField(CantataError):
    """A write changes fields that can only be had by deleting and creating the object."""

    category = Category.INVALID


class NamespaceMissing(CantataError):
    category = Category.NOT_FOUND


class Propagation(enum.StrEnum):
    """What a delete does with the objects that the deleted one owns."""

    BACKGROUND = "Background"
    FOREGROUND = "Foreground"
    ORPHAN = "Orphan"


class Applied(msgspec.Struct, frozen=True):
    """The answer to an apply: the object as the API server now has it, and its `Warning:` headers."""

    object: LiveObject
    warnings: tuple[str, ...] = ()


class Change(enum.StrEnum):
    """What an informer tells of one object."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"


Listener = Callable[[Change, LiveObject], None]
"""Called in the event loop for each change, after the informer's own copy has it. Must not block."""


class Informer(Protocol):
    """A live copy of the objects that a list would give, kept by a watch."""

    @property
    def resource(self) -> Resource: ...

    @property
    def synced(self) -> bool:
        """True once the first complete list is in, and while the copy is not known to be stale."""
        ...

    async def wait_synced(self) -> None:
        """Raises at once what waiting alone cannot help: forbidden, no such kind, closed."""
        ...

    def find(self, key: ObjectKey) -> LiveObject | None: ...

    def objects(self) -> Iterable[LiveObject]: ...

    def doubt(self) -> None:
        """What the copy should have told long ago is known from elsewhere: everything is listed anew."""
        ...

    async def close(self) -> None: ...


class Cluster(Pods, Protocol):
    """One Kubernetes API. Raises the errors of `cantata.kube.errors`, all of them `CantataError`s."""

    @property
    def server(self) -> str:
        """The URL of the API server."""
        ...

    async def uid(self) -> str:
        """The UID of the namespace kube-system: which cluster this really is."""
        ...

    async def capabilities(self) -> Capabilities: ...

    async def refresh_discovery(self) -> None: ...

    async def resource(self, group: str, kind: str, version: str = "") -> Resource:
        """Which endpoint serves a kind; without a version, the server's preferred one. Raises `KindNotServed`
        after one refresh of discovery."""
        ...

    async def schemas(self, api_version: str) -> Schemas | None:
        """What the kinds of one group version look like; None where the cluster does not tell."""
        ...

    async def namespaced(self) -> Sequence[Resource]:
        """Every kind whose objects live in namespaces, can be listed and can be deleted, once each. Raises
        when it is not known of a group what it serves."""
        ...

    async def apply(
        self, manifest: Manifest, *, manager: str, force: bool = False, dry_run: bool = False
    ) -> Applied:
        """Server-side apply with strict field validation."""
        ...

    async def find(self, gvk: GVK, namespace: str, name: str) -> LiveObject | None: ...

    async def delete(
        self,
        gvk: GVK,
        namespace: str,
        name: str,
        *,
        propagation: Propagation = Propagation.BACKGROUND,
        uid: str = "",
    ) -> bool:
        """False when it was gone already. With `uid`, only the object of that UID is deleted."""
        ...

    async def list(
        self,
        gvk: GVK,
        *,
        namespace: str = "",
        label_selector: str = "",
        field_selector: str = "",
        metadata_only: bool = False,
    ) -> Sequence[LiveObject]:
        """All pages, or an error: never a partial answer."""
        ...

    def inform(
        self,
        resource: Resource,
        *,
        namespace: str = "",
        label_selector: str = "",
        field_selector: str = "",
        metadata_only: bool = False,
        listener: Listener | None = None,
        keep: bool = True,
    ) -> Informer:
        """Starts at once; close it to stop. Without `keep` there is no copy: the listener alone gets what is
        listed and watched, and what went unwatched is not told as deleted."""
        ...

    async def close(self) -> None: ...
