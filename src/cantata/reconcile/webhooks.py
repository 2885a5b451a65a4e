"""Tells what happens in a project to its webhooks.

Events become deliveries in the transaction that notes how far they have come: each once, whatever server
dies. A delivery is sent at least once, under an id by which a receiver knows it again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from functools import partial

import msgspec

from cantata.actions.ports import Ports
from cantata.core.model.errors import SealedUnderLostKey
from cantata.core.model.events import EventFilter
from cantata.core.model.webhooks import Delivery, DeliveryState, Webhook
from cantata.core.triggers.authenticate import sign
from cantata.core.webhooks.notices import TYPES, notice_of, payload_of, who_wants
from cantata.core.webhooks.retries import delivered, pause_after
from cantata.errors import CantataError
from cantata.ports import Page, Records
from cantata.ports.webhooks import Sender
from cantata.reconcile.leased_loop import LeasedLoop

log = logging.getLogger(__name__)

LEASE = "webhooks"
TOGETHER = 20
"""So many deliveries are under way at once."""

EVENTS = 500
"""So many events are read at once."""

KEEP = 200
"""So many deliveries of a webhook that have ended are kept."""

EVERY = Page(limit=1000)


class WebhookDeliveries(LeasedLoop):
    """The loop. `first_pause` is how many seconds after a first failure a delivery is tried again."""

    def __init__(
        self,
        ports: Ports,
        sender: Sender,
        woken: asyncio.Event,
        *,
        holder: str,
        lease_seconds: float,
        first_pause: float,
    ) -> None:
        super().__init__(
            ports, woken, lease=LEASE, holder=holder, lease_seconds=lease_seconds, pause=lease_seconds / 2
        )
        self._sender = sender
        self._first_pause = first_pause

    async def look(self) -> float:
        """Where no project has a webhook, nothing is written."""
        store = self._ports.store
        progress = await store.read(lambda records: records.webhooks.progress())
        if not progress or not await self.may_look():
            return self._pause
        behind = [each.project for each in progress if each.told < each.last]
        for project in behind:
            await store.write(partial(fan_out, project=project))
        now = time.time()
        due = await store.read(lambda records: records.webhooks.due(now, TOGETHER))
        await asyncio.gather(*(self._deliver(webhook, delivery) for webhook, delivery in due))
        if behind or due:
            return 0
        next_at = await store.read(lambda records: records.webhooks.next_at())
        return min(self._pause, max(0.01, next_at - time.time())) if next_at is not None else self._pause

    async def _deliver(self, webhook: Webhook, delivery: Delivery) -> None:
        status, error = 0, ""
        try:
            status = await self._send(webhook, delivery)
        except (CantataError, SealedUnderLostKey) as failure:
            error = failure.message
        except Exception:
            log.exception("delivery %s of webhook %s met a defect", delivery.id, webhook.name)
            error = "an error inside Cantata; the server's log has the details"
        tried = tried_once(delivery, status, error, time.time(), self._first_pause)
        if tried.state is DeliveryState.FAILED:
            log.warning("delivery %s of webhook %s was given up: %s", tried.id, webhook.name, tried.error)
        await self._ports.store.write(lambda records: records.webhooks.tried(tried, keep=KEEP))

    async def _send(self, webhook: Webhook, delivery: Delivery) -> int:
        secret = await self._ports.store.read(lambda records: records.webhooks.secret(webhook))
        at, body = int(time.time()), delivery.payload.encode()
        headers = {
            "Content-Type": "application/json",
            "webhook-id": delivery.id,
            "webhook-timestamp": str(at),
            "webhook-signature": " ".join(sign(each, delivery.id, at, body) for each in secret.valid(at)),
        }
        return await self._sender.send(webhook.url, headers, body)


def tried_once(delivery: Delivery, status: int, error: str, now: float, first_pause: float) -> Delivery:
    """The delivery after another try."""
    attempts = delivery.attempts + 1
    told = error or ("" if delivered(status) else f"the receiver answered {status}")
    tried = msgspec.structs.replace(delivery, attempts=attempts, status=status, error=told)
    if not told:
        return msgspec.structs.replace(tried, state=DeliveryState.DELIVERED)
    pause = pause_after(attempts, status, first_pause)
    if pause is None:
        return msgspec.structs.replace(tried, state=DeliveryState.FAILED)
    return msgspec.structs.replace(tried, next_at=now + pause)


def fan_out(records: Records, project: str) -> None:
    """Makes deliveries of the next events of a project."""
    progress = next((each for each in records.webhooks.progress() if each.project == project), None)
    if progress is None:
        return
    events = records.events.since(project, progress.told, EventFilter(types=TYPES), EVENTS)
    webhooks: Sequence[Webhook] = records.webhooks.list(project, page=EVERY) if events else ()
    for event in events:
        notice = notice_of(event)
        if notice is None:
            continue
        for webhook in who_wants(event, notice, webhooks):
            records.webhooks.queue(webhook, notice, event.application, event.id, payload_of(event, notice))
    records.webhooks.told(project, events[-1].id if len(events) == EVENTS else progress.last)
