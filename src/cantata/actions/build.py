"""One render of an application's chart, split into services and with its config delivered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from cantata.actions.deliveries import Delivering
from cantata.actions.given_values import Given
from cantata.actions.scopes import scopes
from cantata.actions.secret_leaks import LeakSearch
from cantata.core.delivery import Delivered
from cantata.core.leaks import leak_findings
from cantata.core.model.charts import Rendered, RenderedObject
from cantata.core.model.findings import Finding, Severity
from cantata.core.model.inputs import RecordedInputs
from cantata.core.model.leaks import Leak
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.services import SHARED, Split, split
from cantata.core.stamp import normalise, place
from cantata.core.values import mask_error
from cantata.errors import CantataError
from cantata.ports import Cluster


@dataclass(frozen=True, slots=True)
class Built:
    """`inputs` are what would be recorded of this render, its tape included. `leaks` are by service, those of
    hooks under an empty name; `notes` have no secret in them."""

    manifests: dict[str, tuple[Manifest, ...]]
    split: Split
    rendered: Rendered
    inputs: RecordedInputs
    findings: tuple[Finding, ...]
    delivered: dict[str, Delivered]
    leaks: dict[str, tuple[Leak, ...]]
    notes: str

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

    Raises the renderer's errors, `KindNotServed`, and those of splitting and delivery; none tells a secret.
    """
    try:
        return await _build(cluster, delivering, inputs, given, only)
    except CantataError as error:
        mask_error(error, given.secret_keys)
        raise


async def _build(
    cluster: Cluster,
    delivering: Delivering,
    inputs: RecordedInputs,
    given: Given,
    only: Sequence[str] | None,
) -> Built:
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

    def clean(rendered: Rendered) -> list[tuple[RenderedObject, tuple[Finding, ...]]]:
        return cleaned(rendered, application.namespace, namespaced)

    clear = clean(rendered)
    search = LeakSearch(ports, inputs.render, given, archive, lambda each: [item for item, _ in clean(each)])
    leaking = await search.look(rendered, only)
    parts = split(
        [item for item, _ in clear],
        template.spec,
        chart=template.chart.name,
        release=application.release,
        namespace=application.namespace,
        frozen={each.object: each.service for each in application.assignments},
    )
    elsewhere = () if only is None else [each.object for each in application.assignments]
    delivered = delivering.services(parts, given, elsewhere=elsewhere)
    leaks = _by_service(leaking.leaks, parts)
    render = msgspec.structs.replace(inputs.render, tape=rendered.tape)
    return Built(
        manifests=_manifests(delivered),
        split=parts,
        rendered=rendered,
        inputs=msgspec.structs.replace(inputs, render=render),
        findings=(
            *(each for _, found in clear for each in found),
            *parts.findings,
            *(each for one in delivered.values() for each in one.findings),
            *(each for name, found in leaks.items() for each in leak_findings(found, name)),
            *leaking.findings,
        ),
        delivered=delivered,
        leaks=leaks,
        notes=leaking.notes,
    )


def cleaned(
    rendered: Rendered, namespace: str, namespaced: Mapping[tuple[str, str], bool]
) -> list[tuple[RenderedObject, tuple[Finding, ...]]]:
    """The objects in their namespaces and normalised, each with what was found at that."""
    placed = place(rendered.objects, namespace, lambda group, kind: namespaced.get((group, kind), True))
    normal = ((item, normalise(item.manifest)) for item in placed)
    return [
        (msgspec.structs.replace(item, manifest=manifest), tuple(found)) for item, (manifest, found) in normal
    ]


def _by_service(leaks: Sequence[Leak], parts: Split) -> dict[str, tuple[Leak, ...]]:
    found: dict[str, tuple[Leak, ...]] = {}
    for leak in leaks:
        name = parts.assignments.get(leak.object, "")
        found[name] = (*found.get(name, ()), leak)
    return found


def _manifests(delivered: Mapping[str, Delivered]) -> dict[str, tuple[Manifest, ...]]:
    manifests = {name: (*each.objects, *each.manifests) for name, each in delivered.items()}
    shared = {ObjectKey.of(manifest): manifest for each in delivered.values() for manifest in each.shared}
    if shared:
        manifests[SHARED] = (*shared.values(), *manifests.get(SHARED, ()))
    return manifests
