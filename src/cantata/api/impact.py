"""The route that tells what a config would change."""

from __future__ import annotations

from litestar import Router, post
from litestar.params import FromPath, JSONBody

from cantata.actions.impact import impact
from cantata.api.authentication import needs
from cantata.api.conditions import ThePorts
from cantata.api.pins import wanted_parent
from cantata.api.wire import object_plan_info
from cantata.contract.impact import ApplicationImpactInfo, ImpactInfo, ImpactRequest, ServiceImpactInfo
from cantata.core.decide.authorise import Noun, Verb
from cantata.core.model.impact import ApplicationImpact, Impact, ServiceImpact


@post("/", opt=needs(Verb.READ, Noun.CONFIG), status_code=200)
async def show_impact(
    ports: ThePorts, project: FromPath[str], name: FromPath[str], data: JSONBody[ImpactRequest]
) -> ImpactInfo:
    """Tell what saving this text would change in which applications. Nothing is stored."""
    extends = await wanted_parent(ports, project, data.extends)
    return impact_info(await impact(ports, project, name, data.text, extends=extends))


def impact_info(told: Impact) -> ImpactInfo:
    return ImpactInfo(told.config, tuple(map(_application_info, told.applications)), told.unread)


def _application_info(told: ApplicationImpact) -> ApplicationImpactInfo:
    return ApplicationImpactInfo(
        application=told.application,
        reach=told.reach.value,
        config=told.config,
        services=tuple(map(_service_info, told.services)),
        order=told.order,
        error=told.error,
    )


def _service_info(told: ServiceImpact) -> ServiceImpactInfo:
    return ServiceImpactInfo(
        service=told.service,
        action=told.action.value,
        rolls=told.rolls,
        objects=tuple(map(object_plan_info, told.objects)),
        keys=told.keys,
    )


router = Router("/configs/{name:str}/impact", route_handlers=[show_impact], tags=["config"])
