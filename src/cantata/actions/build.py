"""One render of an application's chart, split into services and with its config delivered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from cantata.actions.deliveries import Delivering
from cantata.actions.given_values import Given
from cantata.actions.scopes import scopes
from cantata.core.delivery import Delivered
from cantata.core.model.charts import Rendered, RenderedObject
from cantata.core.model.findings import Finding, Severity
from cantata.core.model.inputs import RecordedInputs
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.services import SHARED, Split, split
from cantata.core.stamp import normalise, place
from cantata.errors import CantataError
from cantata.ports import Cluster


@dataclass(frozen=True, slots=True)
class Built:
    """`inputs` are what would be recorded of this render, its tape included."""

    manifests: dict[str, tuple[Manifest, ...]]
    split: Split
    rendered: Rendered
    inputs: RecordedInputs
    findings: tuple[Finding, ...]
    delivered: dict[str, Delivered]

    def files(self, service: str) -> tuple[str, ...]:
        """The templates that the service's objects come from."""
        return tuple(sorted({item.path for item in self.split.services.get(service, ())}))

    def keys(self, service: str) -> tuple[str, ...]:
        """The config entries that reach the service as environment or files. `shared` holds all of them when
        a ConfigMap of the config's own name is kept."""
        keys = set(self.delivered[service].used) if service in self.delivered else set()
        if service == SHARED:
            keys.update(
                key
                for each in self.delivered.values()
                for manifest in each.shared
                for key in manifest.get("data", ())
            )
        return tuple(sorted(keys))

    def errors(self, service: str) -> tuple[Finding, ...]:
        """Findings for which the service would not be deployed."""
        found = self.delivered[service].findings if service in self.delivered else ()
        return tuple(each for each in found if each.severity is Severity.ERROR)


async def build(
    cluster: Cluster,
    delivering: Delivering,
    inputs: RecordedInputs,
    given: Given,
    *,
    only: Sequence[str] | None = None,
) -> Built:
    """`only` limits it to the objects of some template files; services that have others too come out in part
    then.

    Raises the renderer's errors, `KindNotServed`, and those of splitting and delivery.
    """
    ports, source = delivering.ports, delivering.source
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
    delivered = delivering.services(parts, given, elsewhere=elsewhere)
    findings += parts.findings
    findings += [each for one in delivered.values() for each in one.findings]
    render = msgspec.structs.replace(inputs.render, tape=rendered.tape)
    return Built(
        manifests=_manifests(delivered),
        split=parts,
        rendered=rendered,
        inputs=msgspec.structs.replace(inputs, render=render),
        findings=tuple(findings),
        delivered=delivered,
    )


def _manifests(delivered: Mapping[str, Delivered]) -> dict[str, tuple[Manifest, ...]]:
    manifests = {name: (*each.objects, *each.manifests) for name, each in delivered.items()}
    shared = {ObjectKey.of(manifest): manifest for each in delivered.values() for manifest in each.shared}
    if shared:
        manifests[SHARED] = (*shared.values(), *manifests.get(SHARED, ()))
    return manifests
