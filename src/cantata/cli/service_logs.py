"""`cantata service pods` and `logs`."""

from __future__ import annotations

import re
import sys
from typing import Annotated

from cyclopts import Parameter

from cantata.cli.inputs import UNITS, ArgumentInvalid
from cantata.cli.options import Application
from cantata.cli.output import Output, age, print_list
from cantata.cli.session import connect

LOGS_EXAMPLES = """Examples:
  cantata service logs shop-dev web --tail 100
  cantata service logs shop-dev web -f --since 10m
  cantata service logs shop-dev web --previous"""

Pod = Annotated[str, Parameter(help="This pod; by default all.")]
Container = Annotated[str, Parameter(name=["--container", "-c"], help="Only this one; by default all.")]


async def pods(application: Application, service: str, *, output: Output = "table") -> None:
    """List the pods of a service, those that can be talked to first."""
    async with connect() as client:
        found = await client.pods.list(application, service)
    print_list(
        found,
        output,
        ["pod", "phase", "ready", "restarts", "containers", "node", "created"],
        lambda pod: (
            pod.name,
            "Leaving" if pod.leaving else pod.phase,
            "yes" if pod.ready else "no",
            sum(container.restarts for container in pod.containers),
            ", ".join(container.name for container in pod.containers),
            pod.node,
            age(pod.created_at),
        ),
    )


async def logs(
    application: Application,
    service: str,
    *,
    follow: Annotated[
        bool, Parameter(name=["--follow", "-f"], negative="", help="Go on with what comes.")
    ] = False,
    tail: Annotated[int | None, Parameter(help="So many of the last lines of each container.")] = None,
    since: Annotated[str, Parameter(help="Lines of the last such time: `30s`, `10m`, `2h`, `1d`.")] = "",
    previous: Annotated[
        bool, Parameter(negative="", help="Of the containers that ran before the last restart.")
    ] = False,
    pod: Pod = "",
    container: Container = "",
    timestamps: Annotated[bool, Parameter(negative="", help="Begin each line with its time.")] = False,
) -> None:
    """Print the logs of all pods of a service, each line after its pod, merged as they come.

    With --follow also those of pods that come later, as in a rollout.
    """
    seconds = parse_since(since) if since else None
    out = sys.stdout
    async with connect() as client:
        async for line in client.pods.logs(
            application,
            service,
            follow=follow,
            previous=previous,
            tail=tail,
            since_seconds=seconds,
            pod=pod,
            container=container,
        ):
            source = f"{line.pod} {line.container}"
            if line.error is not None:
                print(f"error: {source}: {line.error.message}", file=sys.stderr)
                continue
            out.write(f"{source} | {line.at} {line.text}\n" if timestamps else f"{source} | {line.text}\n")
            if follow:
                out.flush()


def parse_since(text: str) -> int:
    """Seconds. Raises `ArgumentInvalid`."""
    found = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    if found is None or not int(found[1]):
        raise ArgumentInvalid(f"--since {text!r} is no time; write it as 30s, 10m, 2h or 1d")
    return int(found[1]) * UNITS[found[2]]
