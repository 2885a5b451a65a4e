"""Host names under which services are reached from outside: where objects have them, and their keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cantata.core.bundle.keys import Keys
from cantata.core.chart_text import Value
from cantata.core.model.objects import GVK, Manifest
from cantata.core.services import SHARED

ROUTE = ("spec.hostnames.*",)
PLACES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("cert-manager.io", "Certificate"): ("spec.commonName", "spec.dnsNames.*"),
    ("extensions", "Ingress"): ("spec.rules.*.host", "spec.tls.*.hosts.*"),
    ("gateway.networking.k8s.io", "GRPCRoute"): ROUTE,
    ("gateway.networking.k8s.io", "Gateway"): ("spec.listeners.*.hostname",),
    ("gateway.networking.k8s.io", "HTTPRoute"): ROUTE,
    ("gateway.networking.k8s.io", "TLSRoute"): ROUTE,
    ("networking.istio.io", "Gateway"): ("spec.servers.*.hosts.*",),
    ("networking.istio.io", "VirtualService"): ("spec.hosts.*",),
    ("networking.k8s.io", "Ingress"): ("spec.rules.*.host", "spec.tls.*.hosts.*"),
    ("route.openshift.io", "Route"): ("spec.host",),
}
"""(group, kind) → where its objects hold host names; `*` is every item of a list."""

Spot = tuple[Any, Any]
"""A map or list, and the key or index in it."""


def host_spots(manifest: Manifest) -> Iterator[tuple[Spot, str]]:
    """Every place of an outside host name in an object, with the name."""
    gvk = GVK.of(manifest)
    for path in PLACES.get((gvk.group, gvk.kind), ()):
        for holder, key in spots(manifest, path):
            host = holder[key]
            if isinstance(host, str) and _outside(host):
                yield (holder, key), host


def spots(value: Any, path: str) -> Iterator[Spot]:
    """The places that a path leads to, those that are there."""
    first, _, rest = path.partition(".")
    keys: Sequence[Any] = ()
    if isinstance(value, dict):
        keys = [first] if first in value else []
    elif isinstance(value, list) and first == "*":
        keys = range(len(value))
    for key in keys:
        if rest:
            yield from spots(value[key], rest)
        else:
            yield value, key


def _outside(host: str) -> bool:
    """Not the name of a Service in the cluster, and not any host at all."""
    return "." in host and not host.endswith((".svc", ".local")) and ".svc." not in host


def host_values(users: Mapping[str, Sequence[str]], keys: Mapping[str, str]) -> dict[str, Value]:
    """A value for each host name. `users` are the services that have it, `keys` their keys.

    The only one of a service is `<service>.host`, of several each is `<service>.hosts.<its first label>`;
    what several services have, or none alone, is below `hosts`.
    """
    own: dict[str, list[str]] = {}
    for host, services in users.items():
        single = len(services) == 1 and services[0] != SHARED
        own.setdefault(services[0] if single else "", []).append(host)
    found: dict[str, Value] = {}
    for service, hosts in own.items():
        above = (keys[service],) if service else ()
        title = f"Host name of {service}" if service else "Host name"
        taken = Keys()
        for host in hosts:
            label = "wildcard" if host.startswith("*") else host.partition(".")[0]
            path = (*above, "host") if service and len(hosts) == 1 else (*above, "hosts", taken.take(label))
            found[host] = Value(path, host, title)
    return {host: found[host] for host in users}
