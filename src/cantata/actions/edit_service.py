"""Change the overrides and patches of one service. It takes effect with the next deploy of the service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from cantata.actions.audit import audit
from cantata.actions.create_application import check_overrides
from cantata.actions.moved_errors import move_error
from cantata.actions.ports import Ports
from cantata.actions.request_review import request_review
from cantata.actions.set_config import edited_text
from cantata.actions.variables import ServiceVariables, application_variables
from cantata.core.adjust import check_patch
from cantata.core.model.access import Actor
from cantata.core.model.adjustments import UNADJUSTED, Patch
from cantata.core.model.applications import Application
from cantata.core.model.errors import EditConflict, ServiceNotFound
from cantata.core.model.findings import Finding
from cantata.core.variables import APPLICATION, check_set, related
from cantata.errors import CantataError, Category, Detail, Place
from cantata.ports import Records


class ValueShared(CantataError):
    """Other services read it, too: for them it would stay what it is."""

    category = Category.CONFLICT


@dataclass(frozen=True, slots=True)
class ServiceEdit:
    """`text` replaces the overrides of the service; `values` are by key a YAML value, or None for a key that
    goes; `patches` replace those of the service. `everywhere` makes `values` overrides of the whole
    application; `here` sets them for this service alone whoever else reads them."""

    text: str | None = None
    values: Mapping[str, str | None] = field(default_factory=dict)
    patches: tuple[Patch, ...] | None = None
    everywhere: bool = False
    here: bool = False


class EditedService(NamedTuple):
    """The application as it is now; `findings` are values that nobody reads."""

    application: Application
    findings: tuple[Finding, ...] = ()


async def edit_service(
    ports: Ports,
    actor: Actor,
    project: str,
    name: str,
    service: str,
    edit: ServiceEdit,
    *,
    expected: int | None = None,
) -> EditedService:
    """Raises `ApplicationNotFound`, `ServiceNotFound`, `ValueShared`, `PatchInvalid`, `OverridesInvalid`,
    `EditConflict`, `ConfigChangeInvalid`, `ConfigEditImpossible`; with values for one service what a render
    raises."""
    read = await ports.store.read(lambda records: records.applications.get(project, name))
    if expected is not None and expected != read.row_version:
        raise _edited(name)
    for number, patch in enumerate(edit.patches or (), start=1):
        check_patch(patch, service, number)
    overrides, own = read.overrides, read.service_overrides.get(service, "")
    if edit.text is not None:
        own = edit.text
    if edit.values and edit.everywhere:
        overrides = await _edited_text(ports, f"overrides of application {name}", overrides, edit.values)
    elif edit.values:
        own = await _edited_text(ports, f"overrides of service {service}", own, edit.values)
    await check_overrides(ports, overrides, f"overrides of application {name}")
    await check_overrides(ports, own, f"overrides of service {service}")
    texts = {**read.service_overrides, service: own}
    draft = msgspec.structs.replace(
        read,
        overrides=overrides,
        service_overrides={each: text for each, text in texts.items() if text.strip() not in ("", "{}")},
    )

    findings = await _check_service(ports, draft, service, edit)

    def write(records: Records) -> Application:
        stored = records.applications.get(project, name)
        if stored.row_version != read.row_version:
            raise _edited(name)
        edited = records.applications.update(draft)
        if edit.patches is not None:
            wish = stored.adjustments.get(service, UNADJUSTED)
            wishes = {**stored.adjustments, service: msgspec.structs.replace(wish, patches=edit.patches)}
            records.applications.adjust(stored.id, wishes)
            edited = records.applications.by_id(stored.id)
        audit(records, actor, project, "edit", "application", name, f"service {service}")
        request_review(records, actor, [edited], "edited")
        return edited

    edited = await ports.store.write(write)
    ports.wake()
    return EditedService(edited, findings)


async def _check_service(
    ports: Ports, application: Application, service: str, edit: ServiceEdit
) -> tuple[Finding, ...]:
    """That there is such a service of the application as it was edited, that its values can be rendered, and
    that nobody else reads them. Finds those that nobody reads at all."""
    name, project = application.name, application.project
    if edit.values and not (edit.here or edit.everywhere):
        found = await application_variables(ports, project, name, edited=(service, application))
        known = {each.service for each in found} - {APPLICATION}
        if service not in known:
            raise ServiceNotFound(service, of=name, known=known)
        shared = {
            key: sorted(
                each.service
                for each in found
                if each.service not in (service, APPLICATION)
                and any(related(use.path, tuple(key.split("."))) for use in each.uses if use.path)
            )
            for key in edit.values
        }
        _refuse_shared(service, {key: others for key, others in shared.items() if others})
        return await _unread(ports, application, service, edit, found)
    latest = await ports.store.read(lambda records: records.revisions.find_latest(application.id))
    if latest is not None and service not in latest.services:
        raise ServiceNotFound(service, of=name, known=latest.services)
    return ()


async def _unread(
    ports: Ports,
    application: Application,
    service: str,
    edit: ServiceEdit,
    found: Sequence[ServiceVariables],
) -> tuple[Finding, ...]:
    """None where that cannot be known: values reach services by delivery, too, and by texts of users that are
    executed as templates."""

    def delivers(records: Records) -> bool:
        template = records.templates.get(application.project, application.template)
        return records.templates.version(template, application.template_version).spec.delivers

    own = [each for each in found if each.service in (service, APPLICATION)]
    if application.delivery or any(each.opened for each in own) or await ports.store.read(delivers):
        return ()
    read = {use.path for each in own for use in each.uses}
    read.update(unknown.path for each in own for unknown in each.unknown)
    given = [key for key, value in edit.values.items() if value is not None]
    return tuple(check_set(service, given, read))


def _refuse_shared(service: str, shared: Mapping[str, list[str]]) -> None:
    for key, others in shared.items():
        raise ValueShared(
            f"{key} is read by {', '.join(others)}, too: for them it would stay what it is",
            subject=f"service {service}",
            place=Place(key=key),
            hint="`--everywhere` makes it an override of the whole application, `--here` changes it for "
            f"{service} alone.",
            details=[
                Detail(f"{other} is read by {', '.join(readers)}, too", Place(key=other))
                for other, readers in shared.items()
            ],
        )


async def _edited_text(ports: Ports, what: str, text: str, values: Mapping[str, str | None]) -> str:
    try:
        return await edited_text(ports, what, text, values)
    except CantataError as error:
        error.subject = what
        move_error(error, lambda place: Place(what, place.line, place.column, place.key))
        raise


def _edited(name: str) -> EditConflict:
    return EditConflict(
        f"application {name} was changed by somebody else",
        subject=f"application {name}",
        hint="Read it again, then change that.",
    )
