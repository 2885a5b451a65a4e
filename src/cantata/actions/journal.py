"""What is written when an operation begins: gathered as a draft, then put into the store in one transaction,
at once or when the plan that keeps it is applied.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from cantata.actions.desired import DesiredService
from cantata.actions.lost_key import blobs_of
from cantata.actions.plan import Prepared, images, intended
from cantata.actions.submit import submit
from cantata.core.model.access import Actor
from cantata.core.model.adjustments import UNADJUSTED, Adjustments
from cantata.core.model.applications import Application, Operation, ServiceVersion, Verb
from cantata.core.model.errors import EditConflict
from cantata.core.model.stored_plans import Draft
from cantata.errors import CantataError, Category
from cantata.ports import Records


class ApplicationDeleting(CantataError):
    category = Category.CONFLICT


class PlanNeeded(CantataError):
    """The project demands a plan for what changes its applications."""

    category = Category.CONFLICT


def refuse_deleting(application: Application) -> None:
    if application.deleting:
        raise ApplicationDeleting(
            f"application {application.name} is being deleted",
            subject=f"application {application.name}",
            hint=f"`cantata app delete {application.name}` goes on with it; to keep the application, cancel "
            "that operation, then deploy.",
        )


def journal(
    records: Records,
    actor: Actor,
    prepared: Prepared,
    verb: Verb,
    services: tuple[str, ...],
    cause: str,
    *,
    queue: bool = False,
    recreate: bool = False,
) -> Operation:
    """Raises `PlanNeeded` where the project demands a plan, and what `write_draft` raises."""
    application = prepared.source.application
    if records.policies.get(application.project).needs_plan:
        raise PlanNeeded(
            f"project {application.project} demands a plan for what changes application {application.name}",
            subject=f"project {application.project}",
            hint=f"Make one by `cantata plan create {application.name}`.",
        )
    draft = draft_of(records, prepared, verb, services, recreate=recreate)
    return write_draft(records, actor, application, draft, cause, queue=queue)


def write_draft(
    records: Records,
    actor: Actor,
    application: Application,
    draft: Draft,
    cause: str,
    *,
    queue: bool = False,
    plan: str = "",
) -> Operation:
    """Revision, inventory, assignments and operation. Raises `EditConflict` when another deploy came between,
    `ApplicationDeleting` and `ApplicationNotFound` when a delete did."""
    now = records.applications.by_id(application.id)
    refuse_deleting(now)
    latest = records.revisions.find_latest(now.id)
    if (latest.number if latest else 0) != draft.revision - draft.made:
        raise EditConflict(
            f"another deploy of application {now.name} came first",
            subject=f"application {now.name}",
            hint=f"`cantata app status {now.name}` shows what is so now; then ask again.",
        )
    operation = submit(
        records,
        actor,
        now,
        draft.verb,
        services=draft.services,
        cause=cause,
        revision=draft.revision,
        queue=queue,
        recreate=draft.recreate,
        plan=plan,
    )
    if draft.made:
        made = {draft.extras, draft.inputs}
        made |= {address for each in draft.versions.values() for address in (each.inputs, each.manifests)}
        with blobs_of(now, draft.revision):
            records.blobs.require(made - {""})
        records.revisions.add(
            now.id,
            cause=cause,
            author=actor.name,
            operation_id=operation.id,
            services=draft.versions,
            extras=draft.extras,
            notes=records.blobs.get(draft.notes).decode() if draft.notes else "",
            inputs=draft.inputs,
        )
    records.inventory.intend(now.id, draft.intended)
    records.applications.assign(now.id, draft.assignments)
    records.applications.adjust(now.id, _wishes(now, draft))
    records.holds.remove(draft.unheld)
    records.holds.add(msgspec.structs.replace(hold, author=actor.name) for hold in draft.holds)
    return operation


def draft_of(
    records: Records, prepared: Prepared, verb: Verb, services: tuple[str, ...], *, recreate: bool = False
) -> Draft:
    """Its manifests, inputs, extras and notes are stored sealed, and named by their addresses."""
    source, desired = prepared.source, prepared.desired
    made = prepared.new_revision
    versions = service_versions(records, prepared)
    extras = notes = inputs = ""
    if made:
        extras = records.blobs.put_sealed(msgspec.json.encode(desired.extras))
        notes = records.blobs.put_sealed(desired.notes.encode()) if desired.notes else ""
        inputs = (
            desired.inputs
            if isinstance(desired.inputs, str)
            else records.blobs.put_sealed(msgspec.json.encode(desired.inputs))
        )
    return Draft(
        verb=verb,
        services=services,
        revision=source.next_revision if made else source.next_revision - 1,
        made=made,
        versions=versions,
        extras=extras,
        notes=notes,
        inputs=inputs,
        intended=intended(prepared),
        assignments=desired.assignments,
        adjustments={name: desired.services[name].adjustments for name in prepared.decisions},
        recreate=recreate,
        holds=prepared.holding.made,
        unheld=prepared.holding.ended,
    )


def _wishes(application: Application, draft: Draft) -> dict[str, Adjustments]:
    """What is asked of each service from now on: of those that are deployed, what they are deployed with. But
    patches are edited, as overrides are: what runs does not change them, also of a service that is not there
    yet, or is there no more."""
    wishes = {
        name: each if name in draft.versions else Adjustments(patches=each.patches)
        for name, each in application.adjustments.items()
    }
    for name, adjustments in draft.adjustments.items():
        patches = wishes.get(name, UNADJUSTED).patches
        wishes[name] = msgspec.structs.replace(adjustments, patches=patches)
    return wishes


def service_versions(records: Records, prepared: Prepared) -> dict[str, ServiceVersion]:
    """The vector of the new revision: changed services anew, the others as they were."""
    source, number = prepared.source, prepared.source.next_revision
    sealed = _seal_made(records, prepared.desired.services.values())
    versions: dict[str, ServiceVersion] = {}
    for name, service in prepared.desired.services.items():
        if service.recorded is not None:
            kept = service.recorded
            if kept.adjustments != service.adjustments:
                kept = msgspec.structs.replace(
                    kept, adjustments=service.adjustments, images=images(service) or kept.images
                )
            same = source.latest is not None and source.latest.services.get(name) == kept
            versions[name] = kept if same else msgspec.structs.replace(kept, changed_in=number)
            continue
        inputs, manifests = sealed[name]
        versions[name] = ServiceVersion(
            service=name,
            template_version=source.template.number,
            config=source.chain.pins,
            engine=prepared.desired.engine,
            inputs=inputs,
            manifests=manifests,
            digest=service.digest,
            changed_in=number,
            kind=service.kind,
            images=images(service),
            depends_on=service.depends_on,
            files=service.files,
            keys=service.keys,
            leaks=service.leaks,
            adjustments=service.adjustments,
        )
    return versions


def _seal_made(records: Records, services: Iterable[DesiredService]) -> dict[str, tuple[str, str]]:
    """The addresses of inputs and manifests of each service that is not recorded. Many services share their
    inputs, which are stored once."""
    made = [service for service in services if service.recorded is None]
    shared = {id(service.inputs): service.inputs for service in made}
    contents = [msgspec.json.encode(each) for each in (*shared.values(), *(each.manifests for each in made))]
    addresses = records.blobs.put_all_sealed(contents)
    inputs = dict(zip(shared, addresses[: len(shared)], strict=True))
    return {
        service.name: (inputs[id(service.inputs)], manifests)
        for service, manifests in zip(made, addresses[len(shared) :], strict=True)
    }
