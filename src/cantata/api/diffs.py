"""The route of diffs."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Router, get
from litestar.params import FromPath, FromQuery, QueryParameter

from cantata.actions.diff_edited import diff_edited
from cantata.actions.diff_live import diff_live
from cantata.actions.diff_recorded import diff_applications, diff_revisions
from cantata.actions.ports import Ports
from cantata.api.authentication import needs
from cantata.api.conditions import ThePorts
from cantata.api.errors import RequestInvalid
from cantata.api.wire import service_plan_info
from cantata.contract.diffs import DiffInfo, FileChangeInfo
from cantata.contract.plans import FoldedInfo, ValueChangeInfo
from cantata.core.decide.authorise import Noun, Verb
from cantata.core.model.diffs import Diff


@get("/{name:str}/diff", opt=needs(Verb.READ, Noun.APPLICATION))
async def diff(
    ports: ThePorts,
    project: FromPath[str],
    name: FromPath[str],
    old: Annotated[int | None, QueryParameter(name="from", ge=1, le=2**31)] = None,
    new: Annotated[int | None, QueryParameter(name="to", ge=1, le=2**31)] = None,
    other: Annotated[str, QueryParameter(name="with")] = "",
    live: FromQuery[bool] = False,
    service: FromQuery[list[str] | None] = None,
) -> DiffInfo:
    """Show what differs: between what was edited and what is deployed; between the revisions `from` and `to`;
    between what this application runs and what the one in `with` does; or, with `live`, between what is
    wanted and what is live. Of all services or of those that are named."""
    ways = {"from or to": old or new, "with": other, "live": live}
    named = [way for way, given in ways.items() if given]
    if len(named) > 1:
        raise RequestInvalid(
            f"`{named[0]}` and `{named[1]}` are two diffs", subject="query", hint="Ask for one at a time."
        )
    return diff_info(await _diff(ports, project, name, old, new, other, tuple(service or ()), live=live))


async def _diff(
    ports: Ports,
    project: str,
    name: str,
    old: int | None,
    new: int | None,
    other: str,
    services: tuple[str, ...],
    *,
    live: bool,
) -> Diff:
    if live:
        return await diff_live(ports, project, name, services)
    if other:
        return await diff_applications(ports, project, name, other, services)
    if old or new:
        return await diff_revisions(ports, project, name, old=old, new=new, services=services)
    return await diff_edited(ports, project, name, services)


def diff_info(found: Diff) -> DiffInfo:
    return DiffInfo(
        application=found.application,
        old=found.old,
        new=found.new,
        differs=found.differs,
        versions=msgspec.convert(found.versions, tuple[ValueChangeInfo, ...], from_attributes=True),
        files=tuple(
            FileChangeInfo(each.path, each.kind.value, each.added, each.removed) for each in found.files
        ),
        values=msgspec.convert(found.values, tuple[ValueChangeInfo, ...], from_attributes=True),
        services=tuple(map(service_plan_info, found.services)),
        folded=tuple(FoldedInfo(each.reason.value, each.count) for each in found.folded),
    )


router = Router("/applications", route_handlers=[diff], tags=["application"])
