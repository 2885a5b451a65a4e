"""Routes of tokens and of the audit list."""

from __future__ import annotations

from typing import Any

from litestar import Request, Router, delete, get, post
from litestar.params import FromPath, JSONBody

from cantata.actions.access import create_token, delete_token, list_audit, list_tokens
from cantata.api.authentication import needs
from cantata.api.conditions import TheActor, ThePage, ThePorts, page_info
from cantata.api.wire import audit_info, token_info
from cantata.contract.access import AuditInfo, NewTokenInfo, TokenDraft, TokenInfo
from cantata.contract.pages import Page
from cantata.core.decide.authorise import Noun, Verb
from cantata.core.model.access import Role


@get("/", opt=needs(Verb.READ, Noun.TOKEN))
async def list_(ports: ThePorts, project: FromPath[str]) -> Page[TokenInfo]:
    """List tokens by name, never the tokens themselves."""
    return Page(tuple(token_info(row) for row in await list_tokens(ports, project)))


@post("/", opt=needs(Verb.CREATE, Noun.TOKEN))
async def create(
    ports: ThePorts, actor: TheActor, project: FromPath[str], data: JSONBody[TokenDraft]
) -> NewTokenInfo:
    """Make a token. It is in this answer and nowhere else."""
    token, row = await create_token(
        ports, actor, project, data.name, Role(data.role), expires_at=data.expires_at
    )
    return NewTokenInfo(token=token, info=token_info(row))


@delete("/{name:str}", opt=needs(Verb.DELETE, Noun.TOKEN))
async def remove(
    request: Request[Any, Any, Any],
    ports: ThePorts,
    actor: TheActor,
    project: FromPath[str],
    name: FromPath[str],
) -> None:
    """Take a token back. It ends at once on this server, within seconds on others."""
    await delete_token(ports, actor, project, name)
    request.app.state.gate.forget()


@get("/", opt=needs(Verb.READ, Noun.AUDIT))
async def audit(ports: ThePorts, page: ThePage, project: FromPath[str]) -> Page[AuditInfo]:
    """List who did what, newest first; refused attempts too."""
    rows = await list_audit(ports, project, page)
    return page_info(rows, page, audit_info, lambda row: row.id)


router = Router("/tokens", route_handlers=[list_, create, remove], tags=["token"])
audit_router = Router("/audit", route_handlers=[audit], tags=["audit"])
