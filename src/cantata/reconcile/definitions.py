"""What must stand before services can: the namespace, and the definitions of custom resources.

Definitions belong to the cluster, not to an application: they carry no label of ours, and two applications
that bring the same one do not meet. They are applied when absent and never changed or deleted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from cantata.core.health.table import observe_health
from cantata.core.model.applications import Application
from cantata.core.model.events import EventType
from cantata.core.model.objects import GVK, LiveObject, Manifest, ObjectKey
from cantata.core.model.states import HealthState
from cantata.errors import CantataError, Category
from cantata.ports import Cluster, KindNotServed, NamespaceMissing
from cantata.reconcile.apply import Writer
from cantata.reconcile.journal import Journal
from cantata.reconcile.requests import Requests, together

NAMESPACE = GVK("", "v1", "Namespace")
DEFINITION = GVK("apiextensions.k8s.io", "v1", "CustomResourceDefinition")
MANAGER = "cantata"
MADE_FOR = "cantata.dev/made-for"
"""The annotation of a namespace that we have made: the id of the application."""

ESTABLISHING = 60.0
"""Seconds for the API server to serve a new definition; it takes less than one when nothing is wrong."""

PAUSE = 0.05
"""Seconds between looks at the discovery, which tells nobody when it changes."""


class DefinitionNotServed(CantataError):
    """The API server has a definition and does not serve its kind, for instance because a name is taken."""

    category = Category.REFUSED


async def ensure_namespace(
    application: Application, cluster: Cluster, requests: Requests, writer: Writer, journal: Journal
) -> None:
    """Raises `NamespaceMissing` when it is not there and the application may not create it."""
    name = application.namespace
    found = await requests.read(partial(cluster.find, NAMESPACE, "", name))
    if found is None:
        if not application.create_namespace:
            raise NamespaceMissing(
                f"the namespace {name} of application {application.name} does not exist",
                subject=f"namespace {name}",
                hint="Create it, or set createNamespace (`--create-namespace`) on the application.",
            )
        # Without a field of ours the namespace would not tell that we have made it.
        metadata = {"name": name, "annotations": {MADE_FOR: application.id}}
        manifest: Manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
        await writer.once(manifest, MANAGER)
        journal.tell(EventType.OBJECT, service="", object=f"Namespace {name}", action="create")


async def ensure_definitions(
    definitions: Sequence[Manifest],
    cluster: Cluster,
    requests: Requests,
    writer: Writer,
    journal: Journal,
) -> None:
    """Creates the definitions that are absent and waits until the API server serves all of them. Raises
    `DefinitionNotServed`."""
    if not definitions:
        return
    for manifest in definitions:
        key = ObjectKey.of(manifest)
        found = await requests.read(partial(cluster.find, DEFINITION, "", key.name))
        if found is None:
            await writer.once(manifest, MANAGER)
            journal.tell(EventType.OBJECT, service="", object=str(key), action="create")
    await together(
        requests.read(partial(_served, ObjectKey.of(manifest), cluster)) for manifest in definitions
    )


async def _served(key: ObjectKey, cluster: Cluster) -> None:
    """Returns when the definition is established and discovery tells of its kind, which comes a moment
    later."""
    found = await cluster.find(DEFINITION, "", key.name)
    if found is None or observe_health(found).state is not HealthState.READY:
        found = await _established(key, cluster)
    spec = found.manifest()["spec"]
    until = asyncio.get_running_loop().time() + ESTABLISHING
    for version in [each["name"] for each in spec["versions"] if each.get("served")]:
        while True:
            try:
                await cluster.resource(spec["group"], spec["names"]["kind"], version)
                break
            except KindNotServed as error:
                if asyncio.get_running_loop().time() > until:
                    raise DefinitionNotServed(
                        f"the API server does not serve {version} of {key} after {ESTABLISHING:.0f} s",
                        subject=str(key),
                    ) from error
            await asyncio.sleep(PAUSE)


async def _established(key: ObjectKey, cluster: Cluster) -> LiveObject:
    changed = asyncio.Event()
    resource = await cluster.resource(DEFINITION.group, DEFINITION.kind)
    informer = cluster.inform(
        resource, field_selector=f"metadata.name={key.name}", listener=lambda _change, _live: changed.set()
    )
    try:
        async with asyncio.timeout(ESTABLISHING):
            await informer.wait_synced()
            while (live := informer.find(key)) is None or observe_health(live).state is not HealthState.READY:
                await changed.wait()
                changed.clear()
            return live
    except TimeoutError as error:
        live = informer.find(key)
        why = observe_health(live).message if live is not None else "it is not there"
        raise DefinitionNotServed(
            f"the API server does not serve {key} after {ESTABLISHING:.0f} s: {why}", subject=str(key)
        ) from error
    finally:
        await informer.close()
