"""Everything put together: which class stands behind which port, and the loops over them."""

from __future__ import annotations

import asyncio
import gc
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from litestar import Litestar

from cantata.actions.card_desk import CardDesk
from cantata.actions.chart_variables import ChartReads
from cantata.actions.documents import Documents
from cantata.actions.ports import Ports
from cantata.actions.streams import Streams
from cantata.api import create_app
from cantata.charts import Charts
from cantata.notify import HttpSender
from cantata.reconcile.collect import Collector
from cantata.reconcile.drift import DriftLook
from cantata.reconcile.health import HealthLook
from cantata.reconcile.live import Live
from cantata.reconcile.market import MarketRefresh
from cantata.reconcile.operations import Operations
from cantata.reconcile.retention import Limits, Retention
from cantata.reconcile.reviews import Reviews
from cantata.reconcile.triggers import TriggerCalls
from cantata.reconcile.watch import WatchLoop
from cantata.reconcile.webhooks import WebhookDeliveries
from cantata.render import RenderPool, RenderSettings
from cantata.server.data_dir import ensure_admin_token, examples_folder, make_data_dir
from cantata.server.key_rotation import settle_rotation
from cantata.server.sessions import Sessions
from cantata.settings import Settings
from cantata.store import load_or_create_key, open_store


class Loop(Protocol):
    async def run(self) -> None:
        """Until it is cancelled."""


@dataclass(frozen=True, slots=True)
class Composed:
    app: Litestar
    ports: Ports
    operations: Operations
    collector: Collector
    reviews: Reviews
    trigger_calls: TriggerCalls
    retention: Retention
    watch: WatchLoop
    webhooks: WebhookDeliveries
    market: MarketRefresh
    first_start: bool

    @property
    def loops(self) -> tuple[Loop, ...]:
        """In the order in which they begin; they end in the other one."""
        return (
            self.operations,
            self.collector,
            self.reviews,
            self.trigger_calls,
            self.retention,
            self.watch,
            self.webhooks,
            self.market,
        )


@dataclass(frozen=True, slots=True)
class Bells:
    """What wakes the loops before their time."""

    operations: asyncio.Event = field(default_factory=asyncio.Event)
    reviews: asyncio.Event = field(default_factory=asyncio.Event)
    watch: asyncio.Event = field(default_factory=asyncio.Event)
    webhooks: asyncio.Event = field(default_factory=asyncio.Event)
    market: asyncio.Event = field(default_factory=asyncio.Event)
    calls: asyncio.Event = field(default_factory=asyncio.Event)

    def ring(self) -> None:
        """All but that of trigger calls, which come at rates that nobody else need hear of."""
        for bell in (self.operations, self.reviews, self.watch, self.webhooks, self.market):
            bell.set()


@asynccontextmanager
async def composed(settings: Settings, say: Callable[[str], None]) -> AsyncIterator[Composed]:
    """All parts of a server over `settings`, closed in the reverse order."""
    async with AsyncExitStack() as stack:
        make_data_dir(settings.data_dir)
        await settle_rotation(settings)
        bells = Bells()
        ports = await _open_ports(settings, bells, stack, say)
        sender = HttpSender(settings.webhook_allow)
        stack.push_async_callback(sender.close)
        first = await ensure_admin_token(ports.store, settings.admin_token_file)
        # What was made until now lives as long as the server: the collector need not look at it again.
        gc.collect()
        gc.freeze()
        stack.callback(gc.unfreeze)
        yield _compose(settings, bells, ports, sender, first_start=first)


async def _open_ports(
    settings: Settings, bells: Bells, stack: AsyncExitStack, say: Callable[[str], None]
) -> Ports:
    store = await open_store(settings.database_url, load_or_create_key(settings.key_file))
    stack.push_async_callback(store.close)
    rendering = RenderSettings(workers=settings.workers, deadline=settings.render_seconds)
    renderer = await RenderPool.start(rendering, say=say)
    stack.push_async_callback(renderer.close)
    sessions = Sessions(store, watch_idle=settings.watch_idle)
    stack.push_async_callback(sessions.close)
    live = Live()
    stack.push_async_callback(live.close)
    return Ports(
        store=store,
        renderer=renderer,
        clusters=sessions,
        live=live,
        documents=Documents(renderer),
        reads=ChartReads(renderer),
        charts=Charts(
            renderer,
            allowed=settings.market_allow,
            folders=settings.market_folders,
            read_only=(examples_folder(),),
        ),
        streams=Streams(store),
        cards=CardDesk(),
        wake=bells.ring,
        call_came=bells.calls.set,
        callable=settings.webhook_allow,
        refresh_seconds=settings.market_refresh,
    )


def _compose(
    settings: Settings, bells: Bells, ports: Ports, sender: HttpSender, *, first_start: bool
) -> Composed:
    holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    lease = settings.lease_seconds
    operations = Operations(
        ports,
        bells.operations,
        holder=holder,
        lease_seconds=lease,
        progress_deadline=settings.progress_deadline,
        together=settings.operations_per_cluster,
    )
    limits = Limits(
        event_days=settings.event_days,
        events_per_project=settings.events_per_project,
        operation_days=settings.operation_days,
        revisions=settings.revisions_kept,
    )
    looks = (partial(HealthLook, ports), partial(DriftLook, ports))
    return Composed(
        app=create_app(ports),
        ports=ports,
        operations=operations,
        collector=Collector(ports, operations, grace=settings.collect_grace),
        reviews=Reviews(
            ports, bells.reviews, holder=holder, lease_seconds=lease, coalesce=settings.coalesce_seconds
        ),
        trigger_calls=TriggerCalls(ports, bells.calls, holder=holder, lease_seconds=lease),
        retention=Retention(ports, limits, holder=holder, lease_seconds=lease),
        watch=WatchLoop(ports, operations, bells.watch, looks, lease_seconds=lease),
        webhooks=WebhookDeliveries(
            ports,
            sender,
            bells.webhooks,
            holder=holder,
            lease_seconds=lease,
            first_pause=settings.webhook_retry,
        ),
        market=MarketRefresh(ports, bells.market, holder=holder, lease_seconds=lease),
        first_start=first_start,
    )
