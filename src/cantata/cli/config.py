"""`cantata config`: configs and their versions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from cantata.cli.config_impact import impact
from cantata.cli.config_import import import_
from cantata.cli.config_secrets import reveal
from cantata.cli.config_where import where
from cantata.cli.inputs import DOCUMENT, ArgumentInvalid, parse_pinned, read_text
from cantata.cli.output import Output, print_list, print_one
from cantata.cli.session import connect

if TYPE_CHECKING:
    from cantata.contract.configs import ConfigVersionInfo, Extends

app = App(name="config", help="Configs and their versions.")
app.command(impact)
app.command(import_, name="import")
app.command(reveal)
app.command(where)

Parent = Annotated[str, Parameter(help="The parent config, as NAME to follow it or NAME@VERSION.")]
Message = Annotated[str, Parameter(name=["--message", "-m"], help="Why, for the history.")]


@app.command
async def create(
    name: str,
    *,
    file: Annotated[Path, DOCUMENT],
    from_: Annotated[
        Literal["yaml", "dotenv", "properties", "json"],
        Parameter(name="--from", help="What the file is; it becomes YAML."),
    ] = "yaml",
    extends: Parent = "",
    message: Message = "",
    output: Output = "table",
) -> None:
    """Create a config with its first version."""
    text = read_text(file)
    async with connect() as client:
        version = await client.configs.create(
            name, text, extends=_parent(extends) if extends else None, message=message, format=from_
        )
    _print_version(version, output)


@app.command
async def edit(
    name: str,
    *,
    file: Annotated[Path | None, DOCUMENT] = None,
    extends: Parent = "",
    no_extends: Annotated[bool, Parameter(negative="", help="Take the parent away.")] = False,
    message: Message = "",
    expect: Annotated[int | None, Parameter(help="Refuse unless this is the latest version.")] = None,
    output: Output = "table",
) -> None:
    """Save the next version, from a file or from your $EDITOR. Equal content makes no version."""
    import msgspec

    if extends and no_extends:
        raise ArgumentInvalid("--extends and --no-extends contradict each other")
    parent = None if no_extends else _parent(extends) if extends else msgspec.UNSET
    text = read_text(file) if file else ""
    async with connect() as client:
        if not file:
            from cantata.cli.editor import edit_text

            latest = await client.configs.show(name)
            expect = latest.number if expect is None else expect
            text = edit_text(latest.text, name)
        version = await client.configs.edit(name, text, extends=parent, message=message, expected=expect)
    _print_version(version, output)


@app.command
async def show(
    name: str,
    *,
    version: Annotated[int | None, Parameter(help="Which one; by default the latest.")] = None,
    effective: Annotated[
        bool, Parameter(negative="", help="Every entry over the parent's, with where it comes from.")
    ] = False,
    output: Output = "table",
) -> None:
    """Show a version of a config as it was written, or its effective entries. Secrets are masked."""
    async with connect() as client:
        if effective:
            leaves = [leaf async for leaf in client.configs.effective(name, version)]
        else:
            found = await client.configs.show(name, version)
    if effective:
        print_list(
            leaves,
            output,
            ["key", "value", "from", "line"],
            lambda leaf: (
                leaf.key,
                one_line(leaf.value),
                leaf.origin,
                leaf.line or "",
            ),
        )
    elif output == "table":
        print(found.text, end="" if found.text.endswith("\n") else "\n")
    else:
        print_one(found, output, ())


def one_line(value: object) -> str:
    """A value for a cell of a table: of a text of several lines, the first."""
    import json

    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    first, _, rest = text.partition("\n")
    return f"{first} …" if rest else first


@app.command(name="list")
async def list_(*, search: str = "", output: Output = "table") -> None:
    """List configs by name."""
    async with connect() as client:
        configs = [config async for config in client.configs.list(search)]
    print_list(
        configs,
        output,
        ["name", "latest", "created"],
        lambda config: (config.name, config.latest, config.created_at),
    )


@app.command
async def history(name: str, *, output: Output = "table") -> None:
    """List the versions of a config, newest first."""
    async with connect() as client:
        versions = [version async for version in client.configs.history(name)]
    print_list(
        versions,
        output,
        ["version", "extends", "author", "created", "message"],
        lambda version: (
            version.number,
            _extends_text(version.extends),
            version.author,
            version.created_at,
            version.message,
        ),
    )


@app.command
async def delete(name: str) -> None:
    """Delete a config that nobody uses."""
    async with connect() as client:
        await client.configs.delete(name)
    print(f"config {name} deleted")


def _parent(text: str) -> Extends:
    from cantata.contract.configs import Extends

    name, number = parse_pinned(text)
    return Extends(name, number)


def _extends_text(extends: Extends | None) -> str:
    if extends is None:
        return ""
    return f"{extends.config}@{extends.version}" if extends.version else extends.config


def _print_version(version: ConfigVersionInfo, output: Output) -> None:
    rows = [("config", f"{version.config}@{version.number}"), ("extends", _extends_text(version.extends))]
    print_one(version, output, rows)
