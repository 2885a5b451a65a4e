"""Delete an application: a deploy of nothing, after which the application itself goes."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from cantata.actions.deletion import namespace_fate
from cantata.actions.journal import PlanNeeded
from cantata.actions.ports import Ports
from cantata.actions.submit import ACTIVE, submit
from cantata.core.adjust import is_deployed
from cantata.core.model.access import Actor
from cantata.core.model.applications import Application, Operation, Verb
from cantata.core.model.deletions import Also
from cantata.errors import CantataError, Category
from cantata.ports import Page, Records


class NamespaceKept(CantataError):
    """The namespace was named and cannot go with the application. Nothing is deleted."""

    category = Category.REFUSED


async def delete_application(
    ports: Ports, actor: Actor, project: str, name: str, also: Collection[Also] = ()
) -> Operation:
    """Its objects are deleted in the reverse order of the graph; claims and the namespace only if named. A
    delete of as much that is under way already is that one. Where the project demands a plan, the services
    have to be undeployed by one before. Raises `ApplicationNotFound`, `NamespaceKept`, `PlanNeeded`."""
    if Also.NAMESPACE in also:
        await _check_namespace(ports, project, name, also)
    wanted = tuple(each for each in Also if each in also)

    def write(records: Records) -> Operation:
        application = records.applications.get(project, name)
        active = records.operations.list(project, application_id=application.id, states=ACTIVE, page=Page())
        for under_way in active:
            if under_way.verb is Verb.DELETE and set(wanted) <= set(under_way.also):
                return under_way
        if not application.deleting:
            _refuse_unplanned(records, application)
            application = records.applications.update(msgspec.structs.replace(application, deleting=True))
        return submit(records, actor, application, Verb.DELETE, also=wanted)

    operation = await ports.store.write(write)
    ports.wake()
    return operation


def _refuse_unplanned(records: Records, application: Application) -> None:
    latest, name = records.revisions.find_latest(application.id), application.name
    deployed = [each for each in latest.services.values() if is_deployed(each)] if latest is not None else []
    if deployed and records.policies.get(application.project).needs_plan:
        raise PlanNeeded(
            f"project {application.project} demands a plan for what changes application {name}, and "
            f"{len(deployed)} service(s) of it are deployed",
            subject=f"application {name}",
            hint=f"`cantata service undeploy {name} --all` makes a plan; once that is applied, delete it.",
        )


async def _check_namespace(ports: Ports, project: str, name: str, also: Collection[Also]) -> None:
    application = await ports.store.read(lambda records: records.applications.get(project, name))
    inventory = await ports.store.read(lambda records: records.inventory.list(application.id))
    session = await ports.clusters.get(project, application.cluster)
    fate = await namespace_fate(session.cluster, application, inventory, also)
    if not fate.free:
        raise NamespaceKept(
            f"application {name} cannot be deleted with its namespace: {fate.told}",
            subject=f"namespace {application.namespace}",
            hint="Delete it without --with-namespace.",
        )
