"""What an application's services should be now: values resolved, templates rendered, services split, config
delivered. Nothing is written, and nothing is asked of the cluster but what it can do.

Inputs that the user does not see (release number, capabilities, random results) are the recorded ones as long
as nothing else changes, so that a second plan is empty. Services that were made from the same inputs share
one render.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import msgspec

from cantata.actions.desired import DesiredService, DesiredState
from cantata.actions.layers import chain_layers, text_layer
from cantata.actions.ports import Ports
from cantata.actions.scopes import scopes
from cantata.actions.source import Source
from cantata.core.delivery import Entry, deliver, entries
from cantata.core.model.applications import (
    Assignment,
    RevisionExtras,
)
from cantata.core.model.charts import Release, Rendered, RenderedObject, RenderInputs
from cantata.core.model.errors import ServiceNotFound
from cantata.core.model.findings import Finding
from cantata.core.model.inputs import RecordedEntry, RecordedInputs
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.model.templates import Condition
from cantata.core.order.graph import Places, build_graph
from cantata.core.services import SHARED, Split, dependency_places, split
from cantata.core.stamp import digest, normalise, place
from cantata.core.values import Effective, Layer, LayerKind, effective, mask, secrets_of
from cantata.errors import CantataError, Category
from cantata.ports import ClusterSession


class OverrideUnknownService(CantataError):
    """An override names a service that the template does not have (any more), or that it takes away."""

    category = Category.INVALID


@dataclass(frozen=True, slots=True)
class Group:
    """Services whose manifests come from one render: made from the same recorded inputs (`address`, empty for
    none) with the same overrides of their own."""

    address: str
    override: str


@dataclass(frozen=True, slots=True)
class Built:
    """One render, split and delivered."""

    manifests: dict[str, tuple[Manifest, ...]]
    split: Split
    rendered: Rendered
    inputs: RecordedInputs
    findings: tuple[Finding, ...]


class Resolver:
    """Turns a `Source` into a `DesiredState`. One use."""

    def __init__(self, ports: Ports, source: Source, session: ClusterSession) -> None:
        self._ports = ports
        self._source = source
        self._cluster = session.cluster
        self._known = source.latest.services if source.latest is not None else {}
        self._built: dict[tuple[Group, bool], Built] = {}
        self._values: dict[str, Effective] = {}
        self._own: dict[str, tuple[Finding, ...]] = {}

    async def resolve(self, selected: Sequence[str] = ()) -> DesiredState:
        """`selected` empty means all services. Raises `ServiceNotFound`, `OverrideUnknownService`,
        `KindNotServed`, the renderer's errors, and those of splitting, ordering and delivery."""
        overrides = self._source.application.service_overrides
        await self._read_values(overrides)
        base = Group(self._newest_address(), "")
        changed = not await self._same_inputs(base)
        built = await self._build(base) if changed else None
        names = tuple(built.manifests) if built is not None else tuple(self._known)
        self._check_names(names, selected, overrides)
        services: dict[str, DesiredService] = {}
        for name in names:
            kept = self._recorded(name)
            if selected and name not in selected:
                if kept is not None:
                    services[name] = kept
                continue
            services[name] = await self._service(name, overrides.get(name, ""), base, kept)
        if selected:
            services |= {
                name: kept for name in self._known if (kept := self._recorded(name)) and name not in names
            }
        if built is not None and base.address and any(each.recorded is None for each in services.values()):
            built = await self._build(base, advanced=True)
        return self._state(services, built, (await self._ports.renderer.version()).helm)

    def _newest_address(self) -> str:
        newest = max(self._known.values(), key=lambda version: version.changed_in, default=None)
        return newest.inputs if newest is not None else ""

    async def _read_values(self, overrides: Mapping[str, str]) -> None:
        """Effective values without overrides (key "") and for each text of service overrides."""
        source, application = self._source, self._source.application
        defaults = f"values.yaml of {source.template.chart.name}"
        layers: list[Layer] = [
            await text_layer(self._ports, LayerKind.CHART, defaults, source.template.chart.values_text),
            *await chain_layers(self._ports, source.chain),
        ]
        if application.overrides:
            label = f"overrides of application {application.name}"
            layers.append(await text_layer(self._ports, LayerKind.APPLICATION, label, application.overrides))
        self._values[""] = effective(layers)
        for service, text in overrides.items():
            layer = await text_layer(self._ports, LayerKind.SERVICE, f"overrides of service {service}", text)
            self._values[text] = effective([*layers, layer])

    def _check_names(
        self, names: Sequence[str], selected: Sequence[str], overrides: Mapping[str, str]
    ) -> None:
        for service in selected:
            if service not in names and service not in self._known:
                raise ServiceNotFound(service)
        for service in overrides:
            if service not in names:
                raise OverrideUnknownService(
                    f"there are overrides for {service}, which is no service of the template",
                    subject=f"service {service}",
                    hint=f"The services are {', '.join(sorted(names))}. Remove or rename the overrides.",
                )

    async def _service(
        self, name: str, override: str, base: Group, kept: DesiredService | None
    ) -> DesiredService:
        """The recorded version when its inputs, or at least its manifests, are the same."""
        version = self._known.get(name)
        group = Group(version.inputs if version is not None else base.address, override)
        if override:
            self._own[name] = ()
        if kept is not None and await self._same_inputs(group):
            return kept
        built = await self._build(group)
        if override:
            self._own[name] = tuple(finding for finding in built.findings if finding.service == name)
        made = self._made(name, built)
        if kept is not None and made.digest == kept.digest and made.depends_on == kept.depends_on:
            return kept
        return self._made(name, await self._build(group, advanced=True)) if group.address else made

    def _made(self, name: str, built: Built) -> DesiredService:
        if name not in built.manifests:
            raise OverrideUnknownService(
                f"with the overrides of service {name} the template renders no such service",
                subject=f"service {name}",
                hint="Switch a service off with an override of the application, not of the service.",
            )
        workload = built.split.workloads.get(name)
        depends_on = dict(built.split.depends_on.get(name, {}))
        if SHARED in built.manifests and name != SHARED:
            depends_on.setdefault(SHARED, Condition.STARTED)
        return DesiredService(
            name=name,
            manifests=built.manifests[name],
            kind=workload.kind if workload is not None else "",
            depends_on=depends_on,
            inputs=built.inputs,
            digest=self._digest(built.manifests[name]),
        )

    def _digest(self, manifests: Sequence[Manifest]) -> str:
        return self._ports.store.keyed_hash("".join(map(digest, manifests)).encode())

    def _recorded(self, name: str) -> DesiredService | None:
        version = self._known.get(name)
        if version is None:
            return None
        manifests = msgspec.json.decode(self._source.manifests[name], type=tuple[Manifest, ...])
        return DesiredService(
            name, manifests, version.kind, version.depends_on, None, version.digest, version
        )

    def _state(self, services: dict[str, DesiredService], built: Built | None, engine: str) -> DesiredState:
        build_graph(
            services.keys(),
            {name: service.depends_on for name, service in services.items()},
            jobs={name for name, service in services.items() if service.kind == "Job"},
            places=self._places(built) if built is not None else None,
        )
        findings = [*chain.from_iterable(self._own.values())]
        if built is None:
            extras = self._source.extras
            return DesiredState(services, extras, engine, findings=tuple(findings), values=self._values)
        # What the render without overrides says of a service that has its own is not so.
        findings += [finding for finding in built.findings if finding.service not in self._own]
        return DesiredState(
            services=services,
            engine=engine,
            extras=RevisionExtras(built.split.hooks, tuple(item.manifest for item in built.rendered.crds)),
            notes=mask(built.rendered.notes, secrets_of(self._values[""])),
            assignments=tuple(Assignment(key, name) for key, name in built.split.assignments.items()),
            findings=tuple(findings),
            values=self._values,
        )

    def _places(self, built: Built) -> Places:
        return dependency_places(built.split.services, built.split.depends_on, self._source.template.spec)

    # --- inputs and renders --------------------------------------------------------------------------------

    async def _same_inputs(self, group: Group) -> bool:
        """Whether the recorded inputs of this group would be recorded again, byte for byte."""
        if not group.address:
            return False
        return msgspec.json.encode(await self._inputs(group)) == self._source.recorded[group.address]

    async def _inputs(self, group: Group, *, advanced: bool = False) -> RecordedInputs:
        source, values = self._source, self._values[group.override]
        recorded = self._decode(group.address)
        if recorded is None or advanced:
            capabilities = await self._cluster.capabilities()
            release = Release(
                name=source.application.release,
                namespace=source.application.namespace,
                revision=source.next_revision,
                is_upgrade=source.deployed,
            )
        else:
            capabilities, release = recorded.capabilities, recorded.release
        render = RenderInputs(
            chart=source.template.chart.digest,
            release=release,
            capabilities=capabilities,
            values=msgspec.Raw(msgspec.json.encode(values.values(), order="deterministic")),
            numbers=source.template.spec.numbers,
            tape=recorded.tape if recorded is not None else (),
        )
        delivered = tuple(
            RecordedEntry(entry.key, entry.reveal(), entry.secret) for entry in self._entries(values)
        )
        return RecordedInputs(
            render, delivered, tuple(sorted(leaf.path for leaf in values.leaves if leaf.secret))
        )

    def _decode(self, address: str) -> RenderInputs | None:
        if not address:
            return None
        return msgspec.json.decode(self._source.recorded[address], type=RecordedInputs).render

    def _entries(self, values: Effective) -> tuple[Entry, ...]:
        """Entries matter only to templates that take their config as environment or files."""
        return entries(values) if self._source.template.spec.delivers else ()

    async def _build(self, group: Group, *, advanced: bool = False) -> Built:
        found = self._built.get((group, advanced))
        if found is None:
            inputs = await self._inputs(group, advanced=advanced)
            found = self._built[group, advanced] = await self._render(inputs, self._values[group.override])
        return found

    async def _render(self, inputs: RecordedInputs, values: Effective) -> Built:
        application, template = self._source.application, self._source.template
        try:
            rendered = await self._ports.renderer.render(inputs.render, self._archive)
        except CantataError as error:
            if error.place.key and not error.place.file:
                error.place = values.place_of(error.place.key)
            raise
        namespaced = await scopes(self._cluster, rendered)
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
        manifests, delivered = self._deliver(parts, values)
        render = msgspec.structs.replace(inputs.render, tape=rendered.tape)
        kept = msgspec.structs.replace(inputs, render=render)
        return Built(manifests, parts, rendered, kept, (*findings, *parts.findings, *delivered))

    async def _archive(self) -> bytes:
        digest_ = self._source.template.chart.digest
        return await self._ports.store.read(lambda records: records.templates.archive(digest_))

    def _deliver(
        self, parts: Split, values: Effective
    ) -> tuple[dict[str, tuple[Manifest, ...]], tuple[Finding, ...]]:
        spec, application = self._source.template.spec, self._source.application
        wanted = self._entries(values)
        manifests: dict[str, tuple[Manifest, ...]] = {}
        shared: dict[ObjectKey, Manifest] = {}
        findings: list[Finding] = []
        rendered = frozenset(parts.assignments)
        for name, items in parts.services.items():
            service = spec.services.get(name)
            delivered = deliver(
                name,
                [item.manifest for item in items],
                config_name=spec.config.name if spec.config is not None else "",
                entries=wanted,
                deliveries=service.delivery if service is not None else (),
                release=application.release,
                namespace=application.namespace,
                keyed_hash=self._ports.store.keyed_hash,
                rendered=rendered,
            )
            manifests[name] = (*delivered.objects, *delivered.manifests)
            shared |= {ObjectKey.of(manifest): manifest for manifest in delivered.shared}
            findings.extend(delivered.findings)
        if shared:
            manifests[SHARED] = (*shared.values(), *manifests.get(SHARED, ()))
        return manifests, tuple(findings)
