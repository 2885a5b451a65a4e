"""`cantata service exec`, `debug` and `port-forward`: into the pods of a service."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from cantata.cli.inputs import ArgumentInvalid
from cantata.cli.options import Application
from cantata.cli.session import connect

if TYPE_CHECKING:
    from cantata.client import Client
    from cantata.contract.pods import PodInfo, RunRequest

EXEC_EXAMPLES = """Examples:
  cantata service exec shop-dev web -- env
  cantata service exec shop-dev web -it -- sh
  cantata service exec shop-dev db -i -- psql < dump.sql"""
DEBUG_EXAMPLES = """Examples:
  cantata service debug shop-dev web --image busybox --target web"""
FORWARD_EXAMPLES = """Examples:
  cantata service port-forward shop-dev web 8080:80
  cantata service port-forward shop-dev db 5432"""

Pod = Annotated[str, Parameter(name=["--pod", "-p"], help="This pod; by default a ready one.")]


async def exec_(
    application: Application,
    service: str,
    *command: Annotated[str, Parameter(help="The command and its arguments, after `--`.")],
    pod: Pod = "",
    container: Annotated[
        str, Parameter(name=["--container", "-c"], help="Where a pod has several, which one.")
    ] = "",
    stdin: Annotated[bool, Parameter(name=["--stdin", "-i"], negative="", help="Hand it our input.")] = False,
    tty: Annotated[bool, Parameter(name=["--tty", "-t"], negative="", help="Give it a terminal.")] = False,
) -> None:
    """Run a command in a pod of a service, and end with its exit code."""
    from cantata.contract.pods import RunRequest

    if not command:
        raise ArgumentInvalid("no command is named; write it after `--`")
    async with connect() as client:
        if not container:
            pod, container = await _ask(client, application, service, pod)
        code = await _run(
            client, application, service, RunRequest(command, pod, container, stdin, tty and _terminal(tty))
        )
    sys.exit(code)


async def debug(
    application: Application,
    service: str,
    *command: Annotated[str, Parameter(help="What runs there, after `--`; by default the image's own.")],
    image: Annotated[str, Parameter(help="The image of the container that is added.")],
    target: Annotated[str, Parameter(help="See the processes of this container.")] = "",
    pod: Pod = "",
) -> None:
    """Add a container to a pod of a service, to look at it, and attach to it. It stays until the pod goes."""
    from cantata.contract.pods import DebugRequest, RunRequest

    tty = sys.stdin.isatty() and sys.stdout.isatty()
    async with connect() as client:
        wanted = DebugRequest(image=image, pod=pod, target=target, command=command, tty=tty)
        added = await client.pods.debug(application, service, wanted)
        print(f"container {added.container} is added to pod {added.pod}", file=sys.stderr)
        code = await _run(
            client, application, service, RunRequest((), added.pod, added.container, stdin=True, tty=tty)
        )
    sys.exit(code)


async def port_forward(
    application: Application,
    service: str,
    *ports: Annotated[
        str, Parameter(help="`LOCAL:REMOTE`, or one number for both; local 0 takes a free one.")
    ],
    pod: Pod = "",
) -> None:
    """Let ports of this machine, on loopback, lead to ports of a pod of a service. Ends with Ctrl-C."""
    from cantata.cli.port_forward import forward, parse_ports

    pairs = parse_ports(ports)
    async with connect() as client:
        found = await client.pods.list(application, service)
        if not found:
            raise ArgumentInvalid(
                f"service {service} has no pod", hint="`cantata app status` tells what state it is in."
            )
        await forward(client, application, service, pod or found[0].name, pairs)


def _terminal(asked: bool) -> bool:
    """Whether there is a terminal to give away."""
    if asked and not sys.stdin.isatty():
        print("standard input is no terminal: the command gets none", file=sys.stderr)
        return False
    return asked


async def _run(client: Client, application: str, service: str, wanted: RunRequest) -> int:
    from cantata.cli.pod_terminal import converse

    async with client.pods.session(application, service, wanted) as session:
        return await converse(session, stdin=wanted.stdin, tty=wanted.tty)


async def _ask(client: Client, application: str, service: str, pod: str) -> tuple[str, str]:
    """Pod and container, by asking where nothing else tells them apart. In a pipe the server refuses, with
    their names."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return pod, ""
    found = [each for each in await client.pods.list(application, service) if pod in ("", each.name)]
    if not found or found[0].default:
        return pod, ""
    names = [container.name for container in found[0].containers if container.kind == "main"]
    return found[0].name, _choose(found[0], names) if len(names) > 1 else ""


def _choose(pod: PodInfo, names: list[str]) -> str:
    for number, name in enumerate(names, 1):
        print(f"  {number}  {name}", file=sys.stderr)
    print(f"Which container of {pod.name}? ", end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline().strip()
    if answer.isdecimal() and 0 < int(answer) <= len(names):
        return names[int(answer) - 1]
    if answer in names:
        return answer
    raise ArgumentInvalid(f"{answer!r} is none of these; name one by --container")
