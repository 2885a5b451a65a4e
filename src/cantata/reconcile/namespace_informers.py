"""Informers by namespace, for kinds that carry no label of ours."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

from cantata.core.model.objects import LiveObject, ObjectKey, Resource
from cantata.errors import CantataError, Category
from cantata.ports import Cluster, Informer, Listener

EVERYWHERE = ""
"""The namespace of an informer of the whole cluster."""

ASK_AGAIN = 60.0
"""Seconds after which an informer that was refused is asked whether it is allowed now."""


class NamespaceInformers:
    """One informer for each namespace that is covered; one for all of them together where these would be more
    than `most`, unless the cluster forbids it. `keep` is whether the informers keep a copy."""

    def __init__(
        self,
        cluster: Cluster,
        resource: Resource,
        listener: Listener,
        *,
        most: int,
        field_selector: str = "",
        keep: bool = True,
    ) -> None:
        self._cluster = cluster
        self._resource = resource
        self._listener = listener
        self._most = most
        self._field_selector = field_selector
        self._keep = keep
        self._covered: set[str] = set()
        self._informers: dict[str, Informer] = {}
        self._refused: dict[str, str] = {}
        self._wide_refused = False
        self._tasks: dict[asyncio.Task[None], str] = {}

    def cover(self, namespace: str) -> None:
        """Begins to watch a namespace, if nobody does yet. Returns at once."""
        if namespace in self._covered:
            return
        self._covered.add(namespace)
        if EVERYWHERE in self._informers:
            return
        wide = len(self._informers) >= self._most and not self._wide_refused
        self._start(EVERYWHERE if wide else namespace)

    def uncover(self, namespace: str) -> None:
        self._covered.discard(namespace)
        self._end(namespace)
        if not self._covered:
            self._end(EVERYWHERE)

    def covers(self, namespace: str) -> bool:
        return namespace in self._covered

    def trouble(self, namespace: str) -> str:
        """Why nothing is seen of this namespace; empty while all is well."""
        return self._refused.get(namespace, "")

    def find(self, key: ObjectKey) -> LiveObject | None:
        informer = self._informers.get(key.namespace) or self._informers.get(EVERYWHERE)
        return informer.find(key) if informer else None

    def objects(self, namespace: str) -> Iterable[LiveObject]:
        informer = self._informers.get(namespace) or self._informers.get(EVERYWHERE)
        found = informer.objects() if informer else ()
        return [live for live in found if live.metadata.namespace == namespace]

    def _start(self, namespace: str) -> None:
        informer = self._cluster.inform(
            self._resource,
            namespace=namespace,
            field_selector=self._field_selector,
            listener=self._listener,
            keep=self._keep,
        )
        self._informers[namespace] = informer
        self._spawn(self._see_to(namespace, informer), namespace)

    async def _see_to(self, namespace: str, informer: Informer) -> None:
        """Notes whether the informer may see what it is for."""
        while True:
            try:
                await informer.wait_synced()
            except CantataError as error:
                if error.category is not Category.FORBIDDEN:
                    return
                if namespace == EVERYWHERE:
                    self._narrow()
                    return
                self._refused[namespace] = error.message
                await asyncio.sleep(ASK_AGAIN)
                continue
            self._refused.pop(namespace, None)
            if namespace == EVERYWHERE:
                for each in self._informers.keys() - {EVERYWHERE}:
                    self._end(each)
            return

    def _narrow(self) -> None:
        self._wide_refused = True
        self._end(EVERYWHERE)
        for namespace in sorted(self._covered - self._informers.keys()):
            self._start(namespace)

    def _end(self, namespace: str) -> None:
        self._refused.pop(namespace, None)
        informer = self._informers.pop(namespace, None)
        if informer is None:
            return
        here = asyncio.current_task()
        for task, of in self._tasks.items():
            if of == namespace and task is not here:
                task.cancel()
        self._spawn(informer.close(), "")

    def _spawn(self, work: Coroutine[Any, Any, None], namespace: str) -> None:
        task = asyncio.create_task(work)
        self._tasks[task] = namespace
        task.add_done_callback(lambda ended: self._tasks.pop(ended, None))

    async def close(self) -> None:
        self._covered.clear()
        for namespace in tuple(self._informers):
            self._end(namespace)
        await asyncio.gather(*self._tasks, return_exceptions=True)
