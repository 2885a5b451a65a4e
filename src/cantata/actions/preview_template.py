"""Show what a template would become with some values, somewhere, without creating anything."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from cantata.actions.draft import Draft, Subject, ValueSet, Whereto, find_served, look_up, read_archive
from cantata.actions.import_template import read_spec
from cantata.actions.lint_template import Linted, lint_draft
from cantata.actions.ports import Ports
from cantata.actions.variables import ServiceVariables, variables_of_files
from cantata.core.config import MASK
from cantata.core.delivery import Delivered
from cantata.core.model.charts import RenderedObject
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.model.templates import Condition
from cantata.core.order.errors import OrderInvalid
from cantata.core.order.graph import build_graph
from cantata.core.services import SHARED, Split
from cantata.core.values import mask, mask_error
from cantata.core.variables import APPLICATION, files_of, owners
from cantata.errors import CantataError

SECRET_FIELDS = ("data", "stringData")


@dataclass(frozen=True, slots=True)
class PreviewedObject:
    """`file` is the template, empty for what carries the config. Secrets are masked in the manifest."""

    manifest: Manifest
    file: str = ""
    events: tuple[str, ...] = ()
    weight: int = 0


@dataclass(frozen=True, slots=True)
class PreviewedService:
    name: str
    workload: ObjectKey | None
    objects: tuple[PreviewedObject, ...]
    depends_on: Mapping[str, Condition]
    variables: ServiceVariables


@dataclass(frozen=True, slots=True)
class Previewed:
    """`order` are waves of services; none where the order is impossible, which is a finding then. `hooks`
    holds tests too, `application` the variables of hooks, notes, and files that render nothing now."""

    kube_version: str
    services: tuple[PreviewedService, ...]
    hooks: tuple[PreviewedObject, ...]
    definitions: tuple[ObjectKey, ...]
    order: tuple[tuple[str, ...], ...]
    notes: str
    application: ServiceVariables
    linted: Linted


async def preview_template(
    ports: Ports, project: str, subject: Subject, values: ValueSet, whereto: Whereto
) -> Previewed:
    """Secrets of the config never reach the templates (`actions.draft`).

    Raises `DraftUnclear`, the NotFound of what is named, the renderer's errors, and those of cantata.yaml,
    splitting and delivery; none tells a secret.
    """
    archive = await read_archive(ports, project, subject)
    destination = await look_up(ports, project, whereto)
    chart = await ports.renderer.load(archive, subject=subject.name)
    draft = Draft(ports, project, archive, chart, await read_spec(ports, chart), destination)
    given = await draft.given(values)
    secrets = given.sentinels.texts | frozenset(given.secret_keys)
    try:
        rendered = await draft.render(given)
    except CantataError as error:
        mask_error(error, secrets)
        raise
    served = await find_served(destination.cluster, rendered)
    parts = draft.split([item for item, _ in draft.clean(rendered, served)])
    delivered = draft.deliver(parts, given)
    variables, linted = await asyncio.gather(
        ports.reads.of(chart.digest, draft.fetch), lint_draft(draft, [values])
    )
    owned = owners(variables, parts, draft.spec)

    def reads(name: str) -> ServiceVariables:
        return variables_of_files(variables, name, files_of(owned, name), given.effective.leaves)

    show = _Shown(secrets)
    return Previewed(
        kube_version=destination.capabilities.kube_version,
        services=tuple(
            PreviewedService(
                name,
                parts.workloads.get(name),
                tuple(show.service(parts, name, delivered)),
                parts.depends_on.get(name, {}),
                reads(name),
            )
            for name in _names(parts, delivered)
        ),
        hooks=tuple(show.hooks((*parts.hooks, *(each for each in parts.tests if each not in parts.hooks)))),
        definitions=tuple(ObjectKey.of(item.manifest) for item in rendered.crds),
        order=_order(parts),
        notes=str(mask(rendered.notes, secrets)),
        application=reads(APPLICATION),
        linted=linted,
    )


def _names(parts: Split, delivered: Mapping[str, Delivered]) -> list[str]:
    """The service `shared` comes first, also where only the config makes it."""
    names = [name for name in parts.services if name != SHARED]
    is_shared = parts.has_shared or any(each.shared for each in delivered.values())
    return [SHARED, *names] if is_shared else names


def _order(parts: Split) -> tuple[tuple[str, ...], ...]:
    before = {SHARED: Condition.STARTED} if parts.has_shared else {}
    wanted = {
        name: {**({} if name == SHARED else before), **parts.depends_on.get(name, {})}
        for name in parts.services
    }
    jobs = {name for name, key in parts.workloads.items() if key.kind == "Job"}
    try:
        return build_graph(parts.services.keys(), wanted, jobs=jobs).layers
    except OrderInvalid:
        return ()


@dataclass(frozen=True, slots=True)
class _Shown:
    """Objects as they may be shown."""

    secrets: Collection[str]

    def service(
        self, parts: Split, name: str, delivered: Mapping[str, Delivered]
    ) -> Iterable[PreviewedObject]:
        files = {ObjectKey.of(item.manifest): item.path for item in parts.services.get(name, ())}
        own = delivered.get(name)
        manifests = [*own.objects, *own.manifests] if own is not None else []
        if name == SHARED:
            shared = {ObjectKey.of(each): each for one in delivered.values() for each in one.shared}
            manifests = [*shared.values(), *manifests]
        for manifest in manifests:
            yield PreviewedObject(self._clean(manifest), files.get(ObjectKey.of(manifest), ""))

    def hooks(self, items: Iterable[RenderedObject]) -> Iterable[PreviewedObject]:
        for item in items:
            hook = item.hook
            events, weight = (hook.events, hook.weight) if hook is not None else ((), 0)
            yield PreviewedObject(self._clean(item.manifest), item.path, events, weight)

    def _clean(self, manifest: Manifest) -> Manifest:
        shown: Manifest = mask(manifest, self.secrets)
        if (shown.get("apiVersion"), shown.get("kind")) != ("v1", "Secret"):
            return shown
        hidden = {
            field: dict.fromkeys(shown[field], MASK)
            for field in SECRET_FIELDS
            if isinstance(shown.get(field), dict)
        }
        return {**shown, **hidden}
