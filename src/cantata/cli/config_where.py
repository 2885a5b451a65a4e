"""`cantata config where`: what carries a key, and which pods have which version of it."""

from __future__ import annotations

from cantata.cli.output import Output, print_data
from cantata.cli.session import connect


async def where(name: str, key: str, *, output: Output = "table") -> None:
    """Show every template line, variable, file and object that carries a key, and what each pod has of it."""
    async with connect() as client:
        told = [application async for application in client.configs.where(name, key)]
    if output != "table":
        print_data(told, output)
        return
    from cantata.cli.where_text import where_lines

    print("\n".join(where_lines(name, key, told)))
