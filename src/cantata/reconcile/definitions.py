"""What must stand before services can: the namespace, and the definitions of custom resources.

Definitions belong to the cluster, not to an application: they carry no label of ours, and two applications
that bring the same one do not meet. They are applied when absent and never deleted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from cantata.core.health.table import observe_health
from cantata.core.model.applications import Application
from cantata.core.model.objects import GVK, Manifest, ObjectKey
from cantata.core.model.states import HealthState
from cantata.ports import Cluster, NamespaceMissing
from cantata.reconcile.apply import Writer
from cantata.reconcile.journal import Journal

NAMESPACE = GVK("", "v1", "Namespace")
DEFINITION = GVK("apiextensions.k8s.io", "v1", "CustomResourceDefinition")
MANAGER = "cantata"


async def ensure_namespace(
    application: Application, cluster: Cluster, writer: Writer, journal: Journal
) -> None:
    """Raises `NamespaceMissing` when it is not there and the application may not create it."""
    name = application.namespace
    found = await writer.retried(partial(cluster.find, NAMESPACE, "", name))
    if found is None:
        if not application.create_namespace:
            raise NamespaceMissing(
                f"the namespace {name} of application {application.name} does not exist",
                subject=f"namespace {name}",
                hint="Create it, or set createNamespace (`--create-namespace`) on the application.",
            )
        manifest: Manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        await writer.once(manifest, MANAGER)
        journal.tell("object", service="", object=f"Namespace {name}", action="create")


async def ensure_definitions(
    definitions: Sequence[Manifest], cluster: Cluster, writer: Writer, journal: Journal
) -> None:
    """Creates the definitions that are absent and waits until the API server serves all of them."""
    if not definitions:
        return
    created = False
    for manifest in definitions:
        key = ObjectKey.of(manifest)
        if await writer.retried(partial(cluster.find, DEFINITION, "", key.name)) is None:
            await writer.once(manifest, MANAGER)
            journal.tell("object", service="", object=str(key), action="create")
            created = True
    if created:
        await asyncio.gather(*(_established(ObjectKey.of(manifest), cluster) for manifest in definitions))
        await cluster.refresh_discovery()


async def _established(key: ObjectKey, cluster: Cluster) -> None:
    changed = asyncio.Event()
    resource = await cluster.resource(DEFINITION.group, DEFINITION.kind)
    informer = cluster.inform(
        resource, field_selector=f"metadata.name={key.name}", listener=lambda _change, _live: changed.set()
    )
    try:
        await informer.wait_synced()
        while (live := informer.find(key)) is None or observe_health(live).state is not HealthState.READY:
            await changed.wait()
            changed.clear()
    finally:
        await informer.close()
