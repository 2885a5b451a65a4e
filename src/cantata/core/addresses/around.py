"""What is known of the cluster around a service's objects, and what all kinds of addresses share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cantata.core.model.objects import Manifest
from cantata.core.services.fields import as_map, as_maps

WEB = {80: "http", 443: "https"}
"""Ports that say their protocol."""

NAMES = ("https", "http", "h2c", "web")


@dataclass(frozen=True, slots=True)
class Around:
    """`services` and `pods` are the live ones of the application. `classes` are the cluster's ingress classes
    by name, `default` the one for Ingresses that name none; None where they may not be read. `node` is the
    address of a node. `gateways` are those of the routes by namespace and name, None where one is missing."""

    services: Mapping[tuple[str, str], Manifest] = field(default_factory=dict)
    pods: tuple[Manifest, ...] = ()
    classes: frozenset[str] | None = None
    default: str = ""
    node: str = ""
    gateways: Mapping[tuple[str, str], Manifest | None] = field(default_factory=dict)

    def silence(self, namespace: str, service: str) -> str:
        """Why nothing answers behind a Kubernetes Service; empty where something does, or nobody knows."""
        found = self.services.get((namespace, service))
        return f"the Service {service} is not there" if found is None else self.silence_of(found)

    def silence_of(self, service: Manifest) -> str:
        spec = as_map(service.get("spec"))
        selector = as_map(spec.get("selector"))
        if not selector or spec.get("type") == "ExternalName" or spec.get("publishNotReadyAddresses"):
            return ""
        namespace = as_map(service.get("metadata")).get("namespace")
        chosen = [pod for pod in self.pods if _selects(selector, pod, namespace)]
        if not chosen:
            return "no pod of the application has the labels that it selects"
        ready = sum(map(_is_ready, chosen))
        return (
            ""
            if ready
            else f"none of its {len(chosen)} pods is ready"
            if len(chosen) > 1
            else "its pod is not ready"
        )


def _selects(selector: Mapping[str, Any], pod: Manifest, namespace: object) -> bool:
    metadata = as_map(pod.get("metadata"))
    labels = as_map(metadata.get("labels"))
    return metadata.get("namespace") == namespace and selector.items() <= labels.items()


def _is_ready(pod: Manifest) -> bool:
    conditions = as_maps(as_map(pod.get("status")).get("conditions"))
    deleted = as_map(pod.get("metadata")).get("deletionTimestamp")
    return not deleted and any(
        each.get("type") == "Ready" and each.get("status") == "True" for each in conditions
    )


def url(host: str, port: object, name: str = "", protocol: str = "") -> str:
    """`https://host` where the port says what it speaks, else `host:port`."""
    number = port if isinstance(port, int) else 0
    spoken = WEB.get(number) or (
        "https" if name.startswith("https") else "http" if name.startswith("http") else ""
    )
    if not spoken or protocol == "UDP":
        return f"{bracketed(host)}:{port}"
    usual = WEB.get(number) == spoken
    return f"{spoken}://{bracketed(host)}" + ("" if usual else f":{port}")


def bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def hosts_of(entries: Iterable[Manifest]) -> list[str]:
    """What a status of a load balancer gives: a name, else an address."""
    found = (str(each.get("hostname") or each.get("ip") or "") for each in entries)
    return [host for host in found if host]


def strings(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
