"""Routes that bring an application to another version of its template."""

from __future__ import annotations

import msgspec
from litestar import Router, post
from litestar.params import FromPath, JSONBody

from cantata.actions.upgrade_application import preview_upgrade, upgrade_application
from cantata.actions.upgrade_plan import Upgrade, UpgradeWish
from cantata.api.authentication import needs
from cantata.api.conditions import TheActor, TheOnce, ThePorts
from cantata.api.wire import application_info, plan_info
from cantata.contract.applications import ApplicationInfo
from cantata.contract.errors import DetailInfo, PlaceInfo, error_info
from cantata.contract.upgrades import (
    ServiceUpgradeInfo,
    UpgradeInfo,
    UpgradeKeyInfo,
    UpgradeRequest,
    UpgradeValueInfo,
    UpgradeVersionInfo,
)
from cantata.core.decide.authorise import Noun, Verb
from cantata.core.model.templates import TemplateVersion
from cantata.core.upgrade import Choices, ValueUpgrade, written_in
from cantata.core.values import Leaf
from cantata.errors import Detail


@post("/{name:str}/upgrade/preview", opt=needs(Verb.READ, Noun.APPLICATION), status_code=200)
async def preview(
    ports: ThePorts, project: FromPath[str], name: FromPath[str], data: JSONBody[UpgradeRequest]
) -> UpgradeInfo:
    """Show what another version of the template means for the application's own values, for its services, and
    what a deploy would change then. Nothing is stored."""
    return upgrade_info(await preview_upgrade(ports, project, name, _wish(data)))


@post("/{name:str}/upgrade", opt=needs(Verb.EDIT, Noun.APPLICATION), status_code=200)
async def upgrade(
    ports: ThePorts,
    actor: TheActor,
    once: TheOnce,
    project: FromPath[str],
    name: FromPath[str],
    data: JSONBody[UpgradeRequest],
) -> UpgradeInfo:
    """Let the application have another version of its template, with the choices for its own values. Nothing
    is deployed yet. Refused while a conflict is not decided."""

    async def act() -> UpgradeInfo:
        told = await upgrade_application(ports, actor, project, name, _wish(data))
        stored = await ports.store.read(lambda records: records.applications.get(project, name))
        return upgrade_info(told, application_info(stored))

    return await once(UpgradeInfo, act)


def _wish(data: UpgradeRequest) -> UpgradeWish:
    choices = Choices(data.take, data.keep, data.values)
    return UpgradeWish(data.to, choices, data.to_config, data.drop)


def upgrade_info(told: Upgrade, result: ApplicationInfo | None = None) -> UpgradeInfo:
    trouble = told.blocked or told.trouble
    return UpgradeInfo(
        application=told.application,
        template=told.template,
        old=_version_info(told.old),
        new=_version_info(told.new),
        keys=tuple(map(_key_info, told.values)),
        services=msgspec.convert(told.services, tuple[ServiceUpgradeInfo, ...], from_attributes=True),
        undecided=len(told.undecided),
        blocked=bool(told.violations or told.lost_overrides or told.blocked),
        violations=tuple(map(_detail_info, told.violations)),
        trouble=error_info(trouble) if trouble is not None else None,
        plan=plan_info(told.plan) if told.plan is not None else None,
        config=told.config,
        config_users=told.config_users,
        result=result,
    )


def _version_info(version: TemplateVersion) -> UpgradeVersionInfo:
    return UpgradeVersionInfo(version.number, version.chart.version, version.chart.digest)


def _key_info(each: ValueUpgrade) -> UpgradeKeyInfo:
    return UpgradeKeyInfo(
        key=each.key,
        path=each.path,
        kind=each.kind.value,
        old=_value_info(each.old),
        new=_value_info(each.new),
        mine=_value_info(each.mine),
        service=each.service,
        type_changed=each.type_changed,
        required=each.required,
        description=each.description,
        moved=".".join(each.moved or ()),
        choice=each.choice.value if each.choice is not None else None,
    )


def _value_info(leaf: Leaf | None) -> UpgradeValueInfo | None:
    if leaf is None:
        return None
    written = tuple(
        PlaceInfo(each.origin.layer, each.origin.line, each.origin.column, each.key)
        for each in written_in(leaf)
    )
    return UpgradeValueInfo(leaf.value, written, leaf.secret)


def _detail_info(detail: Detail) -> DetailInfo:
    place = detail.place
    return DetailInfo(detail.message, PlaceInfo(place.file, place.line, place.column, place.key))


router = Router("/applications", route_handlers=[preview, upgrade], tags=["application"])
