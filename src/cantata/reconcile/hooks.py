"""Helm's hooks: objects that run around a deploy, by event, weight and name.

Each hook is applied and, if it is a Job or a pod, awaited; the next one follows. Their delete policies are
Helm's, `before-hook-creation` where none is given.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable

from cantata.core.health.live_index import LiveIndex
from cantata.core.health.service_health import ServiceHealth, service_health
from cantata.core.model.applications import Operation
from cantata.core.model.charts import Hook, RenderedObject
from cantata.core.model.events import EventType
from cantata.core.model.objects import ObjectKey
from cantata.core.model.states import ServiceState
from cantata.core.plan import Desired
from cantata.core.services.chart_tests import TEST
from cantata.errors import CantataError, Category
from cantata.ports import LiveApplication
from cantata.reconcile.apply import Writer
from cantata.reconcile.failures import APPLICATION, Failures
from cantata.reconcile.journal import Journal
from cantata.reconcile.removal import Removal

AWAITED = frozenset({("batch", "Job"), ("", "Pod")})


AGAIN = {TEST: "test", "pre-delete": "delete", "post-delete": "delete"}
"""What to do again, where that is not a deploy."""


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
        failures: Failures,
        deadline: float,
    ) -> None:
        self._operation = operation
        self._hooks = tuple(hooks)
        self._stamped = stamped
        self._live = live
        self._writer = writer
        self._removal = removal
        self._journal = journal
        self._failures = failures
        self._deadline = deadline

    async def run(self, event: str) -> None:
        """Runs the hooks of one event. Raises `HookFailed`."""
        due = [(item, item.hook) for item in self._hooks if item.hook and event in item.hook.events]
        due.sort(key=lambda pair: (pair[1].weight, ObjectKey.of(pair[0].manifest).name))
        for rendered, hook in due:
            desired = self._stamped(rendered)
            step = f"hook {event} {desired.key}"
            if step not in self._operation.done:
                await self._one(event, step, desired, hook)
                await self._note(step)

    async def _note(self, step: str) -> None:
        """Whoever takes the operation up again will know of this step."""
        self._journal.finished(step)
        await self._journal.flush()

    async def _one(self, event: str, step: str, desired: Desired, hook: Hook) -> None:
        policies = hook.delete_policies or ("before-hook-creation",)
        succeeded = f"{step} succeeded"
        if succeeded not in self._operation.done:
            await self._start(event, step, desired, policies)
            health = await self._finished(desired) if self._awaited(desired) else None
            if health is not None and not health.completed:
                self._failures.of_health(APPLICATION, [desired.key], health)
                # Before it may be deleted: its logs go with it.
                await self._failures.made()
                await self._clean(desired, "hook-failed", policies)
                self._journal.tell(EventType.HOOK, event=event, object=str(desired.key), state="failed")
                raise HookFailed(
                    f"the {event} hook {desired.key} failed: {health.message or 'no progress'}",
                    subject=str(desired.key),
                    hint=f"Look at the logs of its pods, correct it, and {AGAIN.get(event, 'deploy')} again.",
                )
            self._failures.healed(APPLICATION)
            # Before it may be deleted: a hook that is gone and not known to have succeeded runs again.
            await self._note(succeeded)
        await self._clean(desired, "hook-succeeded", policies)
        self._journal.tell(EventType.HOOK, event=event, object=str(desired.key), state="succeeded")

    async def _start(self, event: str, step: str, desired: Desired, policies: Collection[str]) -> None:
        """Makes the hook's object. What this operation has made already is not made anew.

        Hook objects have an inventory of their own: pruning leaves them alone.
        """
        started = f"{step} started"
        if started not in self._operation.done:
            live = self._live.find(desired.key)
            if "before-hook-creation" in policies and live is not None:
                await self._writer.clear(desired, live.metadata.uid)
                live = None
            self._writer.own_hook(desired, fresh=live is None)
            await self._note(started)
        self._journal.tell(EventType.HOOK, event=event, object=str(desired.key), state="running")
        await self._writer.apply([desired])
        self._failures.healed(APPLICATION)

    async def _clean(self, desired: Desired, policy: str, policies: Collection[str]) -> None:
        record = self._writer.records.get(desired.key)
        if policy in policies and record is not None:
            await self._removal.objects([record])

    def _awaited(self, desired: Desired) -> bool:
        return (desired.gvk.group, desired.gvk.kind) in AWAITED

    async def _finished(self, desired: Desired) -> ServiceHealth:
        """The health with which the hook ended, or the last one seen when it stood still for the deadline.
        What changes elsewhere in the application is no progress."""
        clock = asyncio.get_running_loop().time
        seen, until = None, clock() + self._deadline
        with self._live.changes() as changes:
            while True:
                health = service_health([desired.key], LiveIndex(self._live.family([desired.key])))
                ended = health.completed or health.state is ServiceState.FAILED
                if ended and not self._writer.behind(desired.key):
                    return health
                if health != seen:
                    seen, until = health, clock() + self._deadline
                    if health.causes:
                        self._failures.of_health(APPLICATION, [desired.key], health)
                if (left := until - clock()) <= 0:
                    return health
                await changes.wait(min(left, 1.0) if self._writer.behind(desired.key) else left)
