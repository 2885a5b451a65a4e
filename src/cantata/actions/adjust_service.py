"""Restart, scale, pause, resume and undeploy services: what runs stays what it is, nothing newer of config or
template comes along."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import msgspec

from cantata.actions.begin import Deployed, begin
from cantata.actions.desired import DesiredService, DesiredState
from cantata.actions.journal import refuse_deleting
from cantata.actions.last_ran import as_last_ran
from cantata.actions.plan import decide_all
from cantata.actions.ports import Ports
from cantata.actions.source import Source
from cantata.core.adjust import AdjustmentImpossible, deployed_graph, is_deployed
from cantata.core.model.access import Actor
from cantata.core.model.adjustments import UNADJUSTED, Adjustments
from cantata.core.model.applications import ServiceVersion, Verb
from cantata.core.model.errors import EditConflict, ServiceNotFound
from cantata.core.model.objects import Manifest
from cantata.core.model.templates import Condition
from cantata.core.order.scope import ALONE, Scope, widen
from cantata.errors import CantataError, Category


class ServiceNotDeployed(CantataError):
    """It is undeployed on purpose: there is nothing to change."""

    category = Category.CONFLICT


class ServiceNeeded(CantataError):
    """Others depend on it."""

    category = Category.CONFLICT


class ServicePaused(CantataError):
    """It has no pods on purpose."""

    category = Category.CONFLICT


class ServiceCompleted(CantataError):
    """Its Job has finished: there is nothing to pause."""

    category = Category.CONFLICT


class NothingSelected(CantataError):
    """No service was named, or none of all can be changed so."""

    category = Category.INVALID


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of which services. `every` means all for which it is possible; `replicas` None leaves
    their number to the template, and is read by `scale` alone. With `queue` it waits for what is under
    way."""

    verb: Verb
    services: tuple[str, ...] = ()
    every: bool = False
    scope: Scope = ALONE
    replicas: int | None = None
    cause: str = ""
    queue: bool = False


Change = Callable[[Adjustments, Ask, str], Adjustments]

CHANGES: Mapping[Verb, Change] = {
    Verb.RESTART: lambda has, _ask, now: msgspec.structs.replace(has, restarted_at=now),
    Verb.SCALE: lambda has, ask, _now: msgspec.structs.replace(has, replicas=ask.replicas),
    Verb.PAUSE: lambda has, _ask, _now: msgspec.structs.replace(has, paused=True),
    Verb.RESUME: lambda has, _ask, _now: msgspec.structs.replace(has, paused=False),
    Verb.UNDEPLOY: lambda has, _ask, _now: msgspec.structs.replace(has, undeployed=True),
}


async def adjust_services(ports: Ports, actor: Actor, project: str, name: str, ask: Ask) -> Deployed:
    """Makes a revision in which only these services changed; none when they are so already. What another
    request has changed meanwhile is taken as it is then.

    Raises `ServiceNotFound`, `ServiceNotDeployed`, `ServiceNeeded`, `ServicePaused`, `ServiceCompleted`,
    `NothingSelected`, `AdjustmentImpossible`, and what a deploy raises.
    """
    while True:
        with suppress(EditConflict):  # Another one came first, so somebody gets on in every round.
            return await _adjust(ports, actor, project, name, ask)


async def _adjust(ports: Ports, actor: Actor, project: str, name: str, ask: Ask) -> Deployed:
    source = await ports.store.read(lambda records: as_last_ran(records, Source.read(records, project, name)))
    refuse_deleting(source.application)
    present = _present(source)
    services = _selected(source, present, ask)
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    wishes = {each: CHANGES[ask.verb](_wish(source, each), ask, now) for each in services}
    state = _state(source, {each: replace(present[each], adjustments=wish) for each, wish in wishes.items()})
    session = await ports.clusters.get(project, source.application.cluster)
    prepared = await decide_all(ports, source, session, state, services)
    cause = ask.cause or _cause(ask)
    return await begin(ports, actor, prepared, ask.verb, services, cause, queue=ask.queue)


def _present(source: Source) -> dict[str, DesiredService]:
    """Every service as it ran last."""
    versions = source.latest.services if source.latest is not None else {}
    return {
        name: DesiredService.of(
            version, msgspec.json.decode(source.manifests[name], type=tuple[Manifest, ...])
        )
        for name, version in versions.items()
    }


def _state(source: Source, changed: Mapping[str, DesiredService]) -> DesiredState:
    latest = source.latest
    if latest is None:
        raise AssertionError("who has services has a revision")
    engine = next((version.engine for version in latest.services.values()), "")
    services = {**_present(source), **changed}
    return DesiredState(services, source.extras, engine, notes=latest.notes, inputs=latest.inputs)


