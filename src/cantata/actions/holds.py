"""List the values that are held, and lift holds by hand."""

from __future__ import annotations

from dataclasses import dataclass

from cantata.actions.audit import audit
from cantata.actions.ports import Ports
from cantata.actions.request_review import request_review
from cantata.core.model.access import Actor
from cantata.core.model.errors import NotFound
from cantata.core.model.holds import Hold
from cantata.ports import Page, Records


class HoldNotFound(NotFound):
    noun, listing = "hold", "hold list"


@dataclass(frozen=True, slots=True)
class NamedHold:
    application: str
    hold: Hold


async def list_holds(
    ports: Ports, project: str, *, application: str = "", page: Page = Page()
) -> tuple[NamedHold, ...]:
    """Newest first. Raises `ApplicationNotFound`."""

    def read(records: Records) -> tuple[NamedHold, ...]:
        if application:
            found = records.applications.get(project, application)
            holds = sorted(records.holds.list(found.id), key=lambda hold: hold.id, reverse=True)
            after = [hold for hold in holds if not page.after or hold.id < page.after]
            return tuple(NamedHold(found.name, hold) for hold in after[: page.limit])
        return tuple(
            NamedHold(records.applications.by_id(hold.application_id).name, hold)
            for hold in records.holds.list_all(project, page=page)
        )

    return await ports.store.read(read)


async def lift_holds(
    ports: Ports, actor: Actor, project: str, name: str, service: str, key: str = ""
) -> tuple[NamedHold, ...]:
    """Those of one key, or of the whole service. By policy, the values are deployed then.
    Raises `ApplicationNotFound`, `HoldNotFound`."""

    def write(records: Records) -> tuple[NamedHold, ...]:
        application = records.applications.get(project, name)
        holds = [
            hold
            for hold in records.holds.list(application.id)
            if hold.service == service and key in ("", hold.key)
        ]
        if not holds:
            raise HoldNotFound(f"of {key} in service {service}" if key else f"of service {service}", of=name)
        records.holds.remove(hold.id for hold in holds)
        told = ", ".join(hold.key for hold in holds)
        audit(records, actor, project, "lift", "hold", name, f"service {service}: {told}")
        request_review(records, actor, [application], "hold lifted", deploy=True)
        return tuple(NamedHold(name, hold) for hold in holds)

    lifted = await ports.store.write(write)
    ports.wake()
    return lifted
