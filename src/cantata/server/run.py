"""The server process: everything put together, run until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import secrets
import signal
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import uvicorn
from litestar import Litestar

from cantata.actions.access import new_token, token_digest
from cantata.actions.card_desk import CardDesk
from cantata.actions.chart_variables import ChartReads
from cantata.actions.documents import Documents
from cantata.actions.ports import Ports
from cantata.actions.streams import Streams
from cantata.api import create_app
from cantata.core.model.access import Role
from cantata.core.model.errors import TokenNotFound
from cantata.errors import CantataError, Category
from cantata.notify import HttpSender
from cantata.ports import Records
from cantata.reconcile.collect import Collector
from cantata.reconcile.drift import DriftLook
from cantata.reconcile.health import HealthLook
from cantata.reconcile.live import Live
from cantata.reconcile.operations import Operations
from cantata.reconcile.retention import Limits, Retention
from cantata.reconcile.reviews import Reviews
from cantata.reconcile.triggers import TriggerCalls
from cantata.reconcile.watch import WatchLoop
from cantata.reconcile.webhooks import WebhookDeliveries
from cantata.render import RenderPool, RenderSettings
from cantata.server.key_rotation import settle_rotation
from cantata.server.sessions import Sessions
from cantata.settings import Settings
from cantata.store import load_or_create_key, open_store

log = logging.getLogger(__name__)

ADMIN = "local-admin"
"""The name of the token for the local command line."""

GRACE_SECONDS = 5
"""How long open streams may finish when the server stops."""

MESSAGE_BYTES = 1024 * 1024
"""How large a message of a WebSocket may be."""

BACKLOG = 2048
"""Connections that may wait to be accepted, from before the server is announced."""


class AddressTaken(CantataError):
    category = Category.UNAVAILABLE


class DataDirUnusable(CantataError):
    category = Category.INVALID


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


@asynccontextmanager
async def composed(settings: Settings, say: Callable[[str], None]) -> AsyncIterator[Composed]:
    """All parts of a server over `settings`, closed in the reverse order."""
    async with AsyncExitStack() as stack:
        make_data_dir(settings.data_dir)
        await settle_rotation(settings)
        store = await open_store(settings.database_url, load_or_create_key(settings.key_file))
        stack.push_async_callback(store.close)
        rendering = RenderSettings(workers=settings.workers, deadline=settings.render_seconds)
        renderer = await RenderPool.start(rendering, say=say)
        stack.push_async_callback(renderer.close)
        sessions = Sessions(store, watch_idle=settings.watch_idle)
        stack.push_async_callback(sessions.close)
        live = Live()
        stack.push_async_callback(live.close)
        bells = {each: asyncio.Event() for each in ("operations", "reviews", "watch", "webhooks")}
        calls = asyncio.Event()

        def wake() -> None:
            for bell in bells.values():
                bell.set()

        ports = Ports(
            store=store,
            renderer=renderer,
            clusters=sessions,
            live=live,
            documents=Documents(renderer),
            reads=ChartReads(renderer),
            streams=Streams(store),
            cards=CardDesk(),
            wake=wake,
            call_came=calls.set,
            callable=settings.webhook_allow,
        )
        holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        operations = Operations(
            ports,
            bells["operations"],
            holder=holder,
            lease_seconds=settings.lease_seconds,
            progress_deadline=settings.progress_deadline,
            together=settings.operations_per_cluster,
        )
        reviews = Reviews(
            ports,
            bells["reviews"],
            holder=holder,
            lease_seconds=settings.lease_seconds,
            coalesce=settings.coalesce_seconds,
        )
        trigger_calls = TriggerCalls(ports, calls, holder=holder, lease_seconds=settings.lease_seconds)
        sender = HttpSender(settings.webhook_allow)
        stack.push_async_callback(sender.close)
        webhooks = WebhookDeliveries(
            ports,
            sender,
            bells["webhooks"],
            holder=holder,
            lease_seconds=settings.lease_seconds,
            first_pause=settings.webhook_retry,
        )
        limits = Limits(
            event_days=settings.event_days,
            events_per_project=settings.events_per_project,
            operation_days=settings.operation_days,
            revisions=settings.revisions_kept,
        )
        retention = Retention(ports, limits, holder=holder, lease_seconds=settings.lease_seconds)
        await ensure_admin_token(ports, settings.admin_token_file)
        # What was made until now lives as long as the server: the collector need not look at it again.
        gc.collect()
        gc.freeze()
        collector = Collector(ports, operations, grace=settings.collect_grace)
        looks = (partial(HealthLook, ports), partial(DriftLook, ports))
        watch = WatchLoop(ports, operations, bells["watch"], looks, lease_seconds=settings.lease_seconds)
        yield Composed(
            create_app(ports),
            ports,
            operations,
            collector,
            reviews,
            trigger_calls,
            retention,
            watch,
            webhooks,
        )


async def serve(settings: Settings, say: Callable[[str], None] = print) -> None:
    """Runs until SIGINT or SIGTERM. Raises `AddressTaken`, and what opening the parts raises."""
    listener = listen(settings.host, settings.port)
    url = url_of(settings.host, listener.getsockname()[1])
    async with composed(settings, say) as parts:
        loops = [
            asyncio.create_task(parts.operations.run(), name="operations"),
            asyncio.create_task(parts.collector.run(), name="collector"),
            asyncio.create_task(parts.reviews.run(), name="reviews"),
            asyncio.create_task(parts.trigger_calls.run(), name="triggers"),
            asyncio.create_task(parts.retention.run(), name="retention"),
            asyncio.create_task(parts.watch.run(), name="watch"),
            asyncio.create_task(parts.webhooks.run(), name="webhooks"),
        ]
        config = uvicorn.Config(
            parts.app,
            log_config=None,
            lifespan="off",
            timeout_graceful_shutdown=GRACE_SECONDS,
            access_log=False,
            ws="wsproto",
            ws_max_size=MESSAGE_BYTES,
            ws_per_message_deflate=False,
            ws_ping_timeout=None,  # Who reads slowly does not answer: that must not end a session.
            proxy_headers=False,  # The sources of triggers are addresses of peers, which nobody can claim.
        )
        server = QuietServer(config)
        stop = asyncio.create_task(_stop_when_ended(loops, server))
        write_private(settings.server_file, json.dumps({"url": url, "pid": os.getpid()}))
        say(f"cantata serves {url}")
        try:
            await server.serve(sockets=[listener])
        finally:
            with suppress(FileNotFoundError):
                settings.server_file.unlink()
            # One after the other, backwards: operations keep the leases under which the collector deletes.
            outcomes: list[BaseException | None] = []
            for task in (stop, *reversed(loops)):
                task.cancel()
                outcomes += await asyncio.gather(task, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome


class QuietServer(uvicorn.Server):
    """Ends on SIGINT and SIGTERM without raising the signal once more at the end."""

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        running = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            running.add_signal_handler(number, self._end)
        await self._serve(sockets)

    def _end(self) -> None:
        self.should_exit = True


async def _stop_when_ended(loops: Sequence[asyncio.Task[None]], server: uvicorn.Server) -> None:
    """A loop never ends by itself: when one does, the server must not go on without it."""
    await asyncio.wait(loops, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True


def listen(host: str, port: int) -> socket.socket:
    # With the protocol named, the event loop sets TCP_NODELAY on what is accepted; else every answer of two
    # packets waits 40 ms for an acknowledgement.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise AddressTaken(
            f"{host}:{port} cannot be listened on: {error.strerror}",
            subject=f"{host}:{port}",
            hint="Choose another port with CANTATA_PORT, or end the server that has this one.",
        ) from error
    return listener


def url_of(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def make_data_dir(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise DataDirUnusable(
            f"the data directory {path} cannot be made: {error.strerror}",
            subject=f"data directory {path}",
            hint="Name a folder that you may write to by CANTATA_DATA_DIR.",
        ) from error


async def ensure_admin_token(ports: Ports, path: Path) -> None:
    """The first start makes a token for the command line of the same user; a lost or empty file is made
    anew."""

    def write(records: Records) -> None:
        token = (path.read_text().strip() if path.is_file() else "") or new_token()
        if records.access.find_token(token_digest(token)) is None:
            with suppress(TokenNotFound):
                records.access.delete_token("default", ADMIN)
            records.access.add_token(
                name=ADMIN, digest=token_digest(token), project="default", role=Role.ADMIN
            )
            write_private(path, token)

    await ports.store.write(write)


def write_private(path: Path, text: str) -> None:
    """Whole or not at all, readable by the user alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)
