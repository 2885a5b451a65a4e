"""What is asked of the cluster before anything is written for an application."""

from __future__ import annotations

from cantata.actions.ownership import namespace_exists, refuse_foreign
from cantata.actions.plan import Prepared, new_objects


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
