"""`cantata config set`, `copy`, `rename` and `label`: changes without the whole text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from cantata.cli.config_options import Expect, Labels, Message, print_version
from cantata.cli.inputs import ArgumentInvalid, parse_labels, parse_version, read_secret_value
from cantata.cli.output import Output
from cantata.cli.session import connect

if TYPE_CHECKING:
    from cantata.contract.config_edits import KeyEdit


async def set_(
    name: str,
    *values: Annotated[str, Parameter(help="KEY=VALUE, such as db.port=5432; the value is YAML.")],
    remove: Annotated[tuple[str, ...], Parameter(negative="", help="A key that goes; may be repeated.")] = (),
    secret: Annotated[
        str, Parameter(help="A key whose value is secret: it is read, never given as an argument.")
    ] = "",
    from_file: Annotated[
        Path, Parameter(allow_leading_hyphen=True, help="Where the secret stands; `-` is standard input.")
    ] = Path("-"),
    string: Annotated[
        bool, Parameter(negative="", help="Every VALUE is text, whatever it looks like.")
    ] = False,
    message: Message = "",
    expect: Expect = None,
    output: Output = "table",
) -> None:
    """Set or remove single keys; everything else in the text stays as it is written."""
    changes = list(_changes(values, remove, string=string))
    if secret:
        changes.append(_secret(secret, read_secret_value(from_file)))
    if not changes:
        raise ArgumentInvalid("there is nothing to set", hint="Give KEY=VALUE, --remove KEY or --secret KEY.")
    async with connect() as client:
        version = await client.configs.set(name, changes, message=message, expected=expect)
    print_version(version, output)


def _changes(values: tuple[str, ...], remove: tuple[str, ...], *, string: bool) -> list[KeyEdit]:
    from cantata.contract.config_edits import KeyEdit

    changes = []
    for pair in values:
        key, equals, value = pair.partition("=")
        if not (key and equals):
            raise ArgumentInvalid(f"{pair!r} is not KEY=VALUE", hint="Such as db.port=5432.")
        # A JSON string is one in YAML too.
        changes.append(KeyEdit(key, json.dumps(value, ensure_ascii=False) if string or not value else value))
    return [*changes, *(KeyEdit(key, remove=True) for key in remove)]


def _secret(key: str, value: str) -> KeyEdit:
    from cantata.contract.config_edits import KeyEdit

    return KeyEdit(key, secret=value)


async def copy(
    name: str,
    new_name: str,
    *,
    label: Labels = (),
    message: Message = "",
    output: Output = "table",
) -> None:
    """Create a config from another, or from NAME@VERSION of it, with its parent and its secrets."""
    source, version = parse_version(name)
    async with connect() as client:
        made = await client.configs.copy(
            source, new_name, version=version, message=message, labels=parse_labels(label)
        )
    print_version(made, output)


async def rename(name: str, new_name: str) -> None:
    """Give a config another name. Applications and configs that use it follow."""
    async with connect() as client:
        await client.configs.describe(name, new_name=new_name)
    print(f"config {name} is {new_name} now")


async def label(
    name: str,
    *labels: Annotated[str, Parameter(help="KEY=VALUE, such as stage=dev.")],
    remove: Annotated[
        tuple[str, ...], Parameter(negative="", help="A label that goes; may be repeated.")
    ] = (),
) -> None:
    """Set or remove labels of a config; the others stay."""
    wanted: dict[str, str | None] = {**parse_labels(labels), **dict.fromkeys(remove)}
    if not wanted:
        raise ArgumentInvalid("there is no label to change", hint="Give KEY=VALUE or --remove KEY.")
    async with connect() as client:
        config = await client.configs.describe(name, labels=wanted)
    print(" ".join(f"{key}={value}" for key, value in config.labels.items()) or "no labels")
