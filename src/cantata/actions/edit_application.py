"""Change what an application consists of. It takes effect with the next deploy."""

from __future__ import annotations

import msgspec

from cantata.actions.audit import audit
from cantata.actions.create_application import check_draft, check_drift, check_updates, check_versions
from cantata.actions.ports import Ports
from cantata.actions.request_review import request_review
from cantata.core.model.access import Actor
from cantata.core.model.applications import Application, ApplicationDraft
from cantata.core.model.errors import EditConflict
from cantata.errors import CantataError, Category
from cantata.ports import Records

FIXED = ("name", "cluster", "namespace", "release")
"""What is chosen at creation: changing it would be another application."""


class ApplicationFieldFixed(CantataError):
    category = Category.INVALID


async def edit_application(
    ports: Ports,
    actor: Actor,
    project: str,
    name: str,
    draft: ApplicationDraft,
    *,
    expected: int | None = None,
) -> Application:
    """`expected` is the row version that the editor read. Raises `ApplicationFieldFixed`, `EditConflict`, and
    what `create_application` raises."""
    await check_draft(ports, draft)

    def write(records: Records) -> Application:
        stored = records.applications.get(project, name)
        if expected is not None and expected != stored.row_version:
            raise EditConflict(
                f"application {name} was changed by somebody else",
                subject=f"application {name}",
                hint="Read it again, then change that.",
            )
        check_updates(actor, project, stored.updates, draft.updates)
        check_drift(actor, project, stored.drift, draft)
        check_fixed(stored, draft)
        check_versions(records, project, draft)
        edited = records.applications.update(edited_by(stored, draft))
        audit(records, actor, project, "edit", "application", name)
        request_review(records, actor, [edited], "edited")
        return edited

    edited = await ports.store.write(write)
    ports.wake()
    return edited


def edited_by(stored: Application, draft: ApplicationDraft) -> Application:
    return msgspec.structs.replace(
        stored,
        template=draft.template,
        template_version=draft.template_version,
        config=draft.config,
        config_version=draft.config_version,
        create_namespace=draft.create_namespace,
        overrides=draft.overrides,
        service_overrides=draft.service_overrides,
        delivery=draft.delivery,
        updates=draft.updates,
        drift=draft.drift,
        drift_except=draft.drift_except,
    )


def check_fixed(stored: Application, draft: ApplicationDraft) -> None:
    for field in FIXED:
        wanted, has = getattr(draft, field), getattr(stored, field)
        if wanted and wanted != has:
            raise ApplicationFieldFixed(
                f"the {field} of application {stored.name} is {has} and cannot become {wanted}",
                subject=f"application {stored.name}",
                hint="Create another application.",
            )
