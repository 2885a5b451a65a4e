"""A template as a chart for plain Helm, with the values of configs, and as manifests.

Secrets of configs are not told, and reach no template (`actions.draft`): what stands for them says nothing
of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from cantata.actions.draft import (
    Draft,
    Served,
    Subject,
    ValueSet,
    Whereto,
    find_served,
    look_up,
    read_archive,
)
from cantata.actions.export_standalone import LIBRARY, helm_objects, wait_settings
from cantata.actions.given_values import Given, given_of
from cantata.actions.import_template import read_spec
from cantata.actions.ports import Ports
from cantata.core.config import SecretText
from cantata.core.delivery import Delivered
from cantata.core.export.facts import Facts, merged_facts, read_facts
from cantata.core.export.manifests import Part, parts_of
from cantata.core.export.same import differences
from cantata.core.export.standalone import standalone_files
from cantata.core.export.texts import texts_of
from cantata.core.export.values import Values, split_values
from cantata.core.leaks import hide_in
from cantata.core.leaks.sentinels import OPAQUE, sentinel_of
from cantata.core.model.charts import Rendered, RenderedObject, RenderInputs
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.services import SHARED, Split
from cantata.core.values import effective, mask, mask_error, secret_forms
from cantata.errors import CantataError

NO_VALUES = ValueSet()


@dataclass(frozen=True, slots=True)
class ConfigValues:
    """The values file of one config, without its secrets. `differences` are the objects, of `objects` in all,
    that Helm makes otherwise than Cantata."""

    config: str
    text: str
    secret_keys: tuple[str, ...]
    objects: int
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TemplateChart:
    """`chart` is its name and version, `archive` the .tgz. Without configs `values` has one entry without a
    name, which is checked and has no text."""

    chart: str
    archive: bytes
    values: tuple[ConfigValues, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """One render, as far as delivery."""

    given: Given
    inputs: RenderInputs
    rendered: Rendered
    served: Served
    parts: Split
    delivered: dict[str, Delivered]
    hooks: tuple[RenderedObject, ...]

    def services(self) -> dict[str, list[Manifest]]:
        found = {name: [*each.objects, *each.manifests] for name, each in self.delivered.items()}
        shared = {ObjectKey.of(item): item for each in self.delivered.values() for item in each.shared}
        if shared:
            found[SHARED] = [*shared.values(), *found.get(SHARED, ())]
        return found


async def export_template_chart(
    ports: Ports,
    project: str,
    subject: Subject,
    sets: Sequence[ValueSet],
    whereto: Whereto,
    *,
    wait: bool = False,
) -> TemplateChart:
    """`sets` are configs. Raises the NotFound of what is named, the renderer's errors, and those of
    splitting and delivery; none tells a secret."""
    draft = await _draft(ports, project, subject, whereto)
    stages = [await _stage(draft, values) for values in sets or (NO_VALUES,)]
    facts = merged_facts([_facts(draft, stage) for stage in stages])
    files = dict(await ports.renderer.unpack(draft.archive))
    if facts.needed:
        files = standalone_files(files, chart=draft.chart.name, spec=draft.spec, facts=facts, library=LIBRARY)
    archive = await ports.renderer.pack(files, draft.chart.name)
    values = [
        await _checked(draft, one, stage, archive, facts, wait=wait)
        for one, stage in zip(sets or (NO_VALUES,), stages, strict=True)
    ]
    return TemplateChart(f"{draft.chart.name}-{draft.chart.version}", archive, tuple(values))


async def export_template_manifests(
    ports: Ports, project: str, subject: Subject, values: ValueSet, whereto: Whereto
) -> tuple[Part, ...]:
    """In the order in which they are applied, secrets masked. Raises the same."""
    draft = await _draft(ports, project, subject, whereto)
    stage = await _stage(draft, values)
    hidden = frozenset(form for text in stage.given.secret_keys for form in secret_forms(text))

    def shown(manifest: Manifest) -> Manifest:
        masked: Manifest = mask(hide_in(manifest, ()), hidden)
        return masked

    return parts_of(
        {name: [shown(each) for each in items] for name, items in stage.services().items()},
        stage.parts.depends_on,
        [item.manifest for item in stage.rendered.crds],
        [msgspec.structs.replace(each, manifest=shown(each.manifest)) for each in stage.hooks],
    )


async def _draft(ports: Ports, project: str, subject: Subject, whereto: Whereto) -> Draft:
    archive = await read_archive(ports, project, subject)
    destination = await look_up(ports, project, whereto)
    chart = await ports.renderer.load(archive, subject=subject.name)
    return Draft(ports, project, archive, chart, await read_spec(ports, chart), destination)


async def _stage(draft: Draft, values: ValueSet) -> Stage:
    given = await _stood_in(draft, values)
    try:
        rendered = await draft.render(given)
    except CantataError as error:
        mask_error(error, given.sentinels.texts)
        raise
    served = await find_served(draft.destination.cluster, rendered)
    parts = draft.split([item for item, _ in draft.clean(rendered, served)])
    inputs = RenderInputs(
        draft.chart.digest, draft.destination.release, draft.destination.capabilities, tape=rendered.tape
    )
    delivered, hooks = draft.deliver(parts, given), draft.deliver_hooks(parts, given)
    return Stage(given, inputs, rendered, served, parts, delivered, hooks)


async def _stood_in(draft: Draft, values: ValueSet) -> Given:
    """The values with something in the place of each secret, also where they are delivered."""
    layers = [
        replace(
            layer,
            secrets={
                path: SecretText(sentinel_of(path, OPAQUE) if secret.reveal() else "")
                for path, secret in layer.secrets.items()
            },
        )
        for layer in await draft.layers(values)
    ]
    given = given_of(effective(layers), delivered=draft.spec.delivers)
    return replace(given, sentinels=replace(given.sentinels, values=given.effective.values()))


def _facts(draft: Draft, stage: Stage) -> Facts:
    return read_facts(
        draft.spec,
        stage.parts,
        chart=draft.chart.name,
        release=draft.destination.release.name,
        added={},
        leaves=stage.given.effective.leaves,
        paths=draft.chart.files,
        subcharts=tuple(each.alias or each.name for each in draft.chart.dependencies),
        keep_name=any(each.shared for each in stage.delivered.values()),
    )


async def _checked(
    draft: Draft, one: ValueSet, stage: Stage, archive: bytes, facts: Facts, *, wait: bool
) -> ConfigValues:
    made = split_values(stage.given.effective)
    settings = texts_of(stage.given.effective, facts) if facts.needed else {}
    values = Values(made.plain, made.secrets, made.keys if facts.needed else (), settings)
    objects = await helm_objects(
        draft.ports,
        f"template {draft.chart.name}",
        stage.inputs,
        archive,
        values,
        stage.served.namespaced,
        stage.given.sentinels.texts,
    )
    wanted = [each for items in stage.services().values() for each in items]
    wanted += [each.manifest for each in stage.hooks]
    told = replace(values, settings={**settings, **(wait_settings() if wait else {})})
    head = f"# The values of config {one.config}.\n# helm install RELEASE CHART -f THIS\n"
    return ConfigValues(
        config=one.config,
        text=told.text(head) if one.config or wait else "",
        secret_keys=made.keys,
        objects=len(wanted),
        differences=tuple(differences(wanted, objects, draft.destination.release.name)),
    )
