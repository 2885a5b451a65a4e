"""Routes of holds: values that a rollback took away."""

from __future__ import annotations

from litestar import Router, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from cantata.actions.holds import NamedHold, lift_holds, list_holds
from cantata.api.authentication import needs
from cantata.api.conditions import TheActor, ThePage, ThePorts, page_info
from cantata.contract.holds import HoldInfo, LiftRequest
from cantata.contract.pages import Page
from cantata.core.decide.authorise import Noun, Verb


@get("/holds", opt=needs(Verb.READ, Noun.APPLICATION))
async def list_(
    ports: ThePorts, page: ThePage, project: FromPath[str], application: FromQuery[str] = ""
) -> Page[HoldInfo]:
    """List the values that are held, newest first."""
    rows = await list_holds(ports, project, application=application, page=page)
    return page_info(rows, page, _hold_info, lambda row: row.hold.id)


@post("/applications/{name:str}/holds/lift", opt=needs(Verb.OPERATE, Noun.APPLICATION), status_code=200)
async def lift(
    ports: ThePorts,
    actor: TheActor,
    project: FromPath[str],
    name: FromPath[str],
    data: JSONBody[LiftRequest],
) -> Page[HoldInfo]:
    """Lift the holds of a key of a service, or of all its keys. Gives those that were lifted."""
    lifted = await lift_holds(ports, actor, project, name, data.service, data.key)
    return Page(tuple(map(_hold_info, lifted)))


def _hold_info(row: NamedHold) -> HoldInfo:
    hold = row.hold
    return HoldInfo(
        id=hold.id,
        application=row.application,
        service=hold.service,
        key=hold.key,
        revision=hold.revision,
        author=hold.author,
        created_at=hold.created_at,
    )


router = Router("/", route_handlers=[list_, lift], tags=["hold"])
