"""Watching an application until something has ended: a live tree on a terminal, lines in a pipe.

Events are bells: after each one, and every few seconds, the status is asked anew. So what is shown is always
the whole truth, and no line depends on having seen an event.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TextIO

from cantata.cli.cards_text import card_lines
from cantata.cli.output import COLOURS, Format
from cantata.contract.errors import RemoteError
from cantata.errors import CantataError, Category, Detail

if TYPE_CHECKING:
    from rich.live import Live
    from rich.tree import Tree

    from cantata.client import Client
    from cantata.contract.applications import ApplicationStatusInfo, ServiceStatusInfo
    from cantata.contract.cards import FailureCardInfo
    from cantata.contract.operations import OperationInfo

POLL_SECONDS = 2.0
GATHER_SECONDS = 0.15
"""Events come in bursts: one status answers them all."""
RECONNECT_SECONDS = 1.0


class OperationFailed(CantataError):
    """The operation was carried out, and its outcome is not what was asked for."""

    category = Category.REFUSED


class WaitTimeout(CantataError):
    category = Category.LIMIT


class Screen(Protocol):
    def show(self, status: ApplicationStatusInfo) -> None: ...


async def wait_for(
    client: Client, operation: OperationInfo, *, seconds: float | None, output: Format
) -> OperationInfo:
    """The operation once it has ended well. Raises `OperationFailed` with the failing services, and
    `WaitTimeout` after so many seconds.

    Ctrl-C ends the waiting only.
    """
    try:
        async with asyncio.timeout(seconds):
            ended, status = await _until_ended(client, operation, output)
            _print_cards(ended, output)
    except TimeoutError as error:
        raise WaitTimeout(
            f"the {operation.verb} of {operation.application} has not ended after {seconds:g} s; it goes on",
            subject=f"operation {operation.id}",
            hint=_how_to_look(operation),
            details=await _not_ready(client, operation, output),
        ) from error
    except asyncio.CancelledError:
        print(f"\nThe {operation.verb} of {operation.application} goes on.", file=sys.stderr)
        print(_how_to_look(operation), file=sys.stderr)
        raise
    if ended.state != "succeeded":
        raise _failure(ended, status)
    return ended


def _print_cards(operation: OperationInfo, output: Format) -> None:
    for card in operation.failures:
        _print_card(card, output)


def _print_card(card: FailureCardInfo, output: Format) -> None:
    print("\n".join(card_lines(card)), file=sys.stdout if output == "table" else sys.stderr)


async def watch(client: Client, name: str, output: Format) -> None:
    """Shows the application until Ctrl-C, or until it is gone."""
    with screen(output) as shown:
        async with _bell(client, name) as bell:
            while (status := await _find_status(client, name)) is not None:
                shown.show(status)
                await _pause(bell)


@contextmanager
def screen(output: Format) -> Iterator[Screen]:
    """Progress goes to standard output, unless that is for a program to read."""
    stream = sys.stdout if output == "table" else sys.stderr
    if not stream.isatty():
        yield Lines(stream)
        return
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(file=stream), auto_refresh=False, vertical_overflow="visible") as live:
        yield LiveTree(live)


class Lines:
    """A line for each service whose state changed, with the time."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._seen: dict[str, str] = {}

    def show(self, status: ApplicationStatusInfo) -> None:
        at = datetime.now().astimezone().strftime("%H:%M:%S")
        name = status.application.name
        for service in status.services:
            self._line(service.name, f"{at} {name}/{service.name} ", _words(service))
        self._line("", f"{at} {name} ", status.state)

    def _line(self, key: str, head: str, text: str) -> None:
        if self._seen.get(key) != text:
            self._seen[key] = text
            print(head + text, file=self._stream, flush=True)


