"""One render of an application's chart, split into services and with its config delivered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from cantata.actions.given_values import Given
from cantata.actions.ports import Ports
from cantata.actions.scopes import scopes
from cantata.actions.source import Source
from cantata.core.delivery import deliver
from cantata.core.model.charts import Rendered, RenderedObject
from cantata.core.model.findings import Finding
from cantata.core.model.inputs import RecordedInputs
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.model.templates import Delivery
from cantata.core.services import SHARED, Split, split
from cantata.core.stamp import normalise, place
from cantata.errors import CantataError
from cantata.ports import Cluster


@dataclass(frozen=True, slots=True)
class Built:
    """`inputs` are what would be recorded of this render, its tape included; `keys` are the config entries
    that reach each service as environment or files. Of all `findings`, `delivery` are those of delivering."""

    manifests: dict[str, tuple[Manifest, ...]]
    split: Split
    rendered: Rendered
    inputs: RecordedInputs
    findings: tuple[Finding, ...]
    delivery: tuple[Finding, ...]
    keys: dict[str, tuple[str, ...]]

    def files(self, service: str) -> tuple[str, ...]:
        """The templates that the service's objects come from."""
        return tuple(sorted({item.path for item in self.split.services.get(service, ())}))


@dataclass(frozen=True, slots=True)
class Delivered:
    manifests: dict[str, tuple[Manifest, ...]]
    keys: dict[str, tuple[str, ...]]
    findings: tuple[Finding, ...]


async def build(
    ports: Ports,
    source: Source,
    cluster: Cluster,
    inputs: RecordedInputs,
    given: Given,
    added: Mapping[str, tuple[Delivery, ...]],
    *,
    only: Sequence[str] | None = None,
) -> Built:
    """`added` are the application's own deliveries. `only` limits it to the objects of some template files;
    services that have others too come out in part then.

    Raises the renderer's errors, `KindNotServed`, and those of splitting and delivery.
    """
    application, template = source.application, source.template

    async def archive() -> bytes:
        return await ports.store.read(lambda records: records.templates.archive(template.chart.digest))

    try:
        rendered = await ports.renderer.render(inputs.render, archive, only=only)
    except CantataError as error:
        if error.place.key and not error.place.file:
            error.place = given.effective.place_of(error.place.key)
        raise
    namespaced = await scopes(cluster, rendered)
    placed = place(rendered.objects, application.namespace, lambda group, kind: namespaced[group, kind])
    findings: list[Finding] = []
    clean: list[RenderedObject] = []
    for item in placed:
        manifest, found = normalise(item.manifest)
        clean.append(msgspec.structs.replace(item, manifest=manifest))
        findings.extend(found)
    parts = split(
        clean,
        template.spec,
        chart=template.chart.name,
        release=application.release,
        namespace=application.namespace,
        frozen={each.object: each.service for each in application.assignments},
    )
    elsewhere = () if only is None else [each.object for each in application.assignments]
    delivered = _deliver(ports, source, parts, given, added, frozenset((*parts.assignments, *elsewhere)))
    render = msgspec.structs.replace(inputs.render, tape=rendered.tape)
    return Built(
        manifests=delivered.manifests,
        split=parts,
        rendered=rendered,
        inputs=msgspec.structs.replace(inputs, render=render),
        findings=(*findings, *parts.findings, *delivered.findings),
        delivery=delivered.findings,
        keys=delivered.keys,
    )


def _deliver(
    ports: Ports,
    source: Source,
    parts: Split,
    given: Given,
    added: Mapping[str, tuple[Delivery, ...]],
    rendered: frozenset[ObjectKey],
) -> Delivered:
    spec, application = source.template.spec, source.application
    manifests: dict[str, tuple[Manifest, ...]] = {}
    keys: dict[str, tuple[str, ...]] = {}
    shared: dict[ObjectKey, Manifest] = {}
    findings: list[Finding] = []
    for name, items in parts.services.items():
        service = spec.services.get(name)
        delivered = deliver(
            name,
            [item.manifest for item in items],
            config_name=spec.config.name if spec.config is not None else "",
            entries=given.entries,
            deliveries=(*(service.delivery if service else ()), *added.get(name, ())),
            release=application.release,
            namespace=application.namespace,
            keyed_hash=ports.store.keyed_hash,
            rendered=rendered,
        )
        manifests[name] = (*delivered.objects, *delivered.manifests)
        keys[name] = delivered.used
        shared |= {ObjectKey.of(manifest): manifest for manifest in delivered.shared}
        findings.extend(delivered.findings)
    if shared:
        manifests[SHARED] = (*shared.values(), *manifests.get(SHARED, ()))
        keys[SHARED] = tuple(sorted(entry.key for entry in given.entries if not entry.secret))
    return Delivered(manifests, keys, tuple(findings))
