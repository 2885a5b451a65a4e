"""`cantata config impact`: what saving a text would change."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cantata.cli.inputs import DOCUMENT, read_text
from cantata.cli.output import Output, print_data
from cantata.cli.session import connect


async def impact(
    name: str,
    *,
    file: Annotated[Path, DOCUMENT],
    short: Annotated[bool, Parameter(negative="", help="Services only, without their fields.")] = False,
    output: Output = "table",
) -> None:
    """Show which services of which applications a text would change, before it is saved."""
    text = read_text(file)
    async with connect() as client:
        told = await client.configs.impact(name, text)
    if output != "table":
        print_data(told, output)
        return
    from cantata.cli.impact_text import impact_lines

    print("\n".join(impact_lines(told, objects=not short)))
