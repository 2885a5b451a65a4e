"""Routes of templates as a whole: cloned, deprecated."""

from __future__ import annotations

from litestar import Router, delete, post, put
from litestar.params import FromPath, JSONBody

from cantata.actions.clone_template import clone_template
from cantata.actions.deprecate_template import deprecate_template
from cantata.api.authentication import needs
from cantata.api.conditions import TheActor, ThePorts
from cantata.api.wire import template_info
from cantata.contract.templates import DeprecationRequest, TemplateCloneDraft, TemplateInfo
from cantata.core.decide.authorise import Noun, Verb

EDIT = needs(Verb.EDIT, Noun.TEMPLATE)


@post("/clone", opt=needs(Verb.CREATE, Noun.TEMPLATE))
async def clone(
    ports: ThePorts,
    actor: TheActor,
    project: FromPath[str],
    name: FromPath[str],
    data: JSONBody[TemplateCloneDraft],
) -> TemplateInfo:
    """Make another template with the latest version, or with all versions."""
    return template_info(await clone_template(ports, actor, project, name, data.name, history=data.history))


@put("/deprecation", opt=EDIT)
async def deprecate(
    ports: ThePorts,
    actor: TheActor,
    project: FromPath[str],
    name: FromPath[str],
    data: JSONBody[DeprecationRequest],
) -> TemplateInfo:
    """Warn whoever uses the template, with a word on what to take instead."""
    return template_info(await deprecate_template(ports, actor, project, name, data.message))


@delete("/deprecation", opt=EDIT, status_code=200)
async def undeprecate(
    ports: ThePorts, actor: TheActor, project: FromPath[str], name: FromPath[str]
) -> TemplateInfo:
    """Take a deprecation back."""
    return template_info(await deprecate_template(ports, actor, project, name, None))


router = Router("/templates/{name:str}", route_handlers=[clone, deprecate, undeprecate], tags=["template"])
