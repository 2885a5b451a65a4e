"""Ports and names: how the services of a project reach one another, and how they are reached from outside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cantata.core.compose.names import is_host_name
from cantata.core.compose.project import Object, Part, labels

EXPOSED = re.compile(r"([0-9]+)(?:-([0-9]+))?(?:/(tcp|udp|sctp))?")
MOST_PORTS = 250
LOOPBACK = ("127.", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Port:
    """`published` is 0 where the outside does not reach it."""

    target: int
    protocol: str = "tcp"
    published: int = 0
    loopback: bool = False
    app_protocol: str = ""

    @property
    def name(self) -> str:
        return f"{self.protocol}-{self.target}"


def ports_of(part: Part) -> list[Port]:
    found = []
    for item in part.fields.items("ports"):
        target, protocol = int(item.take("target", 0)), item.take("protocol", "tcp")
        text = str(item.take("published", ""))
        first, dash, _ = text.partition("-")
        if dash:
            part.changed("ports", f"of the published ports {text} the first is taken for {target}")
        if not text:
            part.changed(
                "ports", f"port {target} has no fixed port outside; it is reached inside the cluster only"
            )
        if item.take("mode", "ingress") == "host":
            part.changed("ports", f"port {target} is published by a Service, not on each host")
        item.take("name")
        address = item.take("host_ip", "")
        if address and not address.startswith(LOOPBACK) and address not in ("0.0.0.0", "::"):
            part.left_out("ports", f"port {target} is published on all addresses, not on {address} alone")
        app_protocol = item.take("app_protocol", "")
        found.append(Port(target, protocol, int(first or 0), address.startswith(LOOPBACK), app_protocol))
    for text in part.fields.take("expose", []):
        matched = EXPOSED.fullmatch(str(text))
        if matched is None:
            part.left_out("expose", f"expose {text} is no port")
            continue
        start, end = int(matched[1]), int(matched[2] or matched[1])
        if end - start >= MOST_PORTS:
            part.left_out("expose", f"a Service takes at most {MOST_PORTS} ports, not {text}")
            continue
        found += [Port(port, matched[3] or "tcp") for port in range(start, end + 1)]
    return found


def container_ports(ports: list[Port]) -> list[Object]:
    return [_written({"name": port.name, "containerPort": port.target}, port) for port in _inside(ports)]


def services_of(part: Part, ports: list[Port], *, ends: bool) -> Iterator[Object]:
    """The Service by which the others reach it, under the name that compose gives it; one more for each
    alias; and one by which the outside does. What `ends` needs none without ports."""
    inside = _inside(ports)
    if inside or not ends:
        for name in (part.name, *sorted(_aliases(part))):
            yield _service(part, name, inside)
    published = [port for port in ports if port.published]
    if published:
        yield _published(part, published)


def _service(part: Part, name: str, inside: list[Port]) -> Object:
    spec: Object = {"selector": labels(part.name)}
    if inside:
        spec["ports"] = [
            _written({"name": port.name, "port": port.target, "targetPort": port.name}, port)
            for port in inside
        ]
    else:
        # Compose lets the others reach any port; so does the address of the pods themselves.
        spec = {"clusterIP": "None", **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": part.metadata(name), "spec": spec}


def _published(part: Part, published: list[Port]) -> Object:
    """A Service of its own: the published ports are for the outside, and the others use the container's."""
    local = all(port.loopback for port in published)
    if local:
        part.changed(
            "ports",
            "its ports are published for this host alone; here they are inside the cluster only",
            f"Set {part.section}.published.type to LoadBalancer or NodePort to reach it from outside.",
        )
    kind = part.value(
        "published",
        "type",
        default="ClusterIP" if local else "LoadBalancer",
        comment="How it is reached from outside: LoadBalancer, NodePort or ClusterIP",
    )
    written = []
    seen: set[tuple[int, str]] = set()
    for port in published:
        if (port.published, port.protocol) in seen:
            continue
        seen.add((port.published, port.protocol))
        name = f"{port.protocol}-{port.published}"
        value = part.value(
            "published",
            "ports",
            f"{port.protocol}{port.published}",
            default=port.published,
            comment=f"The port outside of port {port.target} of the container",
        )
        written.append(_written({"name": name, "port": value, "targetPort": port.name}, port))
    spec = {"type": kind, "selector": labels(part.name), "ports": written}
    metadata = part.metadata(
        part.project.unique("Service", f"{part.name}-published", f"published {part.name}")
    )
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def _inside(ports: list[Port]) -> list[Port]:
    return list({(port.target, port.protocol): port for port in reversed(ports)}.values())[::-1]


def _written(entry: Object, port: Port) -> Object:
    if port.app_protocol and "port" in entry:
        entry["appProtocol"] = port.app_protocol
    return entry if port.protocol == "tcp" else {**entry, "protocol": port.protocol.upper()}


def _aliases(part: Part) -> set[str]:
    """Other names of the service: aliases of networks, links of others, and its container's name and its host
    name where another service speaks of these."""
    project, fields = part.project, part.fields
    found: dict[str, str] = {}
    for network, settings in fields.take("networks", {}).items():
        for key in settings or {}:
            if key not in ("aliases", "priority") and settings[key]:
                part.left_out(f"networks.{network}.{key}", f"{key} of a network is not translated")
        found |= dict.fromkeys((settings or {}).get("aliases") or (), f"networks.{network}.aliases")
    for other in project.parts.values():
        for link in other.given("links") or ():
            service, _, alias = link.partition(":")
            if service == part.compose_name and alias:
                found[alias] = "links"
    container, host = fields.take("container_name", ""), part.given("hostname") or ""
    if container and container != part.compose_name and not _mentioned(part, container):
        part.left_out("container_name", f"container_name {container} is not translated; nobody speaks of it")
    for name, key in ((container, "container_name"), (host, "hostname")):
        if name and _mentioned(part, name):
            found[name] = key
    aliases = {alias for alias in found if alias != part.compose_name}
    for alias in sorted(aliases):
        if not is_host_name(alias):
            part.left_out(found[alias], f"{alias} cannot be the name of a Service")
        elif project.unique("Service", alias, f"alias {alias} of {part.name}") != alias:
            part.left_out(found[alias], f"{alias} is the name of another service")
        else:
            continue
        aliases.discard(alias)
    return aliases


def _mentioned(part: Part, name: str) -> bool:
    word = re.compile(rf"(?<![A-Za-z0-9_-]){re.escape(name)}(?![A-Za-z0-9_-])")
    return any(
        word.search(f"{other.given(key)}")
        for other in part.project.parts.values()
        if other is not part
        for key in ("environment", "command", "entrypoint")
    )
