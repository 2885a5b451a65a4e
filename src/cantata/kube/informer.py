"""The `Informer` port: a list, then a watch that goes on where the list ended.

    ┌─► list ──► watch ──┬─ ended in time, fell silent ──► watch from the last version
    │                    ├─ broke off, 429, 5xx ──► stale, pause, watch from the last version
    └────────────────────┴─ 410, 400, an event that cannot be read ──► stale, list anew

A list anew is compared with the copy, so that what was deleted meanwhile is told as deleted.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Iterable

import msgspec

from cantata.core.model.objects import LiveObject, ObjectKey, Resource
from cantata.errors import CantataError, Category, InternalError
from cantata.kube.errors import (
    ClusterProtocolError,
    ClusterSilent,
    ClusterUnauthorized,
    ClusterUnreachable,
    ClusterUntrusted,
    RequestInvalid,
    ResourceExpired,
    TooManyRequests,
)
from cantata.kube.lines import LineBuffer
from cantata.kube.lists import WATCH_ACCEPT, Listed, Selection, read_list
from cantata.kube.status import Status, translate
from cantata.kube.transport import JSON, Transport
from cantata.kube.wire import UNREADABLE, RawEvent, decode_event
from cantata.ports import Change, Listener

logger = logging.getLogger(__name__)

SHORT_SECONDS = 1.0
"""A watch that ends before this is followed by a pause, or the next one would end so too."""
HOPELESS = {Category.FORBIDDEN, Category.NOT_FOUND, Category.INVALID}
"""Failures that waiting alone does not mend: `wait_synced` raises them. The informer itself keeps trying,
since a permission may be given and a CRD installed."""


def _is_hopeless(error: CantataError) -> bool:
    return error.category in HOPELESS or isinstance(error, ClusterUnauthorized | ClusterUntrusted)


class _BookmarkMetadata(msgspec.Struct, frozen=True, rename="camel"):
    resource_version: str


class _Bookmark(msgspec.Struct, frozen=True):
    metadata: _BookmarkMetadata


class KubeInformer:
    """Started by `KubeCluster.inform`. Without `keep` it holds nothing: the listener has what it hears."""

    def __init__(
        self, transport: Transport, selection: Selection, listener: Listener | None, *, keep: bool = True
    ) -> None:
        self._keep = keep
        self._transport = transport
        self._selection = selection
        self._shape = selection.shape
        self._head = self._shape.head
        self._subject = selection.target(transport.name, "watch").subject
        self._listener = listener
        self._objects: dict[ObjectKey, LiveObject] = {}
        self._version = ""
        self._listed = False
        self._failure: CantataError | None = None
        self._failures = 0
        self._events = 0
        self._turn = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self._watching: asyncio.Timeout | None = None

    @property
    def resource(self) -> Resource:
        return self._selection.resource

    @property
    def synced(self) -> bool:
        return self._listed and self._failure is None and not self._closed

    @property
    def failure(self) -> CantataError | None:
        """Why the copy is, or may be, stale; None while all is well."""
        return self._failure

    async def wait_synced(self) -> None:
        """Raises the failure where waiting cannot help (forbidden, no such kind), or when it is closed."""
        while not self.synced:
            if self._failure and _is_hopeless(self._failure):
                raise self._failure.with_traceback(None)
            if self._closed:
                raise ClusterUnreachable(f"the informer of {self._subject} was closed", subject=self._subject)
            await self._turn.wait()

    def find(self, key: ObjectKey) -> LiveObject | None:
        return self._objects.get(key)

    def objects(self) -> Iterable[LiveObject]:
        return tuple(self._objects.values())

    def start(self, on_end: Callable[[KubeInformer], object]) -> None:
        self._task = asyncio.create_task(self._run(), name=f"informer {self._subject}")
        self._task.add_done_callback(lambda _task: on_end(self))

    def doubt(self) -> None:
        self._version = ""
        if self._watching is not None:
            self._watching.reschedule(asyncio.get_running_loop().time())

    async def close(self) -> None:
        self._closed = True
        self._tell_waiters()
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                if not self._version:
                    self._take_list(await read_list(self._transport, self._selection))
                await self._watch_undoubted()
            except ClusterSilent:
                continue
            except CantataError as error:
                await self._rest(error)
            except Exception as error:
                logger.exception("informer of %s: a defect", self._subject)
                defect = InternalError(f"the informer of {self._subject} failed: {type(error).__name__}")
                defect.__cause__ = error
                await self._rest(defect)

    async def _rest(self, error: CantataError) -> None:
        """Marks the copy as stale and waits: longer with each failure, at once after the first 410."""
        if isinstance(error, ResourceExpired | RequestInvalid | ClusterProtocolError):
            # A version that the API server cannot read is of another one, or of an earlier storage.
            self._version = ""
        self._failures += 1
        if self._failure is None or self._failure.code != error.code:
            logger.warning("informer of %s on %s: %s", self._subject, self._transport.name, error)
        self._failure = error
        self._tell_waiters()
        if not isinstance(error, ResourceExpired) or self._failures > 1:
            await self._pause(error.retry_after if isinstance(error, TooManyRequests) else 0)

    async def _pause(self, at_least: float = 0) -> None:
        limits = self._transport.limits
        pause = min(
            limits.informer_pause_most, limits.informer_pause * 2 ** min(max(self._failures - 1, 0), 16)
        )
        await asyncio.sleep(max(pause * random.uniform(0.5, 1.0), min(at_least, limits.informer_pause_most)))

    def _well(self) -> None:
        self._failure = None
        self._tell_waiters()

    def _tell_waiters(self) -> None:
        """Wakes all that wait now; they look at the state themselves."""
        self._turn.set()
        self._turn = asyncio.Event()

    async def _watch_undoubted(self) -> None:
        """Until the watch ends, or is ended by a doubt."""
        scope = asyncio.timeout(None)
        try:
            async with scope:
                self._watching = scope
                await self._watch()
        except TimeoutError:
            if not scope.expired():
                raise
        finally:
            self._watching = None

    async def _watch(self) -> None:
        limits = self._transport.limits
        path = self._selection.path(
            watch=True,
            allowWatchBookmarks=True,
            resourceVersion=self._version,
            timeoutSeconds=limits.watch_seconds + random.randint(0, limits.watch_seconds),
        )
        target = self._selection.target(self._transport.name, "watch")
        accept = WATCH_ACCEPT if self._selection.metadata_only else JSON
        buffer = LineBuffer()
        idle = limits.watch_idle_seconds
        async with self._transport.stream(path, target, accept=accept, idle=idle) as stream:
            self._well()
            opened, events_before = time.monotonic(), self._events
            async for chunk in stream.iter_any():
                for line in buffer.feed(chunk):
                    self._take_line(line)
                if len(buffer) > limits.event_bytes:
                    raise ClusterProtocolError(
                        f"{target.subject}: an event has over {limits.event_bytes} bytes",
                        subject=target.subject,
                    )
                # A burst of events must not keep the loop from everybody else.
                await asyncio.sleep(0)
        if time.monotonic() - opened < SHORT_SECONDS:
            if self._events == events_before:
                self._failures += 1
            await self._pause()

    def _take_line(self, line: bytes) -> None:
        if not line:
            return
        decoded = decode_event(line, self._shape, self._head, self._subject)
        if isinstance(decoded, RawEvent):
            self._take_raw(decoded)
        else:
            change, live = decoded
            self._version = live.metadata.resource_version
            self._take_change(Change(change), live)
        self._events += 1
        self._failures = 0

    def _take_raw(self, event: RawEvent) -> None:
        """A bookmark moves the version on; an error ends the watch."""
        target = self._selection.target(self._transport.name, "watch")
        try:
            if event.type == "BOOKMARK":
                self._move_to(msgspec.json.decode(event.object, type=_Bookmark).metadata.resource_version)
                return
            if event.type == "ERROR":
                raise translate(msgspec.json.decode(event.object, type=Status), target)
        except UNREADABLE as error:
            raise ClusterProtocolError(
                f"{target.subject}: a {event.type} event cannot be read: {error}", subject=target.subject
            ) from error
        raise ClusterProtocolError(
            f"{target.subject}: an event of unknown type came over the watch", subject=target.subject
        )

    def _move_to(self, version: str) -> None:
        """Raises `ResourceExpired` when the cluster is behind the version that we have: it was set back to an
        earlier state, and would tell nothing until it has caught up."""
        if version.isdigit() and self._version.isdigit() and int(version) < int(self._version):
            raise ResourceExpired(
                f"{self._subject}: the cluster is back at version {version}, it told {self._version}",
                subject=self._subject,
            )
        self._version = version

    def _take_list(self, listed: Listed) -> None:
        """Takes a new list over, and tells what differs from the copy."""
        before = self._objects
        now = {live.key: live for live in listed.objects}
        self._version = listed.resource_version
        self._listed = True
        if self._keep:
            self._objects = now
        for key, old in before.items():
            new = now.get(key)
            if new is None or new.metadata.uid != old.metadata.uid:
                self._tell(Change.DELETED, old)
        for key, new in now.items():
            known = before.get(key)
            if known is None or known.metadata.uid != new.metadata.uid:
                self._tell(Change.ADDED, new)
            elif known.metadata.resource_version != new.metadata.resource_version:
                self._tell(Change.MODIFIED, new)
        self._well()

    def _take_change(self, change: Change, live: LiveObject) -> None:
        if change is Change.DELETED:
            self._objects.pop(live.key, None)
        elif self._keep:
            change = Change.MODIFIED if live.key in self._objects else Change.ADDED
            self._objects[live.key] = live
        self._tell(change, live)

    def _tell(self, change: Change, live: LiveObject) -> None:
        if self._listener is None:
            return
        try:
            self._listener(change, live)
        except Exception:
            # A defect of the listener must not stop the copy that others read too.
            logger.exception("the listener of the informer of %s failed at %s", self._subject, live.key)
