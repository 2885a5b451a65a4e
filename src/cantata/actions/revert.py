"""Take back what others changed on the objects of an application: what the present revision wants is applied
again, and nothing newer."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from cantata.actions.begin import Deployed
from cantata.actions.diff_live import diff_live
from cantata.actions.journal import refuse_deleting
from cantata.actions.ports import Ports
from cantata.actions.submit import submit
from cantata.core.model.access import Actor
from cantata.core.model.applications import Operation, Verb
from cantata.core.model.plans import Action
from cantata.ports import Records


async def revert(
    ports: Ports, actor: Actor, project: str, name: str, services: Sequence[str] = (), *, cause: str = ""
) -> Deployed:
    """Of the services that have drifted, or of those among `services`. It waits for what is under way. Raises
    what `diff_live` raises, and `ApplicationDeleting`."""
    found = await diff_live(ports, project, name, services)
    drifted = tuple(
        plan.service
        for plan in found.services
        if any(item.action is not Action.UNCHANGED for item in plan.objects)
    )
    if not drifted:
        return Deployed(None)

    def write(records: Records) -> Operation:
        application = records.applications.get(project, name)
        refuse_deleting(application)
        known = records.drift.find(application.id)
        # Whoever takes it back by hand wants it: what was counted as a fight begins anew.
        fields = tuple(msgspec.structs.replace(each, fight=False) for each in known.fields)
        records.drift.set(application.id, msgspec.structs.replace(known, fields=fields, reverted=()))
        return submit(
            records, actor, application, Verb.REVERT, services=drifted, cause=cause or "revert", queue=True
        )

    operation = await ports.store.write(write)
    ports.wake()
    return Deployed(operation)
