"""The services of all applications, searched and filtered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from cantata.actions.ports import Ports
from cantata.actions.status import application_status
from cantata.core.model.applications import Application, ServiceVersion
from cantata.core.model.errors import ApplicationNotFound
from cantata.core.model.states import ServiceState
from cantata.core.model.status import ServiceStatus
from cantata.ports import Page, Records

STEP = 100
"""How many applications are read at once."""

MOST = 1000
"""How many services are looked at live for one page: it may be short of those in another state."""


@dataclass(frozen=True, slots=True)
class ServiceFilter:
    """Empty fields let all through. `image` is part of an image; `config` names a config of the chain, with
    `@VERSION` that version of it; `search` is part of whatever is said of the service."""

    application: str = ""
    kind: str = ""
    image: str = ""
    config: str = ""
    search: str = ""
    state: ServiceState | None = None

    def passes(self, application: Application, version: ServiceVersion) -> bool:
        """All but the state, which is not recorded."""
        pins = [f"{pin.config}@{pin.version}" for pin in version.config]
        names = [*pins, *(pin.config for pin in version.config)]
        said = (application.name, version.service, version.kind, *version.images, *pins)
        return (
            self.kind.lower() in ("", version.kind.lower())
            and any(self.image in image for image in version.images or ("",))
            and (not self.config or self.config in names)
            and any(self.search.lower() in each.lower() for each in said)
        )


@dataclass(frozen=True, slots=True)
class ServiceRow:
    application: Application
    service: ServiceStatus

    @property
    def cursor(self) -> str:
        return f"{self.application.name}/{self.service.name}"


@dataclass(frozen=True, slots=True)
class Candidate:
    application: Application
    service: str

    @property
    def cursor(self) -> str:
        return f"{self.application.name}/{self.service}"


async def list_services(
    ports: Ports, project: str, wanted: ServiceFilter, page: Page = Page()
) -> tuple[tuple[ServiceRow, ...], str]:
    """By application and name; and the cursor of the next page, empty at the end. Raises
    `ApplicationNotFound` for the application of the filter."""
    most = page.limit if wanted.state is None else max(MOST, page.limit)
    candidates, more = await ports.store.read(lambda records: _read(records, project, wanted, page, most))
    rows: list[ServiceRow] = []
    for application, services in _by_application(candidates, page.limit):
        rows += await _rows(ports, project, application, services, wanted)
        if len(rows) >= page.limit:
            rows = rows[: page.limit]
            ended = rows[-1].cursor == candidates[-1].cursor and not more
            return tuple(rows), "" if ended else rows[-1].cursor
    return tuple(rows), candidates[-1].cursor if more else ""


def _read(
    records: Records, project: str, wanted: ServiceFilter, page: Page, most: int
) -> tuple[list[Candidate], bool]:
    """The first candidates after the page's cursor, and whether there are more."""
    found: list[Candidate] = []
    for application in _applications(records, project, wanted, page):
        latest = records.revisions.find_latest(application.id)
        for name, version in sorted(latest.services.items()) if latest is not None else ():
            candidate = Candidate(application, name)
            if _is_after(candidate, page) and wanted.passes(application, version):
                found.append(candidate)
        if len(found) > most:
            return found[:most], True
    return found, False


def _is_after(candidate: Candidate, page: Page) -> bool:
    name, _, service = page.after.partition("/")
    return (candidate.application.name, candidate.service) > (name, service)


def _applications(records: Records, project: str, wanted: ServiceFilter, page: Page) -> Iterator[Application]:
    """From the one on whose services the page before ended."""
    name = page.after.partition("/")[0]
    if wanted.application:
        yield records.applications.get(project, wanted.application)
        return
    if name:
        with suppress(ApplicationNotFound):
            yield records.applications.get(project, name)
    while True:
        found = records.applications.list(project, page=Page(limit=STEP, after=name))
        yield from found
        if len(found) < STEP:
            return
        name = found[-1].name


def _by_application(
    candidates: Sequence[Candidate], step: int
) -> Iterator[tuple[tuple[Application, ...], dict[str, set[str]]]]:
    """At most so many candidates at once, those of an application together."""
    for start in range(0, len(candidates), step):
        some = candidates[start : start + step]
        services: dict[str, set[str]] = {}
        for each in some:
            services.setdefault(each.application.name, set()).add(each.service)
        yield tuple({each.application.name: each.application for each in some}.values()), services


async def _rows(
    ports: Ports,
    project: str,
    applications: Sequence[Application],
    services: dict[str, set[str]],
    wanted: ServiceFilter,
) -> list[ServiceRow]:
    """An application that is deleted meanwhile has none."""

    async def one(application: Application) -> list[ServiceRow]:
        with suppress(ApplicationNotFound):
            status = await application_status(ports, project, application.name, cards=False)
            return [
                ServiceRow(status.application, each)
                for each in status.services
                if each.name in services[application.name] and wanted.state in (None, each.state)
            ]
        return []

    found = await asyncio.gather(*map(one, applications))
    return [row for rows in found for row in rows]
