"""An application as plain manifests: what a deploy would apply now, or what a revision holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from cantata.actions.audit import audit
from cantata.actions.diff_side import Side
from cantata.actions.lost_key import blobs_of
from cantata.actions.mask_plan import secrets_in
from cantata.actions.ports import Ports
from cantata.actions.renders import Renders
from cantata.actions.resolve import resolve
from cantata.actions.source import Source
from cantata.core.export.manifests import Part, parts_of
from cantata.core.leaks import hide_in
from cantata.core.model.access import Actor
from cantata.core.model.applications import RevisionExtras
from cantata.core.model.charts import RenderedObject
from cantata.core.model.leaks import Leak
from cantata.core.model.objects import Manifest
from cantata.core.model.templates import Condition
from cantata.core.values import mask
from cantata.ports import Records


@dataclass(frozen=True, slots=True)
class Held:
    """The adjusted manifests by service, what these wait for, and where secrets stand in them."""

    manifests: Mapping[str, Sequence[Manifest]]
    depends_on: Mapping[str, Mapping[str, Condition]]
    extras: RevisionExtras
    secrets: Collection[str]
    leaks: Sequence[Leak]


async def export_manifests(
    ports: Ports, project: str, name: str, revision: int | None = None, *, actor: Actor | None = None
) -> tuple[Part, ...]:
    """In the order in which they are applied. Without a revision what a deploy would apply now. With an
    `actor` secrets stand in clear, once the audit has kept who asked; else `****` does.

    Raises what `resolve` raises; `RevisionNotFound`, `RevisionUnreadable`.
    """
    held = await (
        _wanted(ports, project, name) if revision is None else _recorded(ports, project, name, revision)
    )
    if actor is None:
        return parts_of(
            {service: _masked(each, held) for service, each in held.manifests.items()},
            held.depends_on,
            held.extras.definitions,
            _masked_hooks(held),
        )
    what = f"manifests of revision {revision}" if revision is not None else "manifests"

    def write(records: Records) -> None:
        audit(records, actor, project, "reveal", "application", name, f"secrets in {what}")

    await ports.store.write(write)
    return parts_of(held.manifests, held.depends_on, held.extras.definitions, held.extras.hooks)


async def _wanted(ports: Ports, project: str, name: str) -> Held:
    source = await ports.store.read(lambda records: Source.read(records, project, name))
    session = await ports.clusters.get(project, source.application.cluster)
    renders = await Renders.of(ports, source, session)
    desired = await resolve(renders)
    services = desired.services
    return Held(
        {service: each.adjusted() for service, each in services.items()},
        {service: each.depends_on for service, each in services.items()},
        desired.extras,
        secrets_in(source, renders.effective.values()),
        [leak for each in services.values() for leak in each.leaks],
    )


async def _recorded(ports: Ports, project: str, name: str, number: int) -> Held:
    def read(records: Records) -> Held:
        application = records.applications.get(project, name)
        revision = records.revisions.get(application.id, number)
        side = Side.read(records, application, revision, revision.services)
        with blobs_of(application, number):
            extras = RevisionExtras.read(records.blobs.get_all([revision.extras])[revision.extras])
        services = revision.services
        return Held(
            side.manifests,
            {service: each.depends_on for service, each in services.items()},
            extras,
            side.secrets(),
            [leak for each in services.values() for leak in each.leaks],
        )

    return await ports.store.read(read)


def _masked(manifests: Sequence[Manifest], held: Held) -> list[Manifest]:
    return [mask(hide_in(each, held.leaks), held.secrets) for each in manifests]


def _masked_hooks(held: Held) -> list[RenderedObject]:
    return [
        RenderedObject(each.path, each.index, _masked([each.manifest], held)[0], each.hook)
        for each in held.extras.hooks
    ]
