"""What the commands of `cantata config` share: options, and how versions are printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from cantata.cli.inputs import parse_version
from cantata.cli.output import Format, print_one

if TYPE_CHECKING:
    from cantata.contract.configs import ConfigVersionInfo, Extends

Parent = Annotated[
    str, Parameter(help="The parent config: NAME follows it, NAME@VERSION or NAME@TAG pins a version.")
]
Message = Annotated[str, Parameter(name=["--message", "-m"], help="Why, for the history.")]
Labels = Annotated[
    tuple[str, ...], Parameter(name=["--label", "-l"], negative="", help="KEY=VALUE; may be repeated.")
]
Expect = Annotated[int | None, Parameter(help="Refuse unless this is the latest version.")]


def parent_of(text: str) -> Extends | None:
    from cantata.contract.configs import Extends

    return Extends(*parse_version(text)) if text else None


def extends_text(extends: Extends | None) -> str:
    if extends is None:
        return ""
    return f"{extends.config}@{extends.version}" if extends.version else extends.config


def print_version(version: ConfigVersionInfo, output: Format) -> None:
    rows = [("config", f"{version.config}@{version.number}"), ("extends", extends_text(version.extends))]
    print_one(version, output, rows)


def one_line(value: Any) -> str:
    """A value for a cell of a table: of a text of several lines, the first."""
    import json

    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    first, _, rest = text.partition("\n")
    return f"{first} …" if rest else first
