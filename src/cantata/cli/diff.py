"""`cantata app diff` and `cantata service diff`: two states held against each other."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from cantata.cli.inputs import ArgumentInvalid
from cantata.cli.options import Application, Services
from cantata.cli.output import Output, print_data
from cantata.cli.session import connect
from cantata.errors import DIFFERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cantata.contract.diffs import DiffInfo

DIFF_EXAMPLES = """Examples:
  cantata app diff shop-dev
  cantata app diff shop-dev web catalog
  cantata app diff shop-dev --from 3 --to 5
  cantata app diff shop-dev --with shop-prod
  cantata app diff shop-dev --live --exit-code"""

From = Annotated[
    int | None, Parameter(name="--from", help="A revision; by default the one before that of --to.")
]
To = Annotated[int | None, Parameter(help="A revision; by default the one that is deployed.")]
With = Annotated[str, Parameter(name="--with", help="Another application: what it runs.")]
Live = Annotated[bool, Parameter(negative="", help="What is wanted, and what is live in the cluster.")]
ExitCode = Annotated[bool, Parameter(negative="", help="Exit with 1 when something differs, as `git diff`.")]
SideBySide = Annotated[bool, Parameter(negative="", help="Old on the left, new on the right.")]


async def diff(
    name: str,
    services: Services = None,
    *,
    from_: From = None,
    to: To = None,
    other: With = "",
    live: Live = False,
    exit_code: ExitCode = False,
    side_by_side: SideBySide = False,
    output: Output = "table",
) -> None:
    """Show what differs between what was edited and what is deployed: what the next deploy would change.

    With --from or --to between two revisions, with --with between two applications, with --live between what
    is wanted and what is live.
    """
    found = await ask(name, services or (), old=from_, new=to, other=other, live=live)
    show(found, exit_code=exit_code, side_by_side=side_by_side, output=output)


async def diff_service(
    name: Application,
    service: str,
    *,
    from_: From = None,
    to: To = None,
    other: With = "",
    live: Live = False,
    exit_code: ExitCode = False,
    side_by_side: SideBySide = False,
    output: Output = "table",
) -> None:
    """Show what differs of one service: edited and deployed, two revisions, two applications, wanted and
    live."""
    found = await ask(name, (service,), old=from_, new=to, other=other, live=live)
    show(found, exit_code=exit_code, side_by_side=side_by_side, output=output)


async def ask(
    name: str, services: Sequence[str], *, old: int | None, new: int | None, other: str, live: bool
) -> DiffInfo:
    ways = {"--from and --to": old or new, "--with": other, "--live": live}
    given = [way for way, value in ways.items() if value]
    if len(given) > 1:
        raise ArgumentInvalid(f"{given[0]} and {given[1]} are two diffs: ask for one at a time")
    async with connect() as client:
        return await client.applications.diff(name, services, old=old, new=new, other=other, live=live)


def show(found: DiffInfo, *, exit_code: bool, side_by_side: bool, output: Output) -> None:
    if output != "table":
        print_data(found, output)
    else:
        from cantata.cli.diff_text import diff_lines

        width = shutil.get_terminal_size((120, 24)).columns if side_by_side else 0
        print("\n".join(diff_lines(found, width=width)))
    if exit_code and found.differs:
        sys.exit(DIFFERS)
