"""What an application is rendered from now, and the renders of it.

Inputs that the user does not see (release number, capabilities, random results) are the recorded ones as long
as nothing else changes, so that a second plan is empty. Services that were made from the same inputs share
one render.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from cantata.actions.build import Built, build
from cantata.actions.deliveries import Delivering, read_deliveries
from cantata.actions.desired import DesiredService
from cantata.actions.given_values import Given, GivenValues
from cantata.actions.ports import Ports
from cantata.actions.source import Source
from cantata.core.model.adjustments import Adjustments
from cantata.core.model.applications import ServiceVersion
from cantata.core.model.charts import Release, RenderInputs
from cantata.core.model.errors import ServiceNotFound
from cantata.core.model.inputs import RecordedInputs
from cantata.core.model.objects import Manifest
from cantata.core.model.templates import Condition
from cantata.core.services import SHARED
from cantata.core.stamp import digest
from cantata.core.values import Effective
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


class Renders:
    """The values of one application, and what comes of them. One use.

    `values` are those without overrides (key ""), and those for each text of service overrides; `known` are
    the recorded services; `base` is the group of the application's own render, which starts from the newest
    inputs.
    """

    def __init__(
        self,
        ports: Ports,
        source: Source,
        session: ClusterSession,
        given: GivenValues,
        values: Mapping[str, Given],
        delivering: Delivering,
    ) -> None:
        self.source = source
        self.given = given
        self.values = values
        self.delivering = delivering
        self.known: Mapping[str, ServiceVersion] = source.latest.services if source.latest is not None else {}
        newest = max(self.known.values(), key=lambda version: version.changed_in, default=None)
        self.base = Group(self.whole or (newest.inputs if newest is not None else ""), "")
        self._ports = ports
        self._cluster = session.cluster
        self._built: dict[tuple[Group, bool], Built] = {}

    @classmethod
    async def of(
        cls, ports: Ports, source: Source, session: ClusterSession, given: GivenValues | None = None
    ) -> Renders:
        """`given` may be shared by many applications. Raises what reading deliveries and values raises."""
        application, given = source.application, given or GivenValues(ports)
        added = await read_deliveries(ports, application.name, application.delivery)
        delivered = bool(added) or source.template.spec.delivers
        values = {"": await given.read(source, delivered=delivered)}
        for service, text in application.service_overrides.items():
            values[text] = await given.read(source, text, service, delivered=delivered)
        return cls(ports, source, session, given, values, Delivering(ports, source, added))

    @property
    def overrides(self) -> Mapping[str, str]:
        """By service the text of its own."""
        return self.source.application.service_overrides

    @property
    def adjustments(self) -> Mapping[str, Adjustments]:
        """What operators ask of single services."""
        return self.source.application.adjustments

    @property
    def effective(self) -> dict[str, Effective]:
        """By the keys of `values`."""
        return {text: given.effective for text, given in self.values.items()}

    @property
    def whole(self) -> str:
        """The address of the inputs that have exactly the recorded services, if one is known."""
        return self.source.latest.inputs if self.source.latest is not None else ""

    async def engine(self) -> str:
        """The version of Helm that renders."""
        return (await self._ports.renderer.version()).helm

    def check_names(self, names: Sequence[str], selected: Sequence[str] = ()) -> None:
        """Raises `ServiceNotFound`, `OverrideUnknownService`, `DeliveryUnknownService`."""
        for service in selected:
            if service not in names and service not in self.known:
                raise ServiceNotFound(service, of=self.source.application.name, known={*names, *self.known})
        for service in self.overrides:
            if service not in names:
                raise OverrideUnknownService(
                    f"there are overrides for {service}, which is no service of the template",
                    subject=f"service {service}",
                    hint=f"The services are {', '.join(sorted(names))}. Remove or rename the overrides.",
                )
        for service in self.delivering.added:
            if service not in names:
                raise DeliveryUnknownService(
                    f"there is a delivery to {service}, which is no service of the template",
                    subject=f"service {service}",
                    hint=f"The services are {', '.join(sorted(names))}. Remove or rename it in `delivery`.",
                )

    def made(self, name: str, built: Built) -> DesiredService:
        """Raises `OverrideUnknownService`."""
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

    async def same_services(self) -> bool:
        """Whether the base is known to render exactly the recorded services, and would be recorded again."""
        return bool(self.whole) and await self.same_inputs(self.base)

    async def same_inputs(self, group: Group) -> bool:
        """Whether the recorded inputs of this group would be recorded again, byte for byte."""
        if not group.address:
            return False
        return msgspec.json.encode(await self.inputs(group)) == self.source.recorded[group.address]

    async def inputs(self, group: Group, *, advanced: bool = False) -> RecordedInputs:
        source, given = self.source, self.values[group.override]
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
        added = dict(sorted(self.delivering.added.items()))
        return RecordedInputs(render, given.recorded, given.secrets, added or msgspec.UNSET)

    def _decode(self, address: str) -> RecordedInputs | None:
        return self.source.inputs(address) if address else None

    async def build(self, group: Group, *, advanced: bool = False) -> Built:
        found = self._built.get((group, advanced))
        if found is None:
            inputs = await self.inputs(group, advanced=advanced)
            found = self._built[group, advanced] = await self.render(group, inputs)
        return found

    async def render(self, group: Group, inputs: RecordedInputs, only: Sequence[str] | None = None) -> Built:
        given = self.values[group.override]
        try:
            return await build(self._cluster, self.delivering, inputs, given, only=only)
        except CantataError as error:
            if group.override and error.category is Category.INVALID:
                whose = ", ".join(name for name, text in self.overrides.items() if text == group.override)
                error.message = f"with the overrides of service {whose}, {error.message}"
            raise
