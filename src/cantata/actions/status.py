"""What a person sees of applications: every service's state, from live objects and the journal."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cantata.actions.card_desk import card_of_unreachable
from cantata.actions.ports import Ports
from cantata.core.adjust import deployed_graph
from cantata.core.autoscaling import read_autoscaler
from cantata.core.cards import is_refusal
from cantata.core.health.application_health import application_state
from cantata.core.health.live_index import LiveIndex
from cantata.core.health.service_health import ServiceHealth, service_health
from cantata.core.model.adjustments import Adjustments
from cantata.core.model.applications import (
    Application,
    ObjectRecord,
    Operation,
    Revision,
    RevisionState,
    ServiceVersion,
)
from cantata.core.model.autoscaling import Autoscaler
from cantata.core.model.cards import FailureCard
from cantata.core.model.drift import Drift
from cantata.core.model.errors import ClusterCredentialsUnreadable
from cantata.core.model.holds import Hold
from cantata.core.model.states import ServiceState
from cantata.core.model.status import ApplicationStatus, ServiceStatus
from cantata.core.order.step import Milestone, Standing, runnable
from cantata.errors import CantataError, Category
from cantata.ports import ClusterSession, LiveApplication, Page, Records

log = logging.getLogger(__name__)

OBSERVE_SECONDS = 5.0
"""How long a status waits for a cluster that has not been looked at yet."""

AUTOSCALER = ("autoscaling", "HorizontalPodAutoscaler")

UP = (ServiceState.READY, ServiceState.PAUSED)
WELL = (*UP, ServiceState.NOT_DEPLOYED)

NOTHING = ServiceHealth(ServiceState.UNKNOWN)
UNREACHABLE = ServiceHealth(ServiceState.UNKNOWN, "the cluster cannot be reached")
UNDEPLOYED = ServiceHealth(ServiceState.NOT_DEPLOYED, "undeployed on purpose")


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of one application."""

    application: Application
    revision: Revision | None
    operation: Operation | None
    inventory: tuple[ObjectRecord, ...]
    outdated: Mapping[str, str]
    drift: Drift
    holds: tuple[Hold, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """What is seen of an application: `live`, or the `trouble` why nothing is."""

    session: ClusterSession | None = None
    live: LiveApplication | None = None
    trouble: CantataError | None = None


async def application_status(
    ports: Ports, project: str, name: str, *, cards: bool = True
) -> ApplicationStatus:
    """Raises `ApplicationNotFound`. An unreachable cluster makes the services `unknown`, not an error.
    Without `cards` nothing but the live copy is asked."""
    known = await ports.store.read(
        lambda records: read_known(records, records.applications.get(project, name))
    )
    return await _status(ports, known, cards=cards)


async def list_applications(
    ports: Ports,
    project: str,
    *,
    search: str = "",
    template: str = "",
    config: str = "",
    page: Page = Page(),
) -> Sequence[ApplicationStatus]:
    """By name, each with its services."""

    def read(records: Records) -> list[Known]:
        found = records.applications.list(project, search=search, template=template, config=config, page=page)
        return [read_known(records, application) for application in found]

    known = await ports.store.read(read)
    return await asyncio.gather(*(_status(ports, each) for each in known))


def read_known(records: Records, application: Application) -> Known:
    operations = records.operations.list(
        application.project, application_id=application.id, page=Page(limit=1)
    )
    return Known(
        application,
        records.revisions.find_latest(application.id),
        operations[0] if operations else None,
        tuple(records.inventory.list(application.id)),
        records.reviews.outdated(application.id),
        records.drift.find(application.id),
        tuple(records.holds.list(application.id)),
    )


async def _status(ports: Ports, known: Known, *, cards: bool = False) -> ApplicationStatus:
    if known.revision is None:
        return await status_of(ports, known, Look())
    return await status_of(ports, known, await look(ports, known.application, known.inventory), cards=cards)


async def status_of(ports: Ports, known: Known, seen: Look, *, cards: bool = False) -> ApplicationStatus:
    """From what is seen at this moment. `cards` says that failures are explained, for which the cluster is
    asked."""
    application, revision, live = known.application, known.revision, seen.live
    if revision is None:
        return ApplicationStatus(application, ServiceState.NOT_DEPLOYED, operation=known.operation)
    by_service: dict[str, list[ObjectRecord]] = {name: [] for name in revision.services}
    for record in known.inventory:
        if record.service in by_service and not record.hook:
            by_service[record.service].append(record)
    settled = revision.state is RevisionState.DEPLOYED
    begun = settled or any(record.desired for record in known.inventory)
    active = known.operation is not None and not known.operation.state.ended
    healths = {
        name: _health(records, live, revision.services[name].adjustments, settled=settled, active=active)
        if records
        else _bare_health(live, revision.services[name].adjustments, begun=begun)
        for name, records in by_service.items()
    }
    waiting = _waiting(known, healths)
    unseen = live.unseen if live is not None else ()
    failures = await _failures(ports, known, revision, seen, healths, by_service) if cards else {}
    services = tuple(
        _service(
            known,
            version,
            healths[name],
            waiting.get(name, ()),
            unseen,
            failures.get(name),
            _autoscalers(live, by_service[name]),
        )
        for name, version in sorted(revision.services.items())
    )
    return ApplicationStatus(
        application,
        application_state(service.state for service in services),
        revision.number,
        services,
        known.operation,
    )


class ClusterNotSeen(CantataError):
    """The live copy of a cluster is stale, or is not complete yet."""

    category = Category.UNAVAILABLE


async def observe(
    ports: Ports, application: Application, inventory: Iterable[ObjectRecord]
) -> LiveApplication | None:
    """None when the cluster cannot be reached."""
    return (await look(ports, application, inventory)).live


async def look(ports: Ports, application: Application, inventory: Iterable[ObjectRecord]) -> Look:
    kinds = {(record.key.group, record.key.kind) for record in inventory}
    silent = ClusterNotSeen(
        f"cluster {application.cluster} does not answer",
        subject=f"cluster {application.cluster}",
        hint="See to its API server, and to the way there; what runs in the cluster goes on.",
    )
    session = None
    try:
        session = await ports.clusters.get(application.project, application.cluster)
        async with asyncio.timeout(OBSERVE_SECONDS):
            live = await ports.live.observe(session, application.id, kinds)
    except TimeoutError:
        return Look(session, trouble=silent)
    except ClusterCredentialsUnreadable as error:
        return Look(trouble=error)
    except CantataError as error:
        if error.category in (Category.UNAVAILABLE, Category.FORBIDDEN):
            return Look(session, trouble=error)
        raise
    return Look(session, live) if live.synced else Look(session, trouble=silent)


async def _failures(
    ports: Ports,
    known: Known,
    revision: Revision,
    seen: Look,
    healths: Mapping[str, ServiceHealth],
    by_service: Mapping[str, Sequence[ObjectRecord]],
) -> dict[str, FailureCard]:
    """The cards of what live objects say; else those of the operation that runs, or ran last: of a service
    that is not well, and of one whose newest objects were refused, however well the ones before still do."""
    application, operation = known.application, known.operation
    cards = {
        card.service: card
        for card in (operation.failures if operation is not None else ())
        if is_refusal(card) or healths.get(card.service, NOTHING).state not in UP
    }
    if seen.trouble is not None:
        told = seen.trouble
        return {name: card_of_unreachable(application, name, told) for name in healths}
    live, session = seen.live, seen.session
    if live is None or session is None:
        return cards
    troubled = {name: health for name, health in healths.items() if health.causes}
    made = await asyncio.gather(
        *(
            ports.cards.of_cause(
                ports,
                session.cluster,
                application,
                revision,
                name,
                health.causes[0],
                live,
                [record.key for record in by_service[name]],
            )
            for name, health in troubled.items()
        ),
        return_exceptions=True,
    )
    for name, card in zip(troubled, made, strict=True):
        if isinstance(card, FailureCard):
            cards[name] = card
        else:
            # A defect in explaining what is wrong must not hide that something is.
            log.error("no failure card for service %s", name, exc_info=card)
    return cards


def _bare_health(live: LiveApplication | None, adjustments: Adjustments, *, begun: bool) -> ServiceHealth:
    """A service without an object of its own is undeployed on purpose, or has definitions only. They are the
    cluster's, in no inventory, and served before the first object is written."""
    if adjustments.undeployed:
        return UNDEPLOYED
    if live is None:
        return UNREACHABLE
    return ServiceHealth(ServiceState.READY if begun else ServiceState.NOT_DEPLOYED)


def _health(
    records: Sequence[ObjectRecord],
    live: LiveApplication | None,
    adjustments: Adjustments,
    *,
    settled: bool,
    active: bool,
) -> ServiceHealth:
    """A service is not judged by half of its objects: until the last one is applied it is on its way, or has
    been left half-done by an operation that ended."""
    if live is None:
        return UNREACHABLE
    if adjustments.undeployed:
        return _leaving(records, live)
    applied = [record for record in records if record.desired]
    missing = [record for record in records if not record.desired]
    if applied and missing:
        if active:
            return ServiceHealth(ServiceState.PROGRESSING, "being applied")
        left = ", ".join(str(record.key) for record in missing[:3])
        return ServiceHealth(
            ServiceState.DEGRADED,
            f"{len(missing)} object{'s' * (len(missing) > 1)} of the last deploy not applied: {left}",
        )
    finished = {record.key for record in applied if record.completed}
    keys = [record.key for record in applied]
    return service_health(
        keys,
        LiveIndex(live.family(keys)),
        paused=adjustments.paused,
        settled=settled,
        finished=finished,
    )


def _autoscalers(live: LiveApplication | None, records: Sequence[ObjectRecord]) -> tuple[Autoscaler, ...]:
    keys = [record.key for record in records if (record.key.group, record.key.kind) == AUTOSCALER]
    found = [live.find(key) for key in keys] if live is not None else []
    return tuple(read_autoscaler(each.manifest()) for each in found if each is not None)


def _leaving(records: Sequence[ObjectRecord], live: LiveApplication) -> ServiceHealth:
    """A service that is undeployed on purpose and still has records."""
    there = sum(live.find(record.key) is not None for record in records)
    if not there:
        return UNDEPLOYED
    return ServiceHealth(ServiceState.DELETING, f"{there} object{'s' * (there > 1)} still there")


def _waiting(known: Known, healths: dict[str, ServiceHealth]) -> dict[str, tuple[str, ...]]:
    """While an operation runs or has failed: what each service that is not there yet waits for."""
    revision = known.revision
    if revision is None or revision.state not in (RevisionState.OPEN, RevisionState.FAILED):
        return {}
    graph = deployed_graph(revision.services)
    step = runnable(graph, {name: _standing(health) for name, health in healths.items()})
    return {name: tuple(map(str, blockers)) for name, blockers in step.blocked.items()}


def _standing(health: ServiceHealth) -> Standing:
    if health.completed:
        return Standing(Milestone.COMPLETED)
    if health.state in (ServiceState.READY, ServiceState.PAUSED):
        return Standing(Milestone.READY)
    failure = health.message if health.state is ServiceState.FAILED else ""
    there = health.state is not ServiceState.NOT_DEPLOYED
    return Standing(Milestone.STARTED if there else Milestone.WAITING, failure)


def _service(
    known: Known,
    version: ServiceVersion,
    health: ServiceHealth,
    waiting: tuple[str, ...],
    unseen: tuple[str, ...],
    failure: FailureCard | None,
    autoscalers: tuple[Autoscaler, ...],
) -> ServiceStatus:
    """`unseen` matters to services that are not well: it may be what explains them."""
    state, message = health.state, health.message
    if waiting and state is ServiceState.NOT_DEPLOYED:
        state, message = ServiceState.PENDING, "; ".join(waiting)
    elif known.application.deleting and state is not ServiceState.NOT_DEPLOYED:
        state, message = ServiceState.DELETING, ""
    newest = version.config[0] if version.config else None
    return ServiceStatus(
        name=version.service,
        state=state,
        kind=health.kind or version.kind,
        ready=health.ready or 0,
        desired=health.desired or 0,
        images=health.images or version.images,
        config=f"{newest.config}@{newest.version}" if newest else "",
        revision=version.changed_in,
        message=message,
        blocked_by=waiting,
        notices=(
            *(f"{notice.object}: {notice.message}" for notice in health.notices),
            *(unseen if state not in WELL else ()),
        ),
        depends_on=tuple(version.depends_on),
        outdated=known.outdated.get(version.service, ""),
        drifted=tuple(each for each in known.drift.fields if each.service == version.service),
        held=tuple(hold.key for hold in known.holds if hold.service == version.service),
        failure=failure,
        autoscalers=autoscalers,
    )
