"""`cantata template new`: a template to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cantata.cli.inputs import ArgumentInvalid

NEW_EXAMPLES = """Examples:
  cantata template new ./shop
  cantata template new ./shop --service api --service web"""


def new(
    folder: Annotated[Path, Parameter(help="Where its files go; none that is there is written over.")],
    *,
    name: Annotated[str, Parameter(help="What it is called; by default as the folder.")] = "",
    service: Annotated[
        list[str] | None,
        Parameter(help="Its services, in the order in which they start. Can be repeated.", negative=""),
    ] = None,
) -> None:
    """Write the files of a new template that works as it is. Needs no server."""
    from cantata.cli.chart_folder import write_new
    from cantata.core.authoring import new_template

    called = name or folder.expanduser().resolve().name
    if not called:
        raise ArgumentInvalid("say what the template is called, by --name")
    files = new_template(called, service or ("web",))
    write_new(folder, {path: text.encode() for path, text in files.items()})
    for path in files:
        print(f"  {folder / path}")
    shown = folder if folder.is_absolute() else f"./{folder}"
    print(f"template {called} is made; `cantata template import {called} {shown}` imports it")
