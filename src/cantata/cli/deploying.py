"""What the commands share that start an operation: their options, and how it is followed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from cantata.cli.options import Timeout
from cantata.cli.output import Output, print_data, print_one

if TYPE_CHECKING:
    from cantata.client import Client
    from cantata.contract.operations import DeployedInfo, OperationInfo

Recreate = Annotated[
    bool, Parameter(negative="", help="Delete and make anew what cannot be changed in place; never volumes.")
]
Cause = Annotated[str, Parameter(name=["--message", "-m"], help="Why, for the history.")]
Queue = Annotated[bool, Parameter(negative="", help="Wait for what is under way, instead of superseding it.")]
LiftHolds = Annotated[bool, Parameter(negative="", help="Bring back values that a rollback took away.")]
WithDependents = Annotated[bool, Parameter(negative="", help="And all that depends on the services.")]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Closure:
    """Whom the named services bring along."""

    with_dependencies: Annotated[
        bool, Parameter(negative="", help="And all that the services depend on or refer to.")
    ] = False
    with_dependents: WithDependents = False


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Start:
    """When an operation begins, and why."""

    queue: Queue = False
    message: Cause = ""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Follow:
    """How long the command stays with an operation, and how it tells of it."""

    wait: Annotated[bool, Parameter(help="Wait until it has ended, showing its progress.")] = True
    seconds: Timeout = None
    output: Output = "table"


ALONE = Closure()
AT_ONCE = Start()
TO_THE_END = Follow()


async def follow_deployed(client: Client, name: str, deployed: DeployedInfo, follow: Follow) -> None:
    """The rest of a deploy: wait for the operation if there is one, then show what stands there. Exits with a
    code of its own where the project demands a plan, which was stored instead."""
    if follow.output == "table" and deployed.findings:
        from cantata.cli.plan_text import finding_lines

        print("\n".join(finding_lines(deployed.findings)))
    if deployed.plan is not None:
        from cantata.cli.plan_show import leave_planned

        leave_planned(deployed, deployed.plan, follow.output)
    if deployed.operation is None:
        if follow.output == "table":
            print(f"application {name}: nothing to do")
        else:
            print_data(deployed, follow.output)
        return
    if follow.output == "table":
        for key in deployed.skipped:
            held = ", which is held from now on" if key.held else ""
            print(f"left behind: {key.key} of service {key.service} (revision {key.revision}){held}")
    await follow_operation(client, deployed.operation, follow)


async def follow_operation(client: Client, operation: OperationInfo, follow: Follow) -> None:
    """Raises `OperationFailed`, `WaitTimeout`."""
    from cantata.cli.progress import wait_for

    ended = operation
    if follow.wait:
        ended = await wait_for(client, operation, seconds=follow.seconds, output=follow.output)
    rows = [
        ("application", ended.application),
        ("operation", ended.id),
        (ended.verb, ended.state),
        ("revision", ended.revision or ""),
    ]
    print_one(ended, follow.output, rows)
