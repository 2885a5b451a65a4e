"""Addresses of the Gateway API's routes: a URL for each host of a route at each gateway."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cantata.core.addresses.around import Around, bracketed, strings
from cantata.core.model.addresses import Address, AddressKind
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.services.fields import as_map, as_maps

GROUP = "gateway.networking.k8s.io"
SECURE = ("HTTPS", "TLS")


def parents(manifest: Manifest) -> Iterator[tuple[str, str, str]]:
    """Namespace, name and section of each gateway that a route wants to be at."""
    here = ObjectKey.of(manifest).namespace
    for each in as_maps(as_map(manifest.get("spec")).get("parentRefs")):
        if each.get("kind", "Gateway") == "Gateway":
            yield (
                str(each.get("namespace") or here),
                str(each.get("name") or ""),
                str(each.get("sectionName") or ""),
            )


def of_route(name: str, manifest: Manifest, around: Around) -> Iterator[Address]:
    key, spec = ObjectKey.of(manifest), as_map(manifest.get("spec"))
    silence = next(iter(_silent_backends(spec, key.namespace, around)), "")
    for namespace, gateway, section in parents(manifest):
        found = around.gateways.get((namespace, gateway))
        why = _why_not(manifest, namespace, gateway, found, known=(namespace, gateway) in around.gateways)
        given = [
            str(each.get("value") or "")
            for each in as_maps(as_map((found or {}).get("status")).get("addresses"))
        ]
        if found is not None and not why and not any(given):
            why = f"the gateway {gateway} has no address yet"
        for scheme, port in _listeners(found, section):
            for host in strings(spec.get("hostnames")) or [next(iter(given), "")]:
                usual = port in (0, {"http": 80, "https": 443}[scheme])
                at = f"{scheme}://{bracketed(host)}" + ("" if usual else f":{port}") if host else ""
                yield Address(name, AddressKind.ROUTE, str(key), at, "", why or silence)


def _listeners(gateway: Manifest | None, section: str) -> list[tuple[str, int]]:
    """Scheme and port; of an unknown gateway plain HTTP is assumed."""
    found = [
        each
        for each in as_maps(as_map((gateway or {}).get("spec")).get("listeners"))
        if not section or each.get("name") == section
    ]
    ways = {
        ("https" if each.get("protocol") in SECURE else "http", each["port"])
        for each in found
        if isinstance(each.get("port"), int)
    }
    return sorted(ways) or [("http", 0)]


def _why_not(manifest: Manifest, namespace: str, name: str, gateway: Manifest | None, *, known: bool) -> str:
    if known and gateway is None:
        return f"there is no gateway {namespace}/{name}"
    here = ObjectKey.of(manifest).namespace
    for parent in as_maps(as_map(manifest.get("status")).get("parents")):
        ref = as_map(parent.get("parentRef"))
        if (ref.get("namespace") or here, ref.get("name")) != (namespace, name):
            continue
        for condition in as_maps(parent.get("conditions")):
            if condition.get("type") in ("Accepted", "ResolvedRefs") and condition.get("status") == "False":
                return str(
                    condition.get("message") or condition.get("reason") or "the gateway does not take it"
                )
        return ""
    return f"no controller has taken the route up at the gateway {name} yet"


def _silent_backends(spec: Manifest, namespace: str, around: Around) -> Iterator[str]:
    for rule in as_maps(spec.get("rules")):
        for backend in as_maps(rule.get("backendRefs")):
            name: Any = backend.get("name")
            if backend.get("kind", "Service") == "Service" and isinstance(name, str):
                why = around.silence(str(backend.get("namespace") or namespace), name)
                if why:
                    yield why
