"""Where the services of an application can be reached, and why not yet."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress

from cantata.actions.ports import Ports
from cantata.actions.status import look
from cantata.core.addresses import Around, collect_addresses, gateways_of
from cantata.core.model.addresses import Address
from cantata.core.model.applications import Application, ObjectRecord, Revision
from cantata.core.model.errors import ServiceNotFound
from cantata.core.model.objects import GVK, Manifest
from cantata.core.services.fields import as_map, as_maps
from cantata.errors import CantataError
from cantata.ports import Cluster, Records

GATEWAY = "gateway.networking.k8s.io", "Gateway"
INGRESS_CLASS = GVK("networking.k8s.io", "v1", "IngressClass")
NODE = GVK("", "v1", "Node")
DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"
SECONDS = 5.0
"""How long is waited for what stands around the objects; without it less is known."""


async def application_addresses(
    ports: Ports, project: str, name: str, service: str | None = None
) -> tuple[Address, ...]:
    """By service, those from outside first; of one service when asked for. Raises `ApplicationNotFound`,
    `ServiceNotFound`, and why the cluster is not seen."""

    def read(records: Records) -> tuple[Application, Revision | None, tuple[ObjectRecord, ...]]:
        application = records.applications.get(project, name)
        inventory = tuple(records.inventory.list(application.id))
        return application, records.revisions.find_latest(application.id), inventory

    application, revision, inventory = await ports.store.read(read)
    known = revision.services if revision is not None else {}
    if service is not None and service not in known:
        raise ServiceNotFound(service, of=name, known=known)
    seen = await look(ports, application, inventory)
    if seen.live is None or seen.session is None:
        raise seen.trouble or AssertionError("nothing is seen, and nobody says why")
    objects: dict[str, list[Manifest]] = {}
    for record in inventory:
        if record.hook or record.key.kind == "Secret" or record.service not in known:
            continue
        live = seen.live.find(record.key)
        if live is not None and live.body:
            objects.setdefault(record.service, []).append(live.manifest())
    pods = [live.manifest() for live in seen.live.objects([("", "Pod")])]
    around = await _around(seen.session.cluster, objects, pods)
    wanted = sorted(objects) if service is None else [service]
    return tuple(each for name in wanted for each in collect_addresses(name, objects.get(name, ()), around))


async def _around(
    cluster: Cluster, objects: Mapping[str, Iterable[Manifest]], pods: Iterable[Manifest]
) -> Around:
    """Asks only for what some object needs."""
    everything = [each for items in objects.values() for each in items]
    services = {
        (
            str(as_map(each.get("metadata")).get("namespace")),
            str(as_map(each.get("metadata")).get("name")),
        ): each
        for each in everything
        if each.get("kind") == "Service" and each.get("apiVersion") == "v1"
    }
    kinds = {str(each.get("kind")) for each in everything}
    opened = any(
        as_map(each.get("spec")).get("type") in ("NodePort", "LoadBalancer") for each in services.values()
    )
    (classes, default), node, gateways = await asyncio.gather(
        _classes(cluster) if "Ingress" in kinds else _nothing(),
        _node(cluster) if opened else _no_node(),
        _gateways(cluster, gateways_of(everything)),
    )
    return Around(services, tuple(pods), classes, default, node, gateways)


async def _nothing() -> tuple[frozenset[str] | None, str]:
    return None, ""


async def _no_node() -> str:
    return ""


async def _classes(cluster: Cluster) -> tuple[frozenset[str] | None, str]:
    """The ingress classes, and the default one; None where they may not be read."""
    with suppress(CantataError, TimeoutError):
        async with asyncio.timeout(SECONDS):
            found = await cluster.list(INGRESS_CLASS, metadata_only=True)
        default = [
            each.metadata.name for each in found if each.metadata.annotations.get(DEFAULT_CLASS) == "true"
        ]
        return frozenset(each.metadata.name for each in found), next(iter(default), "")
    return None, ""


async def _node(cluster: Cluster) -> str:
    """The address of one node, an external one if there is any."""
    with suppress(CantataError, TimeoutError):
        async with asyncio.timeout(SECONDS):
            nodes = await cluster.list(NODE)
        found = [
            (each.get("type") != "ExternalIP", str(each.get("address")))
            for node in nodes
            for each in as_maps(as_map(node.manifest().get("status")).get("addresses"))
            if each.get("type") in ("ExternalIP", "InternalIP")
        ]
        return min(found, default=(True, ""))[1]
    return ""


async def _gateways(
    cluster: Cluster, wanted: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], Manifest | None]:
    """Those that could be asked for."""
    found: dict[tuple[str, str], Manifest | None] = {}
    for namespace, name in sorted(wanted):
        with suppress(CantataError, TimeoutError):
            async with asyncio.timeout(SECONDS):
                resource = await cluster.resource(*GATEWAY)
                live = await cluster.find(resource.gvk, namespace, name)
            found[namespace, name] = live.manifest() if live is not None else None
    return found
