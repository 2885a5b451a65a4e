"""All addresses of one service, those from outside first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from cantata.core.addresses.around import Around
from cantata.core.addresses.ingresses import of_ingress
from cantata.core.addresses.routes import GROUP, of_route, parents
from cantata.core.addresses.services import of_service
from cantata.core.model.addresses import Address, AddressKind
from cantata.core.model.objects import GVK, Manifest

Rule = Callable[[str, Manifest, Around], Iterator[Address]]

RULES: dict[tuple[str, str], Rule] = {
    ("", "Service"): of_service,
    ("networking.k8s.io", "Ingress"): of_ingress,
    (GROUP, "HTTPRoute"): of_route,
    (GROUP, "GRPCRoute"): of_route,
}

ORDER = list(AddressKind)


def collect_addresses(service: str, objects: Iterable[Manifest], around: Around) -> tuple[Address, ...]:
    """Never raises: what has a wrong shape has no address."""
    found: dict[Address, None] = {}
    for manifest in objects:
        gvk = GVK.of(manifest)
        rule = RULES.get((gvk.group, gvk.kind))
        if rule is not None:
            found |= dict.fromkeys(rule(service, manifest, around))
    return tuple(sorted(found, key=lambda each: (ORDER.index(each.kind), each.object, each.address)))


def gateways_of(objects: Iterable[Manifest]) -> frozenset[tuple[str, str]]:
    """Namespace and name of the gateways that routes among these want to be at."""
    routes = (each for each in objects if GVK.of(each).group == GROUP)
    return frozenset((namespace, name) for route in routes for namespace, name, _ in parents(route))
