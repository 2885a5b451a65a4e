"""`cantata template service`: the services of a template, in a folder or in the store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from cantata.cli.inputs import ArgumentInvalid

if TYPE_CHECKING:
    from cantata.core.authoring import EditedFiles
    from cantata.core.model.templates import Condition

ADD_EXAMPLES = """Examples:
  cantata template service add . api --depends-on db
  cantata template service add ./shop migrate --kind job --image registry.example.com/migrate:1
  cantata template service add shop web --depends-on api --depends-on migrate:completed"""

app = App(
    name="service", help="Services of a template: in a folder on this machine, or of its latest version."
)

Target = Annotated[
    str,
    Parameter(
        name="template",
        help="The name of a template; or a folder, which has a `/` in it or is `.`, such as ./shop.",
    ),
]


@app.command(help_epilogue=ADD_EXAMPLES)
async def add(
    target: Target,
    service: str,
    *,
    kind: Annotated[
        Literal["deployment", "statefulset", "job", "cronjob"], Parameter(help="What runs its pods.")
    ] = "deployment",
    image: Annotated[str, Parameter(help="Its image; by default one that works.")] = "",
    port: Annotated[int | None, Parameter(help="Where it listens.")] = None,
    depends_on: Annotated[
        list[str] | None,
        Parameter(
            help="What it waits for: SERVICE, or SERVICE:CONDITION (started, ready, completed).", negative=""
        ),
    ] = None,
) -> None:
    """Add a service: its template, its section of values.yaml, and its place in cantata.yaml."""
    from cantata.core.authoring import AddedService, WorkloadKind, add_service

    wanted = dict(map(_dependency, depends_on or ()))
    added = AddedService(service, WorkloadKind(kind), image, port, wanted)
    _edit_folder(Path(target), lambda files: add_service(files, added))


@app.command
async def rename(
    target: Target,
    service: str,
    new_name: str,
    *,
    keep_values: Annotated[
        bool, Parameter(negative="", help="Its section of values.yaml keeps its name.")
    ] = False,
) -> None:
    """Rename a service wherever the template names it. A deploy moves it: nothing is made anew."""
    from cantata.core.authoring import rename_service

    _edit_folder(
        Path(target), lambda files: rename_service(files, service, new_name, keep_values=keep_values)
    )


@app.command
async def remove(target: Target, service: str) -> None:
    """Remove a service that no other one depends on."""
    from cantata.core.authoring import remove_service

    _edit_folder(Path(target), lambda files: remove_service(files, service))


def _dependency(text: str) -> tuple[str, Condition]:
    from cantata.core.model.templates import Condition

    service, _, condition = text.partition(":")
    try:
        return service, Condition(condition or Condition.READY)
    except ValueError as error:
        raise ArgumentInvalid(
            f"{condition!r} is no condition", hint=f"The conditions are {', '.join(Condition)}."
        ) from error


def _edit_folder(folder: Path, edit: Callable[[dict[str, bytes]], EditedFiles]) -> None:
    from cantata.cli.chart_folder import read_folder, write_changes

    before = read_folder(folder)
    edited = edit(before)
    for line in (*write_changes(folder, before, edited.files), *edited.notes):
        print(line)