def _wish(source: Source, service: str) -> Adjustments:
    """As it runs, but for what is asked of it since: patches that are given and not deployed stay so."""
    has = source.latest.services[service].adjustments if source.latest is not None else UNADJUSTED
    wanted = source.application.adjustments.get(service, UNADJUSTED)
    return msgspec.structs.replace(wanted, patches=has.patches)


def _selected(source: Source, present: Mapping[str, DesiredService], ask: Ask) -> tuple[str, ...]:
    for service in ask.services:
        if service not in present:
            raise ServiceNotFound(service, of=source.application.name, known=present)
    if ask.every:
        services = tuple(name for name in present if _is_possible(source, present, ask, name))
    else:
        services = _widened(source, present, ask)
        for service in services:
            _check(source, present, ask, service)
    if not services:
        raise NothingSelected(
            f"there is no service of {source.application.name} to {ask.verb}",
            subject=f"application {source.application.name}",
            hint="Name services, or mean all for which it is possible by `--all`.",
        )
    return services


def _widened(source: Source, present: Mapping[str, DesiredService], ask: Ask) -> tuple[str, ...]:
    """Raises `ServiceNeeded` for an undeploy that leaves others without what they depend on."""
    if not source.latest:
        return ask.services
    graph = deployed_graph(source.latest.services)
    there = [service for service in ask.services if is_deployed(present[service])]
    away = tuple(service for service in ask.services if service not in there)
    services = (*widen(graph, there, ask.scope), *away)
    needing = [each for each in graph.dependent_closure(there) if each not in services]
    if ask.verb is Verb.UNDEPLOY and needing:
        needed = ", ".join(there)
        raise ServiceNeeded(
            f"{', '.join(needing)} would be left without {needed}",
            subject=f"service {needed}",
            hint="`--with-dependents` undeploys them, too.",
        )
    return services


def _is_possible(source: Source, present: Mapping[str, DesiredService], ask: Ask, service: str) -> bool:
    wish = CHANGES[ask.verb](_wish(source, service), ask, "now")
    try:
        _check(source, present, ask, service)
        replace(present[service], adjustments=wish).adjusted()
    except (AdjustmentImpossible, ServiceNotDeployed, ServicePaused, ServiceCompleted, ServiceNeeded):
        return False
    return True


def _check(source: Source, present: Mapping[str, DesiredService], ask: Ask, service: str) -> None:
    """Raises `ServiceNotDeployed`, `ServicePaused`, `ServiceCompleted`, `ServiceNeeded`."""
    subject, has = f"service {service}", present[service].adjustments
    if has.undeployed and ask.verb is not Verb.UNDEPLOY:
        raise ServiceNotDeployed(
            f"service {service} is undeployed, so there is nothing to {ask.verb}",
            subject=subject,
            hint=f"`cantata service deploy {source.application.name} {service}` brings it back.",
        )
    if has.paused and ask.verb is Verb.RESTART:
        raise ServicePaused(
            f"service {service} is paused, so there is nothing to restart",
            subject=subject,
            hint=f"`cantata service resume {source.application.name} {service}` starts it.",
        )
    if ask.verb is Verb.PAUSE and not has.paused:
        _check_job(source, present, service)


def _check_job(source: Source, present: Mapping[str, DesiredService], service: str) -> None:
    """A Job that has finished would run again when it is resumed; one that others wait for would hold them up
    without end."""
    if any(record.completed for record in source.inventory if record.service == service):
        raise ServiceCompleted(
            f"the Job of service {service} has completed, so there is nothing to pause",
            subject=f"service {service}",
        )
    waiting = [name for name, each in present.items() if each.depends_on.get(service) is Condition.COMPLETED]
    if waiting:
        raise ServiceNeeded(
            f"{_words(waiting)} until service {service} has completed",
            subject=f"service {service}",
            hint="Cancel the operation that deploys them (`cantata operation cancel`) instead.",
        )


def _words(waiting: Iterable[str]) -> str:
    names = sorted(waiting)
    return f"{', '.join(names)} wait{'s' if len(names) == 1 else ''}"


def _cause(ask: Ask) -> str:
    if ask.verb is not Verb.SCALE:
        return ask.verb.value
    return "scale to what the template says" if ask.replicas is None else f"scale to {ask.replicas}"


def adjusted_words(version: ServiceVersion) -> tuple[str, ...]:
    """What is asked of a service, in words."""
    has = version.adjustments
    told = (
        (has.undeployed, "undeployed"),
        (has.paused, "paused"),
        (has.replicas is not None, f"scaled to {has.replicas}"),
        (bool(has.restarted_at), f"restarted at {has.restarted_at}"),
        (bool(has.patches), f"{len(has.patches)} patch{'es' if len(has.patches) != 1 else ''}"),
    )
    return tuple(words for is_so, words in told if is_so)
