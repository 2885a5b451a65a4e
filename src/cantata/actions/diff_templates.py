"""Two versions of a template, two templates, or a template and a folder, held against each other: by file,
and by what they render with the same values."""

from __future__ import annotations

import asyncio
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cantata.actions.deliveries import read_deliveries
from cantata.actions.draft import Draft, Subject, ValueSet, Whereto, find_served, look_up, read_archive
from cantata.actions.given_values import Given
from cantata.actions.import_template import read_spec
from cantata.actions.mask_plan import mask_plan
from cantata.actions.ports import Ports
from cantata.core.diff.files import diff_files
from cantata.core.diff.renders import compare_renders
from cantata.core.model.charts import TapeEntry
from cantata.core.model.diffs import TemplateDiff
from cantata.core.model.objects import Manifest
from cantata.core.model.plans import ServicePlan
from cantata.core.model.templates import Delivery, TemplateSpec
from cantata.core.services import SHARED
from cantata.core.values import mask, secrets_of
from cantata.errors import CantataError, Category
from cantata.ports import Records

HOOKS = ""


@dataclass(frozen=True, slots=True)
class With:
    """What both sides are rendered with. `overrides` are those of single services; `added` is what an
    application delivers beside its template."""

    values: ValueSet = field(default_factory=ValueSet)
    whereto: Whereto = field(default_factory=Whereto)
    overrides: Mapping[str, str] = field(default_factory=dict)
    added: Mapping[str, tuple[Delivery, ...]] = field(default_factory=dict)

    def of_service(self, service: str) -> ValueSet:
        texts = (*self.values.texts, (f"overrides of service {service}", self.overrides[service]))
        return replace(self.values, texts=texts)


@dataclass(frozen=True, slots=True)
class _Made:
    """What one side renders, by service, hooks under an empty name. `secrets` are texts that stand for
    secrets, or are some."""

    manifests: Mapping[str, Sequence[Manifest]]
    spec: TemplateSpec
    tape: tuple[TapeEntry, ...]
    secrets: frozenset[str]


async def values_of(ports: Ports, project: str, name: str) -> With:
    """Of an application: its config, its overrides, what it delivers, and its place. Raises
    `ApplicationNotFound`."""
    found = await ports.store.read(lambda records: records.applications.get(project, name))
    texts = ((f"overrides of application {name}", found.overrides),) if found.overrides else ()
    values = ValueSet(name, found.config, found.config_version, texts)
    whereto = Whereto(found.cluster, namespace=found.namespace, release=found.release, is_upgrade=True)
    added = await read_deliveries(ports, name, found.delivery)
    return With(values, whereto, found.service_overrides, added)


async def diff_templates(ports: Ports, project: str, old: Subject, new: Subject, with_: With) -> TemplateDiff:
    """A side that cannot be rendered leaves the diff of the files, and says why. Raises `TemplateNotFound`,
    `TemplateVersionNotFound`, the NotFound of what the values name, and what asking the cluster raises."""
    sides = [await _named(ports, project, subject) for subject in (old, new)]
    archives = [await read_archive(ports, project, subject) for subject in sides]
    files = [await ports.renderer.unpack(archive) for archive in archives]
    compared = await asyncio.to_thread(diff_files, files[0], files[1])
    labels = [subject.name.removeprefix("template ") for subject in sides]
    made: list[_Made] = []
    for archive, label in zip(archives, labels, strict=True):
        try:
            made.append(await _make(ports, project, archive, with_, made[0].tape if made else ()))
        except CantataError as error:
            if error.category not in (Category.INVALID, Category.LIMIT):
                raise
            return TemplateDiff(labels[0], labels[1], compared, unrendered=f"{label}: {error}")
    before, after = made
    renamed = {
        name: old
        for name, service in after.spec.services.items()
        for old in service.former_names
        if old in before.manifests and name not in before.manifests
    }
    plans = compare_renders(before.manifests, after.manifests, renamed)
    secrets = before.secrets | after.secrets
    services = tuple(
        ServicePlan(plan.service, tuple(mask_plan(each, secrets) for each in plan.objects), plan.rolls)
        for plan in plans
    )
    return TemplateDiff(labels[0], labels[1], compared, services, renamed)


async def _named(ports: Ports, project: str, subject: Subject) -> Subject:
    """With the number of the version that is meant."""
    if not subject.template:
        return subject

    def read(records: Records) -> int:
        template = records.templates.get(project, subject.template)
        return records.templates.version(template, subject.version).number

    return Subject(subject.template, await ports.store.read(read))


async def _make(
    ports: Ports, project: str, archive: bytes, with_: With, tape: tuple[TapeEntry, ...]
) -> _Made:
    destination = await look_up(ports, project, with_.whereto)
    chart = await ports.renderer.load(archive)
    draft = Draft(ports, project, archive, chart, await read_spec(ports, chart), destination)
    delivered = bool(with_.added)
    made = await _rendered(draft, await draft.given(with_.values, delivered=delivered), with_, tape)
    for service in with_.overrides:
        given = await draft.given(with_.of_service(service), delivered=delivered)
        own = await _rendered(draft, given, with_, made.tape)
        name = _name_now(service, draft.spec, own.manifests)
        if name in own.manifests:
            manifests = {**made.manifests, name: own.manifests[name]}
            made = replace(made, manifests=manifests, secrets=made.secrets | own.secrets)
    return made


def _name_now(service: str, spec: TemplateSpec, names: Container[str]) -> str:
    """Of a service that may have another name in this version."""
    new = (name for name, each in spec.services.items() if service in each.former_names)
    return service if service in names else next(new, service)


async def _rendered(draft: Draft, given: Given, with_: With, tape: tuple[TapeEntry, ...]) -> _Made:
    """No error tells a secret."""
    secrets = given.sentinels.texts | secrets_of(given.effective)
    try:
        return await _services(draft, given, with_, secrets, tape)
    except CantataError as error:
        error.message = mask(error.message, secrets)
        raise


async def _services(
    draft: Draft, given: Given, with_: With, secrets: frozenset[str], tape: tuple[TapeEntry, ...]
) -> _Made:
    rendered = await draft.render(given, tape)
    served = await find_served(draft.destination.cluster, rendered)
    objects = [item for item, _ in draft.clean(rendered, served)]
    parts = draft.split(objects)
    added = {_name_now(service, draft.spec, parts.services): items for service, items in with_.added.items()}
    delivered = draft.deliver(parts, given, added)
    manifests: dict[str, list[Manifest]] = {
        name: [*each.objects, *each.manifests] for name, each in delivered.items()
    }
    for each in delivered.values():
        if each.shared:
            manifests.setdefault(SHARED, []).extend(each.shared)
    hooks = {id(hook): hook.manifest for hook in (*parts.hooks, *parts.tests)}
    crds = [item.manifest for item in rendered.crds]
    if hooks or crds:
        manifests[HOOKS] = [*hooks.values(), *crds]
    return _Made(manifests, draft.spec, rendered.tape, secrets)
