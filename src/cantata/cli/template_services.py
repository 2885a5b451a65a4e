"""`cantata template service`: the services of a template, in a folder or in the store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from cantata.cli.inputs import ArgumentInvalid
from cantata.cli.output import Output
from cantata.cli.session import connect
from cantata.cli.template_edit import Bump, print_edited
from cantata.contract.states import Condition, WorkloadKind
from cantata.contract.template_edits import TemplateServiceDraft, TemplateServiceRenameRequest

if TYPE_CHECKING:
    from cantata.core.authoring import EditedFiles

ADD_EXAMPLES = """Examples:
  cantata template service add . api --depends-on db
  cantata template service add ./shop migrate --kind job --image registry.example.com/migrate:1
  cantata template service add shop web --depends-on api --depends-on migrate:completed"""

CONDITIONS: dict[str, Condition] = {"started": "started", "ready": "ready", "completed": "completed"}

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
Files = dict[str, bytes]


@app.command(help_epilogue=ADD_EXAMPLES)
async def add(
    target: Target,
    service: str,
    *,
    kind: Annotated[WorkloadKind, Parameter(help="What runs its pods.")] = "deployment",
    image: Annotated[str, Parameter(help="Its image; by default one that works.")] = "",
    port: Annotated[int | None, Parameter(help="Where it listens.")] = None,
    depends_on: Annotated[
        list[str] | None,
        Parameter(
            help="What it waits for: SERVICE, or SERVICE:CONDITION (started, ready, completed).", negative=""
        ),
    ] = None,
    bump: Bump = "patch",
    output: Output = "table",
) -> None:
    """Add a service: its template, its section of values.yaml, and its place in cantata.yaml."""
    draft = TemplateServiceDraft(service, kind, image, port, dict(map(_dependency, depends_on or ())), bump)
    if _is_folder(target):
        _edit_folder(Path(target), lambda files: _added(files, draft))
        return
    async with connect() as client:
        print_edited(await client.templates.add_service(target, draft), output)


@app.command
async def rename(
    target: Target,
    service: str,
    new_name: str,
    *,
    keep_values: Annotated[
        bool, Parameter(negative="", help="Its section of values.yaml keeps its name.")
    ] = False,
    bump: Bump = "patch",
    output: Output = "table",
) -> None:
    """Rename a service wherever the template names it. A deploy moves it: nothing is made anew."""
    from cantata.core.authoring import rename_service

    if _is_folder(target):
        _edit_folder(
            Path(target), lambda files: rename_service(files, service, new_name, keep_values=keep_values)
        )
        return
    request = TemplateServiceRenameRequest(new_name, keep_values, bump)
    async with connect() as client:
        print_edited(await client.templates.rename_service(target, service, request), output)


@app.command
async def remove(target: Target, service: str, *, bump: Bump = "patch", output: Output = "table") -> None:
    """Remove a service that no other one depends on."""
    from cantata.core.authoring import remove_service

    if _is_folder(target):
        _edit_folder(Path(target), lambda files: remove_service(files, service))
        return
    async with connect() as client:
        print_edited(await client.templates.remove_service(target, service, bump=bump), output)


def _is_folder(target: str) -> bool:
    """No template has a slash in its name."""
    return "/" in target or target in (".", "..")


def _dependency(text: str) -> tuple[str, Condition]:
    service, _, written = text.partition(":")
    condition = CONDITIONS.get(written or "ready")
    if condition is None:
        raise ArgumentInvalid(f"{written!r} is no condition", hint=f"They are {', '.join(CONDITIONS)}.")
    return service, condition


def _added(files: Files, draft: TemplateServiceDraft) -> EditedFiles:
    from cantata.core.authoring import AddedService, add_service
    from cantata.core.authoring import WorkloadKind as Kind
    from cantata.core.model.templates import Condition as Known

    conditions = {other: Known(condition) for other, condition in draft.depends_on.items()}
    return add_service(files, AddedService(draft.name, Kind(draft.kind), draft.image, draft.port, conditions))


def _edit_folder(folder: Path, edit: Callable[[Files], EditedFiles]) -> None:
    from cantata.cli.chart_folder import read_folder, write_changes

    before = read_folder(folder)
    edited = edit(before)
    for line in (*write_changes(folder, before, edited.files), *edited.notes):
        print(line)
