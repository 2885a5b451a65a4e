"""Which services of an application are outdated, and deploying exactly these."""

from __future__ import annotations

from collections.abc import Mapping

from cantata.actions.assess import Assessed, Reading, Using, assess
from cantata.actions.begin import Deployed
from cantata.actions.deploy import deploy
from cantata.actions.given_values import GivenValues
from cantata.actions.ports import Ports
from cantata.core.model.access import Actor
from cantata.core.model.adjustments import UNADJUSTED
from cantata.core.model.applications import ServiceVersion
from cantata.core.model.configs import ConfigPin
from cantata.core.model.impact import Reach
from cantata.errors import CantataError, Category


class NotUpdatable(CantataError):
    """With what the application follows now, it could not be deployed."""

    category = Category.INVALID


async def update_outdated(
    ports: Ports,
    actor: Actor,
    project: str,
    name: str,
    *,
    cause: str = "",
    queue: bool = False,
    recreate: bool = False,
    lift_holds: bool = False,
) -> Deployed:
    """Deploys the services that a newer config, template or edit would change, and no others. Raises what
    `deploy` raises, and `NotUpdatable`."""
    using = await ports.store.read(
        lambda records: Reading(records).using(records.applications.get(project, name))
    )
    if using.reach is Reach.NOT_DEPLOYED:
        return await deploy(
            ports,
            actor,
            project,
            name,
            cause=cause,
            queue=queue,
            recreate=recreate,
            lift_holds=lift_holds,
        )
    assessed = await assess(ports, using, GivenValues(ports))
    if assessed.impact.reach is Reach.FAILED:
        raise NotUpdatable(
            f"application {name} cannot be updated: {assessed.impact.error}",
            subject=f"application {name}",
            hint="Correct the config or the template, then try again.",
        )
    services = tuple({each.service for each in assessed.impact.services} | _patched(using))
    if not services:
        return Deployed(None)
    why = cause or "update of what is outdated"
    return await deploy(
        ports,
        actor,
        project,
        name,
        services,
        cause=why,
        queue=queue,
        recreate=recreate,
        lift_holds=lift_holds,
    )


def reasons(using: Using, assessed: Assessed) -> Mapping[str, str]:
    """Why each service is outdated, by service."""
    patched = dict.fromkeys(_patched(using), "patches edited since")
    return patched | {
        each.service: _reason(using, each.service) + _failing(assessed) for each in assessed.impact.services
    }


def _patched(using: Using) -> set[str]:
    """Deployed services that run without the patches that they have by now."""
    latest = using.source.latest if using.source is not None else None
    wishes = using.application.adjustments
    return {
        name
        for name, version in (latest.services.items() if latest is not None else ())
        if not version.adjustments.undeployed
        and wishes.get(name, UNADJUSTED).patches != version.adjustments.patches
    }


def _reason(using: Using, service: str) -> str:
    source = using.source
    latest = source.latest if source is not None else None
    version = latest.services.get(service) if latest is not None else None
    if source is None or version is None:
        return "not deployed yet"
    newer = [f"config {_text(pin)}" for pin in source.chain.pins if not any(map(pin.same, version.config))]
    if source.template.number != version.template_version:
        newer.append(f"template {using.application.template}@{source.template.number}")
    return f"{', '.join(newer)} {_runs(version)}" if newer else "edited since"


def _runs(version: ServiceVersion) -> str:
    ran = ", ".join(map(_text, version.config))
    return f"(runs with {ran}, template version {version.template_version})"


def _failing(assessed: Assessed) -> str:
    return f"; cannot be deployed: {assessed.impact.error}" if assessed.impact.error else ""


def _text(pin: ConfigPin) -> str:
    return f"{pin.config}@{pin.version}"
