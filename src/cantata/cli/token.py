"""`cantata token`: tokens for people and programs."""

from __future__ import annotations

import sys
from typing import Annotated

from cyclopts import App, Parameter

from cantata.cli.output import Output, age, print_data, print_list
from cantata.cli.session import connect
from cantata.contract.states import Role

app = App(name="token", help="Tokens for people and programs.")


@app.command
async def create(
    name: str,
    *,
    role: Annotated[Role, Parameter(help="Each may do what the ones before it may.")] = "viewer",
    expires: Annotated[str, Parameter(help="UTC, such as 2030-12-31T00:00:00Z; by default never.")] = "",
    output: Output = "table",
) -> None:
    """Make a token and print it, this once: `cantata token create ci --role operator > ci-token`."""
    async with connect() as client:
        made = await client.tokens.create(name, role, expires)
    if output == "table":
        print(f"token {name} with role {role}:", file=sys.stderr)
        print(made.token)
    else:
        print_data(made, output)


@app.command(name="list")
async def list_(*, output: Output = "table") -> None:
    """List tokens by name, never the tokens themselves."""
    async with connect() as client:
        tokens = [token async for token in client.tokens.list()]
    print_list(
        tokens,
        output,
        ["name", "role", "created", "expires"],
        lambda token: (token.name, token.role, age(token.created_at), token.expires_at or "never"),
    )


@app.command
async def delete(name: str) -> None:
    """Take a token back."""
    async with connect() as client:
        await client.tokens.delete(name)
    print(f"token {name} deleted")
