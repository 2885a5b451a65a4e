"""`cantata events`: what happens to the applications of a project."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import msgspec
from cyclopts import Parameter

from cantata.cli.drift_text import drift_text
from cantata.cli.options import OfApplication
from cantata.cli.output import Output, print_data, print_list
from cantata.cli.session import connect
from cantata.contract.cards import FailureCardInfo
from cantata.contract.events import DriftedEvent, HealthEvent
from cantata.contract.states import EventType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cantata.client import Client
    from cantata.contract.events import AilingInfo, EventInfo

RECONNECT_SECONDS = 1.0
SHOWN = ("message", "was", "now")
"""Fields of the data that come last, since they are texts."""


async def events(
    *,
    application: OfApplication = "",
    types: Annotated[
        tuple[EventType, ...], Parameter(name=["--type", "-t"], help="Of this type; may be repeated.")
    ] = (),
    limit: Annotated[int, Parameter(name=["--limit", "-n"], help="How many of the past, at most.")] = 50,
    follow: Annotated[
        bool, Parameter(name=["--follow", "-f"], negative="", help="Go on until Ctrl-C.")
    ] = False,
    output: Output = "table",
) -> None:
    """Show what happened to applications, oldest first, or follow it.

    Examples: `cantata events -a shop-dev -f`; `cantata events -t operation -t degraded -o json`.
    """
    async with connect() as client:
        if follow:
            await _follow(client, application, types, limit, output)
            return
        found = [
            event
            async for event in client.events.follow(
                application=application, types=types, tail=limit, onward=False
            )
        ]
    print_list(
        found,
        output,
        ["id", "at", "application", "type", "what"],
        lambda event: (event.id, event.at, event.application, event.type, told(event)),
    )


async def _follow(
    client: Client, application: str, types: tuple[EventType, ...], limit: int, output: Output
) -> None:
    """A broken stream is taken up where it broke; that the server cannot be reached at the start is an
    error."""
    from cantata.client import ServerUnreachable

    since, begun = 0, False
    while True:
        try:
            async for event in client.events.follow(
                application=application, types=types, since=since, tail=limit
            ):
                since, begun = event.id, True
                _print(event, output)
        except ServerUnreachable:
            if not begun:
                raise
        await asyncio.sleep(RECONNECT_SECONDS)


def _print(event: EventInfo, output: Output) -> None:
    if output == "table":
        print(f"{event.at}  {event.application}  {event.type}  {told(event)}", flush=True)
        return
    print_data(event, output)
    sys.stdout.flush()


def told(event: EventInfo) -> str:
    """The data in one line."""
    return "  ".join(filter(None, _words(event)))


def _words(event: EventInfo) -> Iterator[str]:
    if event.type == "failure":
        card = msgspec.convert(event.data["card"], FailureCardInfo)
        keys = ", ".join(remedy.key for remedy in card.remedies if remedy.key)
        yield f"service={card.service}  kind={card.kind}  {card.likely or card.message}"
        if keys:
            yield f"change {keys}"
        return
    if event.type in ("drifted", "reverted"):
        drifted = msgspec.convert(event.data, DriftedEvent)
        yield f"service={drifted.service}"
        yield "; ".join(map(drift_text, drifted.fields))
        return
    if event.type in ("degraded", "recovered"):
        health = msgspec.convert(event.data, HealthEvent)
        yield f"state={health.state}"
        yield "; ".join(_ailing(each) for each in health.services)
        return
    data = {key: value for key, value in event.data.items() if value not in ("", None, [], {})}
    texts = [str(data.pop(key)) for key in SHOWN if key in data]
    for key, value in data.items():
        yield f"{key}={','.join(map(str, value)) if isinstance(value, list) else value}"
    yield from texts


def _ailing(service: AilingInfo) -> str:
    return f"{service.service} is {service.state}" + (f": {service.message}" if service.message else "")
