"""Forget an application whose cluster is gone: its objects, where there are any, stay there for good."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from cantata.actions.audit import audit
from cantata.actions.operations import end_early
from cantata.actions.ownership import NAMESPACE
from cantata.actions.ports import Ports
from cantata.actions.submit import ACTIVE
from cantata.core.model.access import Actor
from cantata.core.model.applications import Application, ObjectRecord, OperationState
from cantata.core.model.errors import SealedUnderLostKey
from cantata.core.model.events import EventType, about
from cantata.core.model.objects import ObjectKey
from cantata.errors import CantataError, Category
from cantata.ports import Page, Records

ASK_SECONDS = 10.0


class ClusterReachable(CantataError):
    """The cluster of an application that is to be forgotten answers. Nothing is forgotten."""

    category = Category.REFUSED


class ConfirmationMissing(CantataError):
    """What cannot be taken back was not confirmed by the thing's name."""

    category = Category.INVALID


class Forgotten(msgspec.Struct, frozen=True):
    """`orphans` are the objects that may be left in the cluster, those that were only meant to be made
    included."""

    application: Application
    orphans: tuple[ObjectKey, ...]


async def forget_application(ports: Ports, actor: Actor, project: str, name: str, confirm: str) -> Forgotten:
    """Raises `ApplicationNotFound`, `ConfirmationMissing`, `ClusterReachable`."""
    application = await ports.store.read(lambda records: records.applications.get(project, name))
    if confirm != name:
        raise ConfirmationMissing(
            f"application {name} is forgotten only when its name is given as `confirm`",
            subject=f"application {name}",
        )
    await _refuse_reachable(ports, application)
    orphans = await ports.store.write(lambda records: _forget(records, actor, application))
    ports.streams.ring(about(application))
    ports.wake()
    return Forgotten(application, orphans)


async def _refuse_reachable(ports: Ports, application: Application) -> None:
    """Whoever cannot log in does not reach it either."""
    try:
        session = await ports.clusters.get(application.project, application.cluster)
        async with asyncio.timeout(ASK_SECONDS):
            await session.cluster.find(NAMESPACE, "", "kube-system")
    except (TimeoutError, CantataError, SealedUnderLostKey):
        return
    raise ClusterReachable(
        f"cluster {application.cluster} of application {application.name} answers",
        subject=f"cluster {application.cluster}",
        hint=f"`cantata app delete {application.name}` deletes its objects, too.",
    )


def _forget(records: Records, actor: Actor, application: Application) -> tuple[ObjectKey, ...]:
    project, name = application.project, application.name
    active = records.operations.list(project, application_id=application.id, states=ACTIVE, page=Page())
    for operation in active:
        end_early(records, operation, OperationState.CANCELLED)
    orphans = tuple(sorted(record.key for record in _there(records.inventory.list(application.id))))
    told = [str(key) for key in orphans]
    number = f"{len(told)} object{'s' * (len(told) != 1)}"
    detail = f"cluster {application.cluster}, {number} left: {', '.join(told)}"
    audit(records, actor, project, "forget", "application", name, detail)
    records.events.append(about(application), EventType.FORGOTTEN, {"objects": told})
    records.applications.delete(application.id)
    return orphans


def _there(inventory: Sequence[ObjectRecord]) -> Sequence[ObjectRecord]:
    return [record for record in inventory if not record.completed or record.uid]
