"""What the commands share that start an operation: their options, and how it is followed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from cantata.cli.output import Output, print_data, print_one

if TYPE_CHECKING:
    from cantata.client import Client
    from cantata.contract.operations import DeployedInfo, OperationInfo

Services = Annotated[list[str] | None, Parameter(help="Only these services; by default all.", negative="")]
Wait = Annotated[bool, Parameter(help="Wait until it has ended, showing its progress.")]
Seconds = Annotated[
    float | None, Parameter(name="--timeout", help="Seconds to wait; by default without end.")
]
Queue = Annotated[bool, Parameter(negative="", help="Wait for what is under way, instead of superseding it.")]
Recreate = Annotated[
    bool, Parameter(negative="", help="Delete and make anew what cannot be changed in place; never volumes.")
]
Cause = Annotated[str, Parameter(name=["--message", "-m"], help="Why, for the history.")]
LiftHolds = Annotated[bool, Parameter(negative="", help="Bring back values that a rollback took away.")]
WithDependencies = Annotated[bool, Parameter(negative="", help="And all that the services depend on.")]
WithDependents = Annotated[bool, Parameter(negative="", help="And all that depends on the services.")]


async def follow_deployed(
    client: Client, name: str, deployed: DeployedInfo, *, wait: bool, seconds: float | None, output: Output
) -> None:
    """The rest of a deploy: wait for the operation if there is one, then show what stands there. Exits with a
    code of its own where the project demands a plan, which was stored instead."""
    if deployed.plan is not None:
        from cantata.cli.plan_show import leave_planned

        leave_planned(deployed, deployed.plan, output)
    if deployed.operation is None:
        if output == "table":
            print(f"application {name}: nothing to do")
        else:
            print_data(deployed, output)
        return
    if output == "table":
        for key in deployed.skipped:
            held = ", which is held from now on" if key.held else ""
            print(f"left behind: {key.key} of service {key.service} (revision {key.revision}){held}")
    await finish_operation(client, deployed.operation, wait=wait, seconds=seconds, output=output)


async def finish_operation(
    client: Client, operation: OperationInfo, *, wait: bool, seconds: float | None, output: Output
) -> None:
    from cantata.cli.progress import wait_for

    ended = await wait_for(client, operation, seconds=seconds, output=output) if wait else operation
    rows = [
        ("application", ended.application),
        ("operation", ended.id),
        (ended.verb, ended.state),
        ("revision", ended.revision or ""),
    ]
    print_one(ended, output, rows)
