"""For each key of an application's config: what templates, environment and files make of it."""

from __future__ import annotations

from collections.abc import Sequence

from cantata.actions.ports import Ports
from cantata.actions.renders import Group, Renders
from cantata.actions.source import Source
from cantata.core.delivery.parity import parity
from cantata.core.model.parity import ServiceParity


async def show_parity(
    ports: Ports, project: str, name: str, services: Sequence[str] = ()
) -> tuple[ServiceParity, ...]:
    """By service, as a deploy would make it now; nothing is written. Raises what `prepare` raises."""
    source = await ports.store.read(lambda records: Source.read(records, project, name))
    session = await ports.clusters.get(project, source.application.cluster)
    renders = await Renders.of(ports, source, session)
    names = tuple((await renders.build(renders.base)).manifests)
    renders.check_names(names, services)
    found = []
    for service in sorted(services or names):
        override = renders.overrides.get(service, "")
        delivered = (await renders.build(Group(renders.base.address, override))).delivered.get(service)
        if delivered is not None:
            values = renders.effective[override]
            found.append(parity(service, delivered, values, source.template.spec.numbers))
    return tuple(found)
