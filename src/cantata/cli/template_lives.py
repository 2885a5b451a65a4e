"""`cantata template clone`, `deprecate` and `undeprecate`."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from cantata.cli.output import Output, print_one
from cantata.cli.session import connect


async def clone(
    source: str,
    name: str,
    *,
    history: Annotated[bool, Parameter(negative="", help="With all of its versions.")] = False,
    output: Output = "table",
) -> None:
    """Make another template of one: its latest version, or all of them."""
    async with connect() as client:
        made = await client.templates.clone(source, name, history=history)
    print_one(made, output, [("template", f"{made.name}@{made.latest}"), ("description", made.description)])


async def deprecate(
    name: str,
    *,
    message: Annotated[str, Parameter(name=["--message", "-m"], help="What to take instead.")] = "",
) -> None:
    """Warn whoever makes applications of a template, deploys them, or imports another version."""
    async with connect() as client:
        await client.templates.deprecate(name, message)
    print(f"template {name} is deprecated")


async def undeprecate(name: str) -> None:
    """Take a deprecation back."""
    async with connect() as client:
        await client.templates.undeprecate(name)
    print(f"template {name} is not deprecated any more")
