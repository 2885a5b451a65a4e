"""Clone an application into another environment: another config, another place. Nothing is deployed yet."""

from __future__ import annotations

import msgspec

from cantata.actions.create_application import create_application
from cantata.actions.ports import Ports
from cantata.core.model.access import Actor
from cantata.core.model.applications import Application, ApplicationDraft, CloneDraft
from cantata.core.model.drift import DriftPolicy


async def clone_application(
    ports: Ports, actor: Actor, project: str, source: str, wanted: CloneDraft
) -> Application:
    """Raises `ApplicationNotFound`, and what `create_application` raises."""
    found = await ports.store.read(lambda records: records.applications.get(project, source))
    return await create_application(ports, actor, project, draft_of(found, wanted), origin=source)


def draft_of(source: Application, wanted: CloneDraft) -> ApplicationDraft:
    """A release that was named stays, since names of objects come from it; one that is the application's name
    is the clone's name then. A clone deploys by itself only where that is asked for."""
    draft = msgspec.convert(source, ApplicationDraft, from_attributes=True)
    given = {"config": wanted.config, "config_version": wanted.config_version} if wanted.config else {}
    release = "" if source.release == source.name else source.release
    return msgspec.structs.replace(
        draft,
        **given,
        name=wanted.name,
        cluster=wanted.cluster or source.cluster,
        namespace=wanted.namespace,
        release=wanted.release or release,
        create_namespace=wanted.create_namespace,
        updates=wanted.updates,
        drift=DriftPolicy.REPORT,
    )
