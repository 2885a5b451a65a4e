"""Deleting: what is no longer wanted after a deploy, or everything of an application.

Always by identity from the inventory and with the UID that we recorded, or that an object of this name and
with our label has, never by what a query returns.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from itertools import groupby

from cantata.core.model.applications import ObjectRecord
from cantata.core.model.events import EventType
from cantata.core.order.graph import DependencyGraph
from cantata.core.order.kinds import install_rank, sort_for_uninstall
from cantata.core.order.step import removable
from cantata.ports import KindNotServed, LiveApplication, Propagation
from cantata.reconcile.apply import Writer
from cantata.reconcile.journal import Journal
from cantata.reconcile.requests import together


class Removal:
    def __init__(self, live: LiveApplication, writer: Writer, journal: Journal) -> None:
        self._live = live
        self._writer = writer
        self._journal = journal

    async def services(self, graph: DependencyGraph, records: Iterable[ObjectRecord]) -> None:
        """Deletes the objects of all services, dependents before what they depend on."""
        by_service: dict[str, list[ObjectRecord]] = {}
        for record in records:
            by_service.setdefault(record.service, []).append(record)
        for service in [name for name in by_service if name not in graph.dependencies]:
            await self.objects(by_service.pop(service))
        gone: set[str] = set(graph.dependencies) - by_service.keys()
        while wave := removable(graph, gone):
            for service in wave:
                self._journal.tell(EventType.SERVICE, service=service, state="deleting", message="")
            await together(self.objects(by_service[service]) for service in wave)
            for service in wave:
                self._journal.tell(EventType.SERVICE, service=service, state="not_deployed", message="")
            gone.update(wave)

    async def objects(self, records: Iterable[ObjectRecord]) -> None:
        """Kind by kind, in the reverse order of creation."""
        ordered = sort_for_uninstall(records, key=lambda record: record.key)
        for _, same_kind in groupby(ordered, key=lambda record: install_rank(record.key)):
            await together(self._object(record) for record in same_kind)

    async def _object(self, record: ObjectRecord) -> None:
        uid = record.uid
        # When the definition of a kind is gone, its objects went with it.
        with suppress(KindNotServed):
            uid = uid or await self._uid_of(record)
            if uid and not await self._writer.delete(record.key, "", uid, Propagation.FOREGROUND):
                await self._replacement(record)
        if uid:
            self._journal.tell(
                EventType.OBJECT, service=record.service, object=str(record.key), action="delete"
            )
        self.forget([record])

    async def _replacement(self, record: ObjectRecord) -> None:
        """Deletes what somebody has put in the place of a recorded object, as `kubectl replace --force` does:
        with our label it is ours."""
        live = await self._writer.find_own(record)
        if live is not None:
            await self._writer.delete(record.key, "", live.metadata.uid, Propagation.FOREGROUND)

    async def _uid_of(self, record: ObjectRecord) -> str:
        """An object that we meant to write before we were interrupted: ours only when it has our label. That
        it is not there is believed only when the cluster says so."""
        live = self._live.find(record.key) or await self._writer.find_own(record)
        return live.metadata.uid if live is not None else ""

    def forget(self, records: Iterable[ObjectRecord]) -> None:
        keys = [record.key for record in records]
        for key in keys:
            self._writer.records.pop(key, None)
        self._journal.removed(keys)
