"""`cantata project`: what the project demands."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import App, Parameter

from cantata.cli.output import Output, print_one
from cantata.cli.session import connect
from cantata.contract.stored_plans import PolicyEdit

app = App(name="project", help="The project: what it demands of what changes its applications.")


@app.command
async def policy(
    *,
    plan_required: Annotated[
        bool | None, Parameter(help="Whether what changes an application takes a plan.")
    ] = None,
    approval: Annotated[
        Literal["viewer", "editor", "operator", "admin", "none"] | None,
        Parameter(help="The least role of another person who has to approve a plan; `none` for none."),
    ] = None,
    output: Output = "table",
) -> None:
    """Show what the project demands, or say what it shall demand from now on."""
    async with connect() as client:
        found = await client.policy.show()
        if plan_required is not None or approval is not None:
            wanted = PolicyEdit(
                found.plan_required if plan_required is None else plan_required,
                found.approval if approval is None else None if approval == "none" else approval,
            )
            found = await client.policy.set(wanted)
    needed = found.plan_required or found.approval is not None
    rows = [
        ("plan", "needed" if needed else "not needed"),
        ("approval", f"by another {found.approval}" if found.approval else "not needed"),
    ]
    print_one(found, output, rows)
