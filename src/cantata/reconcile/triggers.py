"""Works off the calls that triggers have taken in.

Calls wait in the store, so a server that dies loses none. Those for one config are taken in the order in
which they came, those for different configs beside each other. One server takes them at a time, under a
lease; two that believe to hold it do no harm, since a call ends in the transaction that saves its version.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection, Sequence

from cantata.actions.apply_call import apply_call, finish_call
from cantata.actions.ports import Ports
from cantata.core.model.triggers import CallState, Trigger, TriggerCall
from cantata.errors import CantataError, Category
from cantata.ports import Records
from cantata.reconcile.leased_loop import LeasedLoop

log = logging.getLogger(__name__)

LEASE = "triggers"
TOGETHER = 20
"""How many calls are read at once."""
YIELD = 4.0
"""While calls come in, the loop rests after each so many times as long as the call took: to be answered soon
matters more than to be worked off soon."""
LONGEST_REST = 0.2
ATTEMPTS = 6
"""So often a call is tried whose work failed for a reason that may pass."""
FIRST_PAUSE_SECONDS = 1.0
"""After the first of them; then twice as long each time."""
PASSING = (Category.UNAVAILABLE, Category.LIMIT)

Pending = tuple[Trigger, TriggerCall]


class TriggerCalls(LeasedLoop):
    """The loop."""

    def __init__(self, ports: Ports, woken: asyncio.Event, *, holder: str, lease_seconds: float) -> None:
        super().__init__(
            ports, woken, lease=LEASE, holder=holder, lease_seconds=lease_seconds, pause=lease_seconds / 2
        )
        self._later: dict[tuple[str, str], float] = {}

    async def look(self) -> float:
        now = time.time()
        self._later = {config: at for config, at in self._later.items() if at > now}
        held = tuple(self._later)
        pending = await self._ports.store.read(lambda records: _pending(records, held))
        if not pending or not await self.may_look():
            return self._until_due()
        by_config: dict[tuple[str, str], list[Pending]] = {}
        for trigger, call in pending:
            by_config.setdefault((trigger.project, trigger.config), []).append((trigger, call))
        await asyncio.gather(*(self._in_order(config, calls) for config, calls in by_config.items()))
        return 0 if len(pending) == TOGETHER else self._until_due()

    def _until_due(self) -> float:
        return max(0.01, min([at - time.time() for at in self._later.values()] + [self._lease_seconds / 2]))

    async def _in_order(self, config: tuple[str, str], pending: Sequence[Pending]) -> None:
        """A call that has to be tried again holds up those behind it."""
        for trigger, call in pending:
            began = time.monotonic()
            pause = await self._one(trigger, call)
            if pause:
                self._later[config] = time.time() + pause
                return
            if self._woken.is_set():
                await asyncio.sleep(min(LONGEST_REST, YIELD * (time.monotonic() - began)))

    async def _one(self, trigger: Trigger, call: TriggerCall) -> float:
        """Seconds after which the call is to be tried again; 0 when it has ended."""
        try:
            await apply_call(self._ports, trigger, call)
        except CantataError as error:
            told = str(error)
            if error.category in PASSING:
                tried = await self._ports.store.write(lambda records: records.triggers.tried(call, told))
                if tried < ATTEMPTS:
                    log.warning("call %s of trigger %s is tried again: %s", call.id, trigger.name, error)
                    return FIRST_PAUSE_SECONDS * 2.0 ** (tried - 1)
            await finish_call(self._ports, call, CallState.FAILED, told)
        except Exception:
            log.exception("call %s of trigger %s ended with a defect", call.id, trigger.name)
            told = "an error inside Cantata; the server's log has the details"
            await finish_call(self._ports, call, CallState.FAILED, told)
        return 0


def _pending(records: Records, held: Collection[tuple[str, str]]) -> list[Pending]:
    """Queued calls with their triggers, in the order in which they came, of configs that are not `held`."""
    calls = records.triggers.queued(TOGETHER, without=held)
    triggers = {id_: records.triggers.by_id(id_) for id_ in {call.trigger_id for call in calls}}
    return [(triggers[call.trigger_id], call) for call in calls]
