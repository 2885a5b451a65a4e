"""Delete an application: a deploy of nothing, after which the application itself goes."""

from __future__ import annotations

import msgspec

from cantata.actions.ports import Ports
from cantata.actions.submit import submit
from cantata.core.model.access import Actor
from cantata.core.model.applications import Operation, Verb
from cantata.ports import Records


async def delete_application(ports: Ports, actor: Actor, project: str, name: str) -> Operation:
    """Its objects are deleted in the reverse order of the graph. Claims, definitions and namespaces stay.
    Raises `ApplicationNotFound`."""

    def write(records: Records) -> Operation:
        application = records.applications.get(project, name)
        if not application.deleting:
            application = records.applications.update(msgspec.structs.replace(application, deleting=True))
        return submit(records, actor, application, Verb.DELETE)

    operation = await ports.store.write(write)
    ports.wake()
    return operation
