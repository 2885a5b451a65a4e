"""One service: how it is, what it runs, what is asked of it, and its objects."""

from __future__ import annotations

from dataclasses import dataclass

from cantata.actions.ports import Ports
from cantata.actions.status import application_status, observe
from cantata.core.health.table import observe_health
from cantata.core.model.adjustments import UNADJUSTED, Adjustments
from cantata.core.model.applications import Application, ObjectRecord, ServiceVersion
from cantata.core.model.errors import ServiceNotFound
from cantata.core.model.objects import ObjectKey
from cantata.core.model.states import HealthState
from cantata.core.model.status import ServiceStatus
from cantata.ports import LiveApplication, Records


@dataclass(frozen=True, slots=True)
class ObjectState:
    """`state` is None for an object that is not there; `message` says what is to be said of it."""

    key: ObjectKey
    state: HealthState | None
    message: str = ""


@dataclass(frozen=True, slots=True)
class ServiceDetails:
    """`version` is what the latest revision has; `overrides` and `adjustments` are what the next deploy of it
    takes."""

    application: str
    status: ServiceStatus
    version: ServiceVersion
    overrides: str
    adjustments: Adjustments
    objects: tuple[ObjectState, ...]


async def show_service(ports: Ports, project: str, name: str, service: str) -> ServiceDetails:
    """Raises `ApplicationNotFound`, `ServiceNotFound`."""

    def read(records: Records) -> tuple[Application, dict[str, ServiceVersion], tuple[ObjectRecord, ...]]:
        application = records.applications.get(project, name)
        latest = records.revisions.find_latest(application.id)
        inventory = tuple(each for each in records.inventory.list(application.id) if each.service == service)
        return application, latest.services if latest is not None else {}, inventory

    application, versions, inventory = await ports.store.read(read)
    status = await application_status(ports, project, name)
    found = next((each for each in status.services if each.name == service), None)
    if found is None or service not in versions:
        raise ServiceNotFound(service, of=name, known=versions)
    live = await observe(ports, application, inventory)
    return ServiceDetails(
        application=name,
        status=found,
        version=versions[service],
        overrides=application.service_overrides.get(service, ""),
        adjustments=application.adjustments.get(service, UNADJUSTED),
        objects=tuple(_object(record, live) for record in sorted(inventory, key=lambda each: each.key)),
    )


def _object(record: ObjectRecord, live: LiveApplication | None) -> ObjectState:
    if live is None:
        return ObjectState(record.key, HealthState.UNKNOWN, "the cluster cannot be reached")
    found = live.find(record.key)
    if found is None:
        done = "completed earlier" if record.completed else ""
        return ObjectState(record.key, None, done)
    health = observe_health(found)
    return ObjectState(record.key, health.state, health.message)
