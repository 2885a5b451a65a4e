"""Routes that edit the files of a template: each makes a version."""

from __future__ import annotations

from litestar import Response, Router, delete, post
from litestar.params import FromPath, FromQuery, JSONBody

from cantata.actions.edit_template import (
    EditedTemplate,
    HowToEdit,
    add_template_service,
    edit_files,
    remove_template_service,
    rename_template_service,
)
from cantata.api.authentication import needs
from cantata.api.conditions import Expected, TheActor, ThePorts, tagged
from cantata.api.wire import finding_info, template_version_info
from cantata.contract.states import Bump
from cantata.contract.template_edits import (
    TemplateEdit,
    TemplateEditedInfo,
    TemplateServiceDraft,
    TemplateServiceRenameRequest,
)
from cantata.core.authoring import AddedService, WorkloadKind
from cantata.core.decide.authorise import Noun, Verb
from cantata.core.model.templates import Condition
from cantata.core.versions import BumpPart

EDIT = needs(Verb.EDIT, Noun.TEMPLATE)


@post("/edits", opt=EDIT, status_code=200)
async def edit(
    ports: ThePorts,
    actor: TheActor,
    project: FromPath[str],
    name: FromPath[str],
    data: JSONBody[TemplateEdit],
    expected: Expected,
) -> Response[TemplateEditedInfo]:
    """Edit files of the latest version. Honours If-Match, whose ETag is the version's number."""
    changes = {path: None if text is None else text.encode() for path, text in data.files.items()}
    how = _how(data.bump, expected)
    return _answer(name, await edit_files(ports, actor, project, name, changes, how))


@post("/services", opt=EDIT, status_code=200)
async def add(
    ports: ThePorts,
    actor: TheActor,
    project: FromPath[str],
    name: FromPath[str],
    data: JSONBody[TemplateServiceDraft],
    expected: Expected,
) -> Response[TemplateEditedInfo]:
    """Add a service to the latest version. Honours If-Match."""
    depends_on = {other: Condition(condition) for other, condition in data.depends_on.items()}
    service = AddedService(data.name, WorkloadKind(data.kind), data.image, data.port, depends_on)
    how = _how(data.bump, expected)
    return _answer(name, await add_template_service(ports, actor, project, name, service, how))


@post("/services/{service:str}/rename", opt=EDIT, status_code=200)
async def rename(
    ports: ThePorts,
    actor: TheActor,
    project: FromPath[str],
    name: FromPath[str],
    service: FromPath[str],
    data: JSONBody[TemplateServiceRenameRequest],
    expected: Expected,
) -> Response[TemplateEditedInfo]:
    """Rename a service of the latest version; a deploy moves it. Honours If-Match."""
    how = _how(data.bump, expected)
    edited = await rename_template_service(
        ports, actor, project, name, service, data.name, keep_values=data.keep_values, how=how
    )
    return _answer(name, edited)


@delete("/services/{service:str}", opt=EDIT, status_code=200)
async def remove(
    ports: ThePorts,
    actor: TheActor,
    project: FromPath[str],
    name: FromPath[str],
    service: FromPath[str],
    expected: Expected,
    bump: FromQuery[Bump] = "patch",
) -> Response[TemplateEditedInfo]:
    """Remove a service that no other one depends on. Honours If-Match."""
    how = _how(bump, expected)
    return _answer(name, await remove_template_service(ports, actor, project, name, service, how))


def _how(bump: Bump, expected: int | None) -> HowToEdit:
    return HowToEdit(None if bump == "none" else BumpPart(bump), expected)


def _answer(name: str, edited: EditedTemplate) -> Response[TemplateEditedInfo]:
    imported = edited.imported
    info = TemplateEditedInfo(
        version=template_version_info(name, imported.version),
        fresh=imported.fresh,
        findings=tuple(map(finding_info, imported.findings)),
        notes=edited.notes,
    )
    return tagged(info, imported.version.number)


router = Router("/templates/{name:str}", route_handlers=[edit, add, rename, remove], tags=["template"])
