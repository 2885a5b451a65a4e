"""`cantata plan`: plans that are kept, shared, approved and applied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from cantata.cli.deploying import (
    ALONE,
    TO_THE_END,
    Cause,
    Closure,
    Follow,
    LiftHolds,
    Queue,
    Recreate,
    follow_operation,
)
from cantata.cli.options import Limit, OfApplication, Services, newest
from cantata.cli.output import Output, age, print_data, print_list
from cantata.cli.plan_show import changes, print_plan, waiting
from cantata.cli.session import connect

if TYPE_CHECKING:
    pass

CREATE_EXAMPLES = """Examples:
  cantata plan create shop-dev
  cantata plan create shop-dev web catalog -m "new prices"
  cantata plan create shop-dev --rollback 7"""

app = App(name="plan", help="Plans: what would be done, kept to be shown, approved and applied.")

Id = Annotated[str, Parameter(name="id", help="The id of the plan.")]


@app.command(help_epilogue=CREATE_EXAMPLES)
async def create(
    name: str,
    services: Services = None,
    *,
    closure: Closure = ALONE,
    recreate: Recreate = False,
    lift_holds: LiftHolds = False,
    rollback: Annotated[
        int | None, Parameter(help="Of a rollback to this revision instead of a deploy.")
    ] = None,
    message: Cause = "",
    output: Output = "table",
) -> None:
    """Store a plan of a deploy of an application, or of some of its services. It may be applied for a day."""
    async with connect() as client:
        planned = await client.plans.create(
            name,
            services or (),
            with_dependencies=closure.with_dependencies,
            with_dependents=closure.with_dependents,
            recreate=recreate,
            lift_holds=lift_holds,
            rollback=rollback is not None,
            revision=rollback,
            cause=message,
        )
    if output != "table":
        print_data(planned, output)
    elif planned.plan is not None:
        print_plan(planned.plan, output)
    else:
        print(f"application {name}: nothing to do")


@app.command(name="list")
async def list_(
    *,
    application: OfApplication = "",
    limit: Limit = 50,
    output: Output = "table",
) -> None:
    """List stored plans, newest first."""
    async with connect() as client:
        plans = await newest(client.plans.list(application), limit)
    print_list(
        plans,
        output,
        ["id", "application", "verb", "state", "services", "author", "created", "changes", "cause"],
        lambda plan: (
            plan.id,
            plan.application,
            plan.verb,
            waiting(plan),
            ", ".join(plan.services) or "all",
            plan.author,
            age(plan.created_at),
            changes(plan),
            plan.cause,
        ),
    )


@app.command
async def show(id_: Id, *, output: Output = "table") -> None:
    """Show a stored plan: what was changed, what the cluster would change, what others changed on it."""
    async with connect() as client:
        shown = await client.plans.show(id_)
    if output != "table":
        print_data(shown, output)
        return
    from cantata.cli.plan_text import plan_lines, value_change_lines

    print_plan(shown.info, output)
    lines = [line for change in shown.versions for line in value_change_lines(change)]
    print("\n".join(["", *lines, *plan_lines(shown.plan)]))


@app.command
async def approve(
    id_: Id,
    *,
    withdraw: Annotated[bool, Parameter(negative="", help="Take one's approval back.")] = False,
    output: Output = "table",
) -> None:
    """Approve a plan of somebody else."""
    async with connect() as client:
        ask = client.plans.withdraw_approval if withdraw else client.plans.approve
        print_plan(await ask(id_), output)


@app.command
async def apply(id_: Id, *, queue: Queue = False, follow: Follow = TO_THE_END) -> None:
    """Do exactly what a plan says. When anything that it rests on has moved, nothing is done."""
    async with connect() as client:
        applied = await client.plans.apply(id_, queue=queue)
        if applied.operation is not None:
            await follow_operation(client, applied.operation, follow)


@app.command
async def delete(id_: Id) -> None:
    """Delete a stored plan. What it did stays."""
    async with connect() as client:
        await client.plans.delete(id_)
    print(f"plan {id_} deleted")
