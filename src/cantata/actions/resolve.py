"""What an application's services should be now: values resolved, templates rendered, services split, config
delivered. Nothing is written, and nothing is asked of the cluster but what it can do.

Inputs that the user does not see (release number, capabilities, random results) are the recorded ones as long
as nothing else changes, so that a second plan is empty. Services that were made from the same inputs share
one render.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import msgspec

from cantata.actions.build import Built, build
from cantata.actions.deliveries import Delivering, read_deliveries
from cantata.actions.desired import DesiredService, DesiredState
from cantata.actions.given_values import Given, GivenValues
from cantata.actions.ports import Ports
from cantata.actions.source import Source
from cantata.core.delivery import Delivered
from cantata.core.impact import Candidates, find_candidates
from cantata.core.leaks import leak_findings
from cantata.core.model.applications import Assignment, RevisionExtras, ServiceVersion
from cantata.core.model.charts import Release, RenderInputs
from cantata.core.model.errors import ServiceNotFound
from cantata.core.model.findings import Finding, Severity
from cantata.core.model.inputs import RecordedInputs
from cantata.core.model.objects import Manifest
from cantata.core.model.templates import Condition
from cantata.core.model.variables import ChartVariables
from cantata.core.order.graph import Places, build_graph
from cantata.core.services import SHARED, Split, dependency_places
from cantata.core.stamp import digest
from cantata.core.values import Effective
from cantata.core.variables import APPLICATION
from cantata.errors import CantataError, Category
from cantata.ports import ClusterSession


class OverrideUnknownService(CantataError):
    """An override names a service that the template does not have (any more), or that it takes away."""

    category = Category.INVALID


class DeliveryUnknownService(CantataError):
    """The application delivers config to a service that the template does not have (any more)."""

    category = Category.INVALID


@dataclass(frozen=True, slots=True)
class Group:
    """Services whose manifests come from one render: made from the same recorded inputs (`address`, empty for
    none) with the same overrides of their own."""

    address: str
    override: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A service that would come out otherwise than it is recorded: new (without `old`), gone (without `new`),
    or changed. `errors` are findings for which it would not be deployed. The dependencies
    of `new` are not to be relied on: a partial render does not have them all."""

    name: str
    old: ServiceVersion | None
    new: DesiredService | None
    errors: tuple[Finding, ...] = ()


