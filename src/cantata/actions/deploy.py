"""Deploy an application, or some of its services: decide, journal, and let the operation loop act."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from cantata.actions.desired import DesiredService
from cantata.actions.ownership import namespace_exists, refuse_foreign
from cantata.actions.plan import Prepared, images, intended, new_objects, prepare, refuse_unsound
from cantata.actions.ports import Ports
from cantata.actions.submit import submit
from cantata.core.model.access import Actor
from cantata.core.model.adjustments import UNADJUSTED, Adjustments
from cantata.core.model.applications import Application, Operation, ServiceVersion, Verb
from cantata.core.model.errors import EditConflict
from cantata.core.order.scope import ALONE, Scope
from cantata.errors import CantataError, Category
from cantata.ports import Records


class ApplicationDeleting(CantataError):
    category = Category.CONFLICT


@dataclass(frozen=True, slots=True)
class Deployed:
    """`operation` is None when there was nothing to do: no revision, no hook, no write."""

    operation: Operation | None

    @property
    def changed(self) -> bool:
        return self.operation is not None


async def deploy(
    ports: Ports,
    actor: Actor,
    project: str,
    name: str,
    services: Sequence[str] = (),
    *,
    scope: Scope = ALONE,
    cause: str = "",
    queue: bool = False,
    recreate: bool = False,
) -> Deployed:
    """Returns when the operation is journalled; with `queue` it waits for the one under way, with `recreate`
    it may make objects anew. Raises what `prepare` raises, `ObjectOwnedByOther`, `NamespaceMissing`,
    `ApplicationDeleting`; nothing was written then."""
    prepared = await prepare(ports, project, name, services, scope)
    refuse_deleting(prepared.source.application)
    refuse_unsound(prepared)
    if prepared.nothing_to_do:
        return Deployed(None)
    await check_cluster(prepared)
    operation = await ports.store.write(
        lambda records: journal(
            records,
            actor,
            prepared,
            Verb.DEPLOY,
            prepared.services,
            cause or "deploy",
            queue=queue,
            recreate=recreate,
        )
    )
    ports.wake()
    return Deployed(operation)


def refuse_deleting(application: Application) -> None:
    if application.deleting:
        raise ApplicationDeleting(
            f"application {application.name} is being deleted",
            subject=f"application {application.name}",
            hint=f"`cantata app delete {application.name}` goes on with it; to keep the application, cancel "
            "that operation, then deploy.",
        )


async def check_cluster(prepared: Prepared) -> bool:
    """The namespace is there (True) or may be made (False), and no object is somebody else's. Raises
    `NamespaceMissing`, `ObjectOwnedByOther`."""
    application = prepared.source.application
    exists = await namespace_exists(
        prepared.session,
        application.namespace,
        may_create=application.create_namespace,
        application=application.name,
    )
    keys = [key for key in new_objects(prepared) if exists or key.namespace != application.namespace]
    await refuse_foreign(prepared.session, keys, application_id=application.id, name=application.name)
    return exists


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
    """Revision, inventory, assignments and operation in one transaction. Raises `EditConflict` when another
    deploy came between, `ApplicationDeleting` and `ApplicationNotFound` when a delete did."""
    source, desired = prepared.source, prepared.desired
    application = records.applications.by_id(source.application.id)
    refuse_deleting(application)
    latest = records.revisions.find_latest(application.id)
    if (latest.number if latest else 0) != source.next_revision - 1:
        raise EditConflict(
            f"another deploy of application {application.name} came first",
            subject=f"application {application.name}",
            hint="Deploy again.",
        )
    number = source.next_revision if prepared.new_revision else source.next_revision - 1
    operation = submit(
        records,
        actor,
        application,
        verb,
        services=services,
        cause=cause,
        revision=number,
        queue=queue,
        recreate=recreate,
    )
    if prepared.new_revision:
        records.revisions.add(
            application.id,
            cause=cause,
            author=actor.name,
            operation_id=operation.id,
            services=service_versions(records, prepared),
            extras=records.blobs.put_sealed(msgspec.json.encode(desired.extras)),
            notes=desired.notes,
            inputs=(
                desired.inputs
                if isinstance(desired.inputs, str)
                else records.blobs.put_sealed(msgspec.json.encode(desired.inputs))
            ),
        )
    records.inventory.intend(application.id, intended(prepared))
    records.applications.assign(application.id, desired.assignments)
    records.applications.adjust(application.id, _wishes(application, prepared))
    return operation


def _wishes(application: Application, prepared: Prepared) -> dict[str, Adjustments]:
    """What is asked of each service from now on: of those that are deployed, what they are deployed with. But
    patches are edited, as overrides are: what runs does not change them."""
    services = prepared.desired.services
    wishes = {name: each for name, each in application.adjustments.items() if name in services}
    for name in prepared.decisions:
        patches = wishes.get(name, UNADJUSTED).patches
        wishes[name] = msgspec.structs.replace(services[name].adjustments, patches=patches)
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