class LiveTree:
    """The application with its services, drawn anew in place."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def show(self, status: ApplicationStatusInfo) -> None:
        self._live.update(_tree(status), refresh=True)


def _tree(status: ApplicationStatusInfo) -> Tree:
    from rich.text import Text
    from rich.tree import Tree

    ready = sum(service.state in ("ready", "paused") for service in status.services)
    head = Text(f"{status.application.name} ", style="bold")
    head.append(status.state, style=COLOURS.get(status.state, ""))
    head.append(f"  {ready}/{len(status.services)} services, revision {status.revision}", style="dim")
    tree = Tree(head)
    width = max((len(service.name) for service in status.services), default=0)
    for service in status.services:
        line = Text(f"{service.name:<{width}}  ")
        line.append(f"{service.state:<13}", style=COLOURS.get(service.state, ""))
        line.append(f"{service.ready}/{service.desired}  {service.message}".rstrip(), style="dim")
        tree.add(line)
    return tree


def _words(service: ServiceStatusInfo) -> str:
    counted = f" {service.ready}/{service.desired}" if service.desired else ""
    return f"{service.state}{counted}" + (f": {service.message}" if service.message else "")


async def _until_ended(
    client: Client, operation: OperationInfo, output: Format
) -> tuple[OperationInfo, ApplicationStatusInfo | None]:
    """The operation is asked before the status, so that the last status is not older than the end."""
    name = operation.application
    with screen(output) as shown:
        async with _bell(client, name) as bell:
            while True:
                now = await client.operations.show(operation.id)
                status = await _find_status(client, name)
                if status is not None:
                    shown.show(status)
                if now.ended:
                    return now, status
                await _pause(bell)


async def _find_status(client: Client, name: str) -> ApplicationStatusInfo | None:
    """None when the application is gone."""
    try:
        return await client.applications.status(name)
    except RemoteError as error:
        if error.category is Category.NOT_FOUND:
            return None
        raise


@asynccontextmanager
async def _bell(client: Client, name: str) -> AsyncIterator[asyncio.Event]:
    bell = asyncio.Event()
    listener = asyncio.create_task(_listen(client, name, bell))
    try:
        yield bell
    finally:
        listener.cancel()
        await asyncio.gather(listener, return_exceptions=True)


async def _listen(client: Client, name: str, bell: asyncio.Event) -> None:
    """Rings with every event. A broken stream is taken up where it broke; meanwhile the status is polled, and
    that reports what is wrong."""
    since = 0
    while True:
        with contextlib.suppress(CantataError):
            async for event in client.applications.events(name, since):
                since = event.id
                bell.set()
        await asyncio.sleep(RECONNECT_SECONDS)


async def _pause(bell: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(POLL_SECONDS):
            await bell.wait()
            await asyncio.sleep(GATHER_SECONDS)
    bell.clear()


async def _not_ready(client: Client, operation: OperationInfo, output: Format) -> list[Detail]:
    """Of an operation that goes on: who is not ready yet, after the cards of those that fail."""
    status = None
    with contextlib.suppress(CantataError, TimeoutError):
        async with asyncio.timeout(POLL_SECONDS):
            status = await _find_status(client, operation.application)
    late = [service for service in _chosen(operation, status) if service.state not in ("ready", "paused")]
    for service in late:
        if service.failure is not None:
            _print_card(service.failure, output)
    return [Detail(f"service {service.name} is {_words(service)}") for service in late]


def _chosen(operation: OperationInfo, status: ApplicationStatusInfo | None) -> list[ServiceStatusInfo]:
    services = status.services if status is not None else ()
    return [service for service in services if service.name in operation.services or not operation.services]


def _failure(operation: OperationInfo, status: ApplicationStatusInfo | None) -> OperationFailed:
    chosen = _chosen(operation, status)
    troubled = [service for service in chosen if service.state in ("failed", "degraded", "unknown")]
    waiting = [service for service in chosen if service.blocked_by]
    cause = f": {operation.error}" if operation.error else ""
    return OperationFailed(
        f"the {operation.verb} of {operation.application} ended as {operation.state}{cause}",
        subject=f"operation {operation.id}",
        hint=f"See `cantata app status {operation.application}`; correct the config or template, "
        f"then `cantata app deploy {operation.application}` goes on from here.",
        details=[Detail(f"service {service.name} is {_words(service)}") for service in troubled + waiting],
    )


def _how_to_look(operation: OperationInfo) -> str:
    return (
        f"Look by `cantata app watch {operation.application}` or `cantata operation wait {operation.id}`; "
        f"stop it by `cantata operation cancel {operation.id}`."
    )
