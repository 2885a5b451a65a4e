"""`cantata config schema`: what the values of a config must be."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from cantata.cli.inputs import ArgumentInvalid, read_text
from cantata.cli.output import Output, print_one
from cantata.cli.session import connect

app = App(name="schema", help="The JSON Schema that a config is held against at every save.")


@app.command(name="set")
async def set_(
    name: str,
    *,
    file: Annotated[
        Path | None,
        Parameter(
            name=["--file", "-f"],
            allow_leading_hyphen=True,
            help="The schema, as JSON or YAML; `-` reads standard input.",
        ),
    ] = None,
    infer: Annotated[
        bool, Parameter(negative="", help="Infer it from what the config holds, and ask.")
    ] = False,
    yes: Annotated[bool, Parameter(name=["--yes", "-y"], negative="", help="Do not ask.")] = False,
) -> None:
    """Give a config a schema, from a file or inferred from its values. It and what follows it must fit."""
    if (file is None) != infer:
        raise ArgumentInvalid("give the schema by --file, or --infer it")
    async with connect() as client:
        if file is not None:
            schema = read_text(file)
        else:
            schema = (await client.configs.infer_schema(name)).schema
            print(schema, end="")
            if not yes:
                _confirm(name)
        await client.configs.set_schema(name, schema)
    print(f"config {name} has a schema")


@app.command
async def show(name: str, *, output: Output = "table") -> None:
    """Show the schema that a config is held against: its own, or the nearest that it extends."""
    async with connect() as client:
        found = await client.configs.schema(name)
    if output == "table":
        if found.config != name:
            print(f"# of config {found.config}")
        print(found.schema, end="" if found.schema.endswith("\n") else "\n")
    else:
        print_one(found, output, ())


@app.command
async def remove(name: str) -> None:
    """Take a config's own schema away."""
    async with connect() as client:
        await client.configs.remove_schema(name)
    print(f"config {name} has no schema of its own")


def _confirm(name: str) -> None:
    if not sys.stdin.isatty():
        raise ArgumentInvalid(
            f"setting this schema for config {name} needs --yes where nobody can be asked",
            hint="Or save it to a file, correct it, and give it by --file.",
        )
    if input(f"Set this schema for config {name}? [y/N] ").strip().lower() not in ("y", "yes"):
        raise ArgumentInvalid("nothing is set")
