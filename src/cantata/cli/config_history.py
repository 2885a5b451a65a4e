"""`cantata config history`, `diff`, `blame`, `rollback`, `tag`, `untag`, `tags`, `compare` and `tree`."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from cantata.cli.config_options import Expect, Message, extends_text, one_line, print_version
from cantata.cli.inputs import ArgumentInvalid, parse_version
from cantata.cli.options import Limit, newest
from cantata.cli.output import Output, age, print_data, print_list, print_one, print_table
from cantata.cli.session import connect

Version = Annotated[str, Parameter(help="A number or a tag.")]
Latest = Annotated[str, Parameter(help="A number or a tag; by default the latest.")]


async def history(
    name: str,
    *,
    limit: Limit = 50,
    output: Output = "table",
) -> None:
    """List the versions of a config, newest first, with their tags."""
    async with connect() as client:
        versions = await newest(client.configs.history(name), limit)
    print_list(
        versions,
        output,
        ["version", "tags", "extends", "author", "created", "message"],
        lambda version: (
            version.number,
            ",".join(version.tags),
            extends_text(version.extends),
            version.author,
            age(version.created_at),
            one_line(version.message),
        ),
    )


async def diff(
    name: str,
    old: Version,
    new: Latest = "",
    *,
    text: Annotated[bool, Parameter(negative="", help="Line by line, as `diff -u` does.")] = False,
    effective: Annotated[bool, Parameter(negative="", help="With all that they extend.")] = False,
    output: Output = "table",
) -> None:
    """Show which keys differ between two versions of a config. Of secrets only that they have changed."""
    if text and effective:
        raise ArgumentInvalid("--text and --effective contradict each other")
    async with connect() as client:
        if text:
            lines = await client.configs.diff_text(name, old, new)
        elif effective:
            compared = await client.configs.compare(name, [f"{name}@{new}" if new else name], version=old)
        else:
            found = await client.configs.diff(name, old, new)
    if output != "table":
        print_data(lines if text else compared if effective else found, output)
        return
    from cantata.cli.config_diff_text import comparison_lines, diff_lines

    if text:
        print(lines.text, end="")
    else:
        print("\n".join(comparison_lines(compared) if effective else diff_lines(found)))


async def blame(name: str, *, output: Output = "table") -> None:
    """Show which version last set each key. NAME may be NAME@VERSION or NAME@TAG."""
    config, version = parse_version(name)
    async with connect() as client:
        rows = [row async for row in client.configs.blame(config, version)]
    print_list(
        rows,
        output,
        ["key", "value", "version", "author", "set", "message"],
        lambda row: (
            row.key,
            one_line(row.value),
            row.version,
            row.author,
            age(row.created_at),
            one_line(row.message),
        ),
    )


async def rollback(
    name: str,
    version: Version,
    *,
    message: Message = "",
    expect: Expect = None,
    output: Output = "table",
) -> None:
    """Bring the text and the parent of an older version back, as a new version."""
    async with connect() as client:
        made = await client.configs.rollback(name, version, message=message, expected=expect)
    print_version(made, output)


async def tag(name: str, version: Version, tag: str, *, output: Output = "table") -> None:
    """Give a version a name, such as prod-2026-11. A tag moves only by being taken away first."""
    async with connect() as client:
        made = await client.configs.tag(name, tag, version)
    print_one(made, output, [("tag", made.name), ("config", f"{name}@{made.version}")])


async def untag(name: str, tag: str) -> None:
    """Take a tag away. The version stays."""
    async with connect() as client:
        await client.configs.untag(name, tag)
    print(f"tag {tag} of config {name} deleted")


async def tags(name: str, *, output: Output = "table") -> None:
    """List the tags of a config by name."""
    async with connect() as client:
        found = [tag async for tag in client.configs.tags(name)]
    print_list(
        found, output, ["tag", "version", "created"], lambda tag: (tag.name, tag.version, age(tag.created_at))
    )


async def compare(
    name: str,
    *others: Annotated[str, Parameter(help="NAME, NAME@VERSION or NAME@TAG.")],
    all_keys: Annotated[
        bool, Parameter(name="--all", negative="", help="Keys that are the same everywhere too.")
    ] = False,
    output: Output = "table",
) -> None:
    """Compare configs with all that they extend: a row for each key that differs."""
    if not others:
        raise ArgumentInvalid("there is nothing to compare with", hint="Name two configs or more.")
    config, version = parse_version(name)
    async with connect() as client:
        found = await client.configs.compare(config, others, version=version, all_keys=all_keys)
    if output != "table":
        print_data(found, output)
        return
    from cantata.cli.config_diff_text import comparison_rows

    print_table(["KEY", *found.columns], comparison_rows(found), capitals=False)
    print(f"{found.equal} keys are the same")


async def tree(name: str, *, output: Output = "table") -> None:
    """Show what a config extends, and which configs and applications use it."""
    config, version = parse_version(name)
    async with connect() as client:
        found = await client.configs.tree(config, version)
    if output != "table":
        print_data(found, output)
        return
    from cantata.cli.config_diff_text import tree_lines

    print("\n".join(tree_lines(found)))
