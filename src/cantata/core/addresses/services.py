"""Addresses of Kubernetes Services."""

from __future__ import annotations

from collections.abc import Iterator

from cantata.core.addresses.around import Around, bracketed, hosts_of, url
from cantata.core.model.addresses import Address, AddressKind
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.services.fields import as_map, as_maps

NO_ADDRESS = "no address is assigned yet"


def of_service(name: str, manifest: Manifest, around: Around) -> Iterator[Address]:
    """`name` is the service that the object belongs to."""
    key, spec = ObjectKey.of(manifest), as_map(manifest.get("spec"))
    kind = spec.get("type") or "ClusterIP"
    inside = f"{key.name}.{key.namespace}.svc"
    if kind == "ExternalName":
        target = str(spec.get("externalName") or "")
        yield Address(name, AddressKind.EXTERNAL_NAME, str(key), f"{inside} → {target}" if target else "")
        return
    silence = around.silence_of(manifest)
    ports = [
        (each, str(each.get("name") or ""), str(each.get("protocol") or ""))
        for each in as_maps(spec.get("ports"))
    ]
    if kind == "LoadBalancer":
        given = hosts_of(as_maps(as_map(as_map(manifest.get("status")).get("loadBalancer")).get("ingress")))
        for port, named, protocol in ports:
            for host in given:
                address = url(host, port.get("port"), named, protocol)
                yield Address(name, AddressKind.LOAD_BALANCER, str(key), address, named, silence)
            if not given:
                yield Address(name, AddressKind.LOAD_BALANCER, str(key), "", named, NO_ADDRESS)
    if kind in ("NodePort", "LoadBalancer"):
        for port, named, protocol in ports:
            number = port.get("nodePort")
            if isinstance(number, int) and number:
                at = url(around.node, number, named, protocol) if around.node else f"any node:{number}"
                yield Address(name, AddressKind.NODE_PORT, str(key), at, named, silence)
    headless = spec.get("clusterIP") == "None"
    for port, named, protocol in ports:
        host = f"POD.{inside}" if headless and spec.get("selector") else inside
        yield Address(
            name,
            AddressKind.IN_CLUSTER,
            str(key),
            url(host, port.get("port"), named, protocol),
            named,
            silence,
        )
    if not ports:
        yield Address(name, AddressKind.IN_CLUSTER, str(key), bracketed(inside), "", silence)
