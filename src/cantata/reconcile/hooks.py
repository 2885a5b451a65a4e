"""Helm's hooks: objects that run around a deploy, by event, weight and name.

Each hook is applied and, if it is a Job or a pod, awaited; the next one follows. Their delete policies are
Helm's, `before-hook-creation` where none is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from cantata.core.health.live_index import LiveIndex
from cantata.core.health.service_health import ServiceHealth, service_health
from cantata.core.model.applications import Operation
from cantata.core.model.charts import Hook, RenderedObject
from cantata.core.model.objects import ObjectKey
from cantata.core.model.states import ServiceState
from cantata.core.plan import Desired
from cantata.errors import CantataError, Category
from cantata.ports import LiveApplication
from cantata.reconcile.apply import Writer
from cantata.reconcile.journal import Journal
from cantata.reconcile.removal import Removal

AWAITED = frozenset({("batch", "Job"), ("", "Pod")})


class HookFailed(CantataError):
    category = Category.REFUSED


class Hooks:
    """The hooks of one operation. `stamped` turns a hook's manifest into what is sent."""

    def __init__(
        self,
        operation: Operation,
        hooks: Iterable[RenderedObject],
        stamped: Callable[[RenderedObject], Desired],
        live: LiveApplication,
        writer: Writer,
        removal: Removal,
        journal: Journal,
        deadline: float,
    ) -> None:
        self._operation = operation
        self._hooks = tuple(hooks)
        self._stamped = stamped
        self._live = live
        self._writer = writer
        self._removal = removal
        self._journal = journal
        self._deadline = deadline

    async def run(self, event: str) -> None:
        """Runs the hooks of one event. Raises `HookFailed`."""
        due = [(item, item.hook) for item in self._hooks if item.hook and event in item.hook.events]
        due.sort(key=lambda pair: (pair[1].weight, ObjectKey.of(pair[0].manifest).name))
        for rendered, hook in due:
            desired = self._stamped(rendered)
            step = f"hook {event} {desired.key}"
            if step in self._operation.done:
                continue
            await self._one(event, desired, hook)
            self._journal.finished(step)
            await self._journal.flush()

    async def _one(self, event: str, desired: Desired, hook: Hook) -> None:
        policies = hook.delete_policies or ("before-hook-creation",)
        live = self._live.find(desired.key)
        if "before-hook-creation" in policies and live is not None:
            await self._writer.delete(desired.key, desired.gvk.version, live.metadata.uid)
            self._writer.records.pop(desired.key, None)
        self._journal.tell("hook", event=event, object=str(desired.key), state="running")
        await self._writer.apply([desired])
        self._mark(desired)
        health = await self._finished(desired) if self._awaited(desired) else None
        failed = health is not None and not health.completed
        policy = "hook-failed" if failed else "hook-succeeded"
        if policy in policies and (record := self._writer.records.get(desired.key)) is not None:
            await self._removal.objects([record])
        if failed and health is not None:
            self._journal.tell("hook", event=event, object=str(desired.key), state="failed")
            raise HookFailed(
                f"the {event} hook {desired.key} failed: {health.message or 'no progress'}",
                subject=str(desired.key),
                hint="Look at the logs of its pods, correct it, and deploy again.",
            )
        self._journal.tell("hook", event=event, object=str(desired.key), state="succeeded")

    def _awaited(self, desired: Desired) -> bool:
        return (desired.gvk.group, desired.gvk.kind) in AWAITED

    def _mark(self, desired: Desired) -> None:
        """Hook objects have an inventory of their own: pruning leaves them alone."""
        record = msgspec.structs.replace(self._writer.records[desired.key], hook=True)
        self._writer.records[desired.key] = record
        self._journal.applied([record])

    async def _finished(self, desired: Desired) -> ServiceHealth:
        """The health with which the hook ended, or the last one seen when the deadline passed."""
        with self._live.changes() as changes:
            while True:
                index = LiveIndex(self._live.family([desired.key]))
                health = service_health([desired.key], index)
                ended = health.completed or health.state is ServiceState.FAILED
                if ended and not self._writer.behind(desired.key):
                    return health
                if not await changes.wait(self._deadline):
                    return health
