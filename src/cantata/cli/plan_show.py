"""A stored plan on standard output, and the end of a deploy that became one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn

from cantata.cli.output import Output, print_data, print_one
from cantata.errors import PLANNED

if TYPE_CHECKING:
    from cantata.contract.operations import DeployedInfo
    from cantata.contract.stored_plans import StoredPlanInfo


def print_plan(plan: StoredPlanInfo, output: Output) -> None:
    rows = [
        ("plan", plan.id),
        ("application", plan.application),
        (plan.verb, ", ".join(plan.services) or "all services"),
        ("state", waiting(plan)),
        ("revision", plan.revision or ""),
        ("changes", changes(plan)),
        ("rolls", ", ".join(plan.rolls)),
        ("author", plan.author),
        ("cause", plan.cause),
        ("approved by", ", ".join(f"{each.by} ({each.role})" for each in plan.approvals)),
        ("created", plan.created_at),
        ("expires", plan.expires_at if plan.state == "open" else ""),
        ("operation", plan.operation),
    ]
    print_one(plan, output, rows)


def waiting(plan: StoredPlanInfo) -> str:
    """The state, with what it waits for."""
    return f"{plan.state}, needs another {plan.needs}" if plan.needs else plan.state


def changes(plan: StoredPlanInfo) -> str:
    """`+2 ~3 ±0 -1`, as far as there is any."""
    counted = (("+", plan.creates), ("~", plan.updates), ("±", plan.recreates), ("-", plan.deletes))
    return " ".join(f"{sign}{count}" for sign, count in counted if count)


def leave_planned(deployed: DeployedInfo, plan: StoredPlanInfo, output: Output) -> NoReturn:
    """Shows the plan, says what comes next, and exits with a code of its own."""
    if output == "table":
        print_plan(plan, output)
    else:
        print_data(deployed, output)
    apply, approve = f"`cantata plan apply {plan.id}`", f"`cantata plan approve {plan.id}`"
    next_ = apply if plan.needs is None else f"another {plan.needs} lets it by {approve}, then {apply}"
    print(f"the project demands a plan: {next_} goes on", file=sys.stderr)
    sys.exit(PLANNED)
