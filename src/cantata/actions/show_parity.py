"""For each key of an application's config: what templates, environment and files make of it."""

from __future__ import annotations

from collections.abc import Sequence

from cantata.actions.ports import Ports
from cantata.actions.resolve import Resolver
from cantata.actions.source import Source
from cantata.core.delivery.parity import parity
from cantata.core.model.parity import ServiceParity


async def show_parity(
    ports: Ports, project: str, name: str, services: Sequence[str] = ()
) -> tuple[ServiceParity, ...]:
    """By service, as a deploy would make it now; nothing is written. Raises what `prepare` raises."""
    source = await ports.store.read(lambda records: Source.read(records, project, name))
    session = await ports.clusters.get(project, source.application.cluster)
    found = await Resolver(ports, source, session).deliveries(services)
    numbers = source.template.spec.numbers
    return tuple(
        parity(service, delivered, values, numbers) for service, (delivered, values) in sorted(found.items())
    )
