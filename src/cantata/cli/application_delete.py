"""`cantata app delete` and `forget`: the end of an application."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from cantata.cli.deploying import TO_THE_END, Follow, follow_operation
from cantata.cli.inputs import ArgumentInvalid
from cantata.cli.output import Output, print_data
from cantata.cli.session import connect

if TYPE_CHECKING:
    from cantata.contract.deletions import DeletePlanInfo, ForgottenInfo
    from cantata.contract.states import Also

DELETE_EXAMPLES = """Examples:
  cantata app delete shop-dev --dry-run
  cantata app delete shop-dev
  cantata app delete shop-dev --with-claims --with-namespace --yes"""

Yes = Annotated[bool, Parameter(name=["--yes", "-y"], negative="", help="Do not ask.")]


async def delete(
    name: str,
    *,
    with_claims: Annotated[
        bool, Parameter(negative="", help="Its PersistentVolumeClaims too, with their data.")
    ] = False,
    with_namespace: Annotated[
        bool, Parameter(negative="", help="Its namespace too, if Cantata made it and nothing else is in it.")
    ] = False,
    dry_run: Annotated[bool, Parameter(negative="", help="Only show what would go and stay.")] = False,
    yes: Yes = False,
    follow: Follow = TO_THE_END,
) -> None:
    """Delete an application and all that it deployed. Claims, CRDs and namespaces stay unless named."""
    named: list[tuple[bool, Also]] = [(with_claims, "claims"), (with_namespace, "namespace")]
    also = tuple(word for wanted, word in named if wanted)
    if not (yes or dry_run):
        _refuse_unasked(name, "deleting")
    async with connect() as client:
        if dry_run or not yes:
            plan = await client.applications.deletion(name, also)
            _show(plan, follow.output if dry_run else "table", to_error=not dry_run)
        if dry_run:
            return
        if not yes:
            _confirm(name, f"Delete application {name} and all that it deployed?")
        operation = await client.applications.delete(name, also)
        await follow_operation(client, operation, follow)


async def forget(name: str, *, yes: Yes = False, output: Output = "table") -> None:
    """Forget an application whose cluster is gone. What it deployed is left there, and listed."""
    if not yes:
        _refuse_unasked(name, "forgetting")
        _confirm(name, f"Forget application {name}? Its objects stay, and its history goes.")
    async with connect() as client:
        forgotten = await client.applications.forget(name)
    if output != "table":
        print_data(forgotten, output)
        return
    print("\n".join(_forgotten_lines(forgotten)))


def _refuse_unasked(name: str, doing: str) -> None:
    if not sys.stdin.isatty():
        raise ArgumentInvalid(f"{doing} application {name} needs --yes where nobody can be asked")


def _confirm(name: str, question: str) -> None:
    answer = input(f"{question} Type its name: ")
    if answer.strip() != name:
        raise ArgumentInvalid("that is not its name; nothing is done")


def _show(plan: DeletePlanInfo, output: Output, *, to_error: bool) -> None:
    if output != "table":
        print_data(plan, output)
        return
    print("\n".join(delete_lines(plan)), file=sys.stderr if to_error else sys.stdout)


def delete_lines(plan: DeletePlanInfo) -> Iterator[str]:
    """What goes by kind, what is lost, what may hold it up, what stays."""
    if plan.trouble:
        yield f"The cluster cannot be asked: {plan.trouble}"
    counted = ", ".join(f"{count} {kind}" for kind, count in plan.counts.items())
    yield f"goes:   {counted or 'nothing'}"
    for going in plan.going:
        if going.loses:
            yield f"LOST:   {going.object}: {going.loses}"
    for going in plan.going:
        for holder in going.holders:
            yield f"waits:  {going.object} for {holder.finalizer} ({holder.owner})"
    for staying in plan.staying:
        yield f"stays:  {staying.object}: {staying.why}"
    yield f"{'LOST' if plan.takes_namespace else 'stays'}:  {plan.namespace}" if plan.namespace else ""


def _forgotten_lines(forgotten: ForgottenInfo) -> Iterator[str]:
    number = f"{len(forgotten.orphans)} object{'s' * (len(forgotten.orphans) != 1)}"
    yield f"application {forgotten.application} is forgotten; {number} may be left in its cluster"
    for orphan in forgotten.orphans:
        yield f"  {orphan}"