class Resolver:
    """Turns a `Source` into a `DesiredState`. One use."""

    def __init__(
        self, ports: Ports, source: Source, session: ClusterSession, given: GivenValues | None = None
    ) -> None:
        """`given` may be shared by the resolvers of many applications."""
        self._ports = ports
        self._given = given or GivenValues(ports)
        self._source = source
        self._cluster = session.cluster
        self._known = source.latest.services if source.latest is not None else {}
        self._built: dict[tuple[Group, bool], Built] = {}
        self._values: dict[str, Given] = {}
        self._delivering = Delivering(ports, source, {})
        self._own: dict[str, tuple[Finding, ...]] = {}

    async def resolve(self, selected: Sequence[str] = ()) -> DesiredState:
        """`selected` empty means all services. Raises `ServiceNotFound`, `OverrideUnknownService`,
        `DeliveryUnknownService`, `KindNotServed`, the renderer's errors, and those of splitting, ordering and
        delivery."""
        overrides = self._source.application.service_overrides
        await self._read()
        base = Group(self._base_address(), "")
        built = None if await self._same_services(base) else await self._build(base)
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

    async def deliveries(self, selected: Sequence[str] = ()) -> dict[str, tuple[Delivered, Effective]]:
        """What would be delivered to each service now, and the values that it comes from. Raises what
        `resolve` raises."""
        overrides = self._source.application.service_overrides
        await self._read()
        base = Group(self._base_address(), "")
        names = tuple((await self._build(base)).manifests)
        self._check_names(names, selected, overrides)
        found = {}
        for name in selected or names:
            text = overrides.get(name, "")
            delivered = (await self._build(Group(base.address, text))).delivered
            if name in delivered:
                found[name] = delivered[name], self._values[text].effective
        return found

    async def differing(self, variables: ChartVariables) -> tuple[Difference, ...]:
        """What `resolve` would find changed, with as little rendered as `reads` allows, and with the recorded
        hidden inputs. For an application that was deployed; raises what `resolve` does."""
        await self._read()
        overrides = self._source.application.service_overrides
        base = Group(self._base_address(), "")
        groups: dict[Group, list[str]] = {base: []}
        for name, version in self._known.items():
            groups.setdefault(Group(version.inputs, overrides.get(name, "")), []).append(name)
        found: list[Difference] = []
        for group, names in groups.items():
            new = group == base
            if not await (self._same_services(group) if new else self._same_inputs(group)):
                found += await self._differing_in(group, names, variables, new=new)
        return tuple(found)

    async def _differing_in(
        self, group: Group, names: Sequence[str], variables: ChartVariables, *, new: bool
    ) -> list[Difference]:
        inputs = await self._inputs(group)
        candidates = await self._candidates(group, inputs, variables)
        services, files = candidates.services, candidates.files
        if files is not None and not files:
            return []
        built = await self._render(group, inputs, None if files is None else sorted(files))
        if files is not None and not self._all_known(built):
            # Analysis needs all objects for deciding where a new one belongs.
            services, built = frozenset(self._known), await self._render(group, inputs)
        found = []
        for name in (*names, *(built.manifests.keys() - self._known.keys() if new else ())):
            if name in self._known and name not in services:
                continue
            old = self._known.get(name)
            made = self._made(name, built) if name in built.manifests else None
            if made is None or old is None or made.digest != old.digest:
                found.append(Difference(name, old, made, built.errors(name)))
        return found

    async def _candidates(
        self, group: Group, inputs: RecordedInputs, variables: ChartVariables
    ) -> Candidates:
        recorded = self._source.inputs(group.address)
        old, new = recorded.render, inputs.render
        others = (old.chart, old.numbers, recorded.deliveries) != (new.chart, new.numbers, inputs.deliveries)
        if others or (group.address == self._base_address() and not self._whole):
            return Candidates(frozenset(self._known), None)
        reached = await self._given.files_reached(
            self._source, old.values, self._values[group.override], variables
        )
        return find_candidates(reached, recorded.entries, inputs.entries, self._known)

    def _all_known(self, built: Built) -> bool:
        known = {each.object for each in self._source.application.assignments}
        return built.split.assignments.keys() <= known

    async def splits(self) -> dict[str, tuple[Split, Effective]]:
        """For each service the split that it is in, with its effective values: of a render of what is there
        now, with the service's own overrides. The render without these comes last, as `APPLICATION`.

        Raises `OverrideUnknownService`, `KindNotServed`, the renderer's errors and those of splitting.
        """
        overrides = self._source.application.service_overrides
        await self._read()
        base = Group(self._base_address(), "")
        built = await self._build(base)
        names = tuple(built.split.services)
        self._check_names((*names, *built.manifests), (), overrides)
        found: dict[str, tuple[Split, Effective]] = {}
        for name in names:
            override = overrides.get(name, "")
            own = await self._build(Group(base.address, override)) if override else built
            found[name] = own.split, self._values[override].effective
        return {**found, APPLICATION: (built.split, self._values[""].effective)}

    @property
    def _whole(self) -> str:
        """The address of the inputs that have exactly the recorded services, if one is known."""
        return self._source.latest.inputs if self._source.latest is not None else ""

    def _base_address(self) -> str:
        """Of the inputs that the application's own render starts from."""
        newest = max(self._known.values(), key=lambda version: version.changed_in, default=None)
        return self._whole or (newest.inputs if newest is not None else "")

    async def _read(self) -> None:
        """Deliveries, and values without overrides (key "") and for each text of service overrides."""
        source, application = self._source, self._source.application
        added = await read_deliveries(self._ports, application.name, application.delivery)
        self._delivering = Delivering(self._ports, source, added)
        delivered = bool(added) or source.template.spec.delivers
        self._values[""] = await self._given.read(source, delivered=delivered)
        for service, text in application.service_overrides.items():
            self._values[text] = await self._given.read(source, text, service, delivered=delivered)

    def _check_names(
        self, names: Sequence[str], selected: Sequence[str], overrides: Mapping[str, str]
    ) -> None:
        for service in selected:
            if service not in names and service not in self._known:
                raise ServiceNotFound(service, of=self._source.application.name)
        for service in overrides:
            if service not in names:
                raise OverrideUnknownService(
                    f"there are overrides for {service}, which is no service of the template",
                    subject=f"service {service}",
                    hint=f"The services are {', '.join(sorted(names))}. Remove or rename the overrides.",
                )
        for service in self._delivering.added:
            if service not in names:
                raise DeliveryUnknownService(
                    f"there is a delivery to {service}, which is no service of the template",
                    subject=f"service {service}",
                    hint=f"The services are {', '.join(sorted(names))}. Remove or rename it in `delivery`.",
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
            return replace(kept, leaks=made.leaks)
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
            files=built.files(name),
            keys=built.keys(name),
            leaks=built.leaks.get(name, ()),
        )

    def _digest(self, manifests: Sequence[Manifest]) -> str:
        return self._ports.store.keyed_hash("".join(map(digest, manifests)).encode())

    def _recorded(self, name: str) -> DesiredService | None:
        version = self._known.get(name)
        if version is None:
            return None
        manifests = msgspec.json.decode(self._source.manifests[name], type=tuple[Manifest, ...])
        return DesiredService(
            name,
            manifests,
            version.kind,
            version.depends_on,
            None,
            version.digest,
            version,
            leaks=version.leaks,
        )

    def _lost(self) -> list[Finding]:
        if not self._source.lost:
            return []
        return [
            Finding(
                "revision-lost",
                Severity.WARNING,
                f"revision {self._source.lost} was sealed under a key that is lost: all services are made "
                "anew, and random values of the template are other ones",
                suggestion="Give values that have to stay, such as passwords of databases, in the config.",
            )
        ]

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
            values = self.effective
            for name in services.keys() - self._own.keys():
                findings += leak_findings(services[name].leaks, name)
            inputs = self._whole
            return DesiredState(
                services, extras, engine, findings=tuple(findings), values=values, inputs=inputs
            )
        hooks, of_hooks = self._delivering.hooks(built.split, self._values[""])
        # What the render without overrides says of a service that has its own is not so.
        findings += [finding for finding in built.findings if finding.service not in self._own]
        return DesiredState(
            services=services,
            engine=engine,
            extras=RevisionExtras(hooks, tuple(item.manifest for item in built.rendered.crds)),
            notes=built.notes,
            assignments=tuple(Assignment(key, name) for key, name in built.split.assignments.items()),
            findings=(*findings, *of_hooks, *self._lost()),
            values=self.effective,
            inputs=built.inputs if services.keys() == built.manifests.keys() else "",
        )

    @property
    def effective(self) -> dict[str, Effective]:
        """The values of the application (key ""), and for each text of service overrides."""
        return {text: given.effective for text, given in self._values.items()}

    def _places(self, built: Built) -> Places:
        return dependency_places(built.split.services, built.split.depends_on, self._source.template.spec)

    # --- inputs and renders --------------------------------------------------------------------------------

    async def _same_services(self, base: Group) -> bool:
        """Whether a render of this base is known to have exactly the recorded services."""
        return bool(self._whole) and await self._same_inputs(base)

    async def _same_inputs(self, group: Group) -> bool:
        """Whether the recorded inputs of this group would be recorded again, byte for byte."""
        if not group.address:
            return False
        return msgspec.json.encode(await self._inputs(group)) == self._source.recorded[group.address]

    async def _inputs(self, group: Group, *, advanced: bool = False) -> RecordedInputs:
        source, given = self._source, self._values[group.override]
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
            capabilities, release = recorded.render.capabilities, recorded.render.release
        render = RenderInputs(
            chart=source.template.chart.digest,
            release=release,
            capabilities=capabilities,
            values=given.encoded,
            numbers=source.template.spec.numbers,
            tape=recorded.render.tape if recorded is not None else (),
        )
        added = dict(sorted(self._delivering.added.items()))
        return RecordedInputs(render, given.recorded, given.secrets, added or msgspec.UNSET)

    def _decode(self, address: str) -> RecordedInputs | None:
        return self._source.inputs(address) if address else None

    async def _build(self, group: Group, *, advanced: bool = False) -> Built:
        found = self._built.get((group, advanced))
        if found is None:
            inputs = await self._inputs(group, advanced=advanced)
            found = self._built[group, advanced] = await self._render(group, inputs)
        return found

    async def _render(self, group: Group, inputs: RecordedInputs, only: Sequence[str] | None = None) -> Built:
        given = self._values[group.override]
        return await build(self._cluster, self._delivering, inputs, given, only=only)
