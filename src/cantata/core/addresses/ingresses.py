"""Addresses of Ingresses: a URL for each host and path."""

from __future__ import annotations

from collections.abc import Iterator

from cantata.core.addresses.around import Around, bracketed, hosts_of, strings
from cantata.core.addresses.services import NO_ADDRESS
from cantata.core.model.addresses import Address, AddressKind
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.services.fields import as_map, as_maps

OLD_CLASS = "kubernetes.io/ingress.class"


def of_ingress(name: str, manifest: Manifest, around: Around) -> Iterator[Address]:
    key, spec = ObjectKey.of(manifest), as_map(manifest.get("spec"))
    given = hosts_of(as_maps(as_map(as_map(manifest.get("status")).get("loadBalancer")).get("ingress")))
    waits = "" if given else _why_no_address(manifest, around)
    secure = {host for tls in as_maps(spec.get("tls")) for host in strings(tls.get("hosts"))}
    everywhere = any(not strings(tls.get("hosts")) for tls in as_maps(spec.get("tls")))
    for host, path, backend in _ways(spec):
        at = host or (given[0] if given else "")
        scheme = "https" if everywhere or host in secure else "http"
        silence = waits or (around.silence(key.namespace, backend) if backend else "")
        address = f"{scheme}://{bracketed(at)}{path}" if at else ""
        yield Address(name, AddressKind.INGRESS, str(key), address, "", silence)


def _ways(spec: Manifest) -> Iterator[tuple[str, str, str]]:
    """Host, path and the name of the Service behind it."""
    for rule in as_maps(spec.get("rules")):
        host = str(rule.get("host") or "")
        paths = as_maps(as_map(rule.get("http")).get("paths"))
        for each in paths:
            yield host, str(each.get("path") or "/"), _backend(each.get("backend"))
        if not paths:
            yield host, "/", _backend(spec.get("defaultBackend"))
    if not as_maps(spec.get("rules")):
        yield "", "/", _backend(spec.get("defaultBackend"))


def _backend(backend: object) -> str:
    return str(as_map(as_map(backend).get("service")).get("name") or "")


def _why_no_address(manifest: Manifest, around: Around) -> str:
    annotations = as_map(as_map(manifest.get("metadata")).get("annotations"))
    wanted = as_map(manifest.get("spec")).get("ingressClassName") or annotations.get(OLD_CLASS)
    if around.classes is None:
        return NO_ADDRESS
    if wanted and str(wanted) not in around.classes:
        return f"there is no ingress class {wanted}"
    if not wanted and not around.default:
        return "it names no ingress class, and the cluster has no default one"
    return f"the controller of the ingress class {wanted or around.default} has given it no address yet"
