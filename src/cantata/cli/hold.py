"""`cantata hold`: values that a rollback took away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from cantata.cli.options import Application, OfApplication
from cantata.cli.output import Output, age, print_list
from cantata.cli.session import connect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cantata.contract.holds import HoldInfo

app = App(name="hold", help="Holds: values that a rollback took away, and nothing brings back by itself.")


@app.command(name="list")
async def list_(
    *,
    application: OfApplication = "",
    output: Output = "table",
) -> None:
    """List the values that are held, newest first."""
    async with connect() as client:
        found = [hold async for hold in client.holds.list(application)]
    _print(found, output)


@app.command
async def lift(
    application: Application,
    service: str,
    key: Annotated[str, Parameter(help="Only this key; by default all of the service.")] = "",
    *,
    output: Output = "table",
) -> None:
    """Lift holds, so that the values may come back, and print them."""
    async with connect() as client:
        lifted = await client.holds.lift(application, service, key)
    _print(lifted, output)


def _print(holds: Sequence[HoldInfo], output: Output) -> None:
    print_list(
        holds,
        output,
        ["application", "service", "key", "revision", "author", "created"],
        lambda hold: (
            hold.application,
            hold.service,
            hold.key,
            hold.revision,
            hold.author,
            age(hold.created_at),
        ),
    )
