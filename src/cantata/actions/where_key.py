"""Where one key of a config is: what carries it in each application, and what each running pod has of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from cantata.actions.assess import Reading
from cantata.actions.config_users import users_of
from cantata.actions.differing import differing
from cantata.actions.given_values import GivenValues
from cantata.actions.layers import config_layers
from cantata.actions.ports import Ports
from cantata.actions.recorded_services import LOOK_BACK, Known, manifests_of, past
from cantata.actions.renders import Renders
from cantata.actions.status import observe
from cantata.actions.value_origins import ValueOrigin, ValueOrigins
from cantata.actions.variables import read_variables
from cantata.core.config import Path
from cantata.core.model.applications import Application, Revision, ServiceVersion
from cantata.core.model.errors import ConfigKeyNotFound
from cantata.core.model.inputs import RecordedInputs
from cantata.core.model.objects import Manifest
from cantata.core.model.variables import ChartVariables
from cantata.core.model.where import ApplicationWhere, Line, PodHas, PodValue, ServiceWhere
from cantata.core.values import effective
from cantata.core.variables import APPLICATION
from cantata.core.where import (
    Carried,
    KeyValue,
    LivePod,
    Owner,
    RecordedService,
    carried,
    carried_by_hooks,
    given_value,
    live_pods,
    place_pods,
    recorded_value,
    revision_of,
    template_lines,
)
from cantata.errors import CantataError
from cantata.ports import LiveApplication, Page, Records

UNREACHABLE = "the cluster cannot be reached"


async def where_key(
    ports: Ports, project: str, name: str, key: str, page: Page = Page()
) -> Sequence[ApplicationWhere]:
    """By application, those that extend the config included; nothing is written, no value is told.

    An application that carries the key nowhere is told without services. Raises `ConfigNotFound`,
    `ConfigKeyNotFound` for what is no entry of the config's latest version.
    """
    path = await _path(ports, project, name, key)

    def read(records: Records) -> list[Known | ApplicationWhere]:
        reading = Reading(records)
        users = users_of(records, project, records.configs.get(project, name))
        chosen = [reading.using(each) for each in users if each.name > page.after][: page.limit]
        return [
            Known.read(records, each.source)
            if each.source
            else msgspec.structs.replace(_nothing_of(each.application), error=each.error)
            for each in chosen
        ]

    known = await ports.store.read(read)
    given, origins = GivenValues(ports), ValueOrigins(ports, project, path)

    async def tell(each: Known | ApplicationWhere) -> ApplicationWhere:
        if isinstance(each, ApplicationWhere):
            return each
        return await _Where(ports, each, path, given, origins).tell()

    return await asyncio.gather(*map(tell, known))


def _nothing_of(application: Application) -> ApplicationWhere:
    pin = application.config_version
    return ApplicationWhere(application.name, f"{application.config}@{pin}" if pin else application.config)


async def _path(ports: Ports, project: str, name: str, key: str) -> Path:
    leaves = effective(await config_layers(ports, project, name)).leaves
    found = next((leaf.path for leaf in leaves if leaf.key == key), None)
    if found is None:
        raise ConfigKeyNotFound(name, key, [leaf.key for leaf in leaves])
    return found


@dataclass(frozen=True, slots=True)
class _Service:
    """One service, what carries the key in its latest revision, and what runs of it."""

    version: ServiceVersion
    lines: tuple[Line, ...]
    has: Carried
    wanted: KeyValue
    origin: ValueOrigin
    pods: tuple[LivePod, ...] = ()


class _Where:
    """One application. One use."""

    def __init__(
        self, ports: Ports, known: Known, path: Path, given: GivenValues, origins: ValueOrigins
    ) -> None:
        self._ports = ports
        self._known = known
        self._source = known.source
        self._path = path
        self._key = ".".join(path)
        self._given = given
        self._origins = origins

    async def tell(self) -> ApplicationWhere:
        told = _nothing_of(self._source.application)
        try:
            return await self._tell(told)
        except CantataError as error:
            return msgspec.structs.replace(told, error=str(error))

    async def _tell(self, told: ApplicationWhere) -> ApplicationWhere:
        variables = await read_variables(self._ports, self._source.template)
        services = await self._services(variables)
        rest = await self._of_application(variables)
        if not services:
            return msgspec.structs.replace(told, services=rest)
        live = await observe(self._ports, self._source.application, self._known.inventory)
        if live is None:
            shown = [_shown(each, ()) for each in services]
            return msgspec.structs.replace(told, services=(*shown, *rest), error=UNREACHABLE)
        services = [self._with_pods(each, live) for each in services]
        placed = await self._place(services, live)
        unaffected, trouble = await self._unaffected(services, placed, variables)
        shown = [
            _shown(each, await self._values(each, placed[each.version.service], unaffected))
            for each in services
        ]
        return msgspec.structs.replace(told, services=(*shown, *rest), error=trouble)

    # --- what carries the key ------------------------------------------------------------------------------

    async def _services(self, variables: ChartVariables) -> list[_Service]:
        """Those of the latest revision to which anything carries the key."""
        lines = template_lines(variables, self._path)
        versions = self._source.latest.services.values() if self._source.latest is not None else ()
        reading = [
            each for each in versions if self._key in each.keys or not lines.keys().isdisjoint(each.files)
        ]

        def read(records: Records) -> dict[str, tuple[Manifest, ...]]:
            return {each.service: manifests_of(records, each) for each in reading if self._key in each.keys}

        manifests = await self._ports.store.read(read)
        found = []
        for version in sorted(reading, key=lambda each: each.service):
            has = carried(self._owner(version), version, manifests.get(version.service, ()), self._key)
            of_service = sorted({line for file in version.files for line in lines.get(file, ())})
            if has.entries or of_service:
                wanted, origin = await self._wanted(version.service)
                found.append(_Service(version, tuple(of_service), has, wanted, origin))
        return found

    async def _of_application(self, variables: ChartVariables) -> tuple[ServiceWhere, ...]:
        """Hooks, notes, and files that render nothing in the latest revision."""
        services = self._source.latest.services.values() if self._source.latest is not None else ()
        owned = {file for version in services for file in version.files}
        lines = {
            line
            for file, found in template_lines(variables, self._path).items()
            if file not in owned
            for line in found
        }
        hooks = [item.manifest for item in self._known.extras.hooks]
        has = carried_by_hooks(self._source.application.release, hooks, self._key)
        if not lines and not has.entries:
            return ()
        _, origin = await self._wanted(APPLICATION)
        return (
            ServiceWhere(
                APPLICATION,
                version=origin.version,
                origin=origin.layer,
                lines=tuple(sorted(lines)),
                environment=has.environment,
                files=has.files,
                entries=has.entries,
            ),
        )

    async def _wanted(self, service: str) -> tuple[KeyValue, ValueOrigin]:
        """What a deploy would give now, and where that is written."""
        override = self._source.application.service_overrides.get(service, "")
        given = await self._given.read(self._source, override, service, delivered=True)
        value = given_value(msgspec.json.decode(given.encoded), given.recorded, self._path)
        leaf = next((leaf for leaf in given.effective.leaves if leaf.path == self._path), None)
        return value, await self._origins.of_layer(self._source.chain, leaf.origin.layer if leaf else "")

    def _owner(self, version: ServiceVersion) -> Owner:
        spec = self._source.template.spec
        service = spec.services.get(version.service)
        return Owner(
            self._source.application.release,
            version.service,
            spec.config.name if spec.config else "",
            service.former_names if service is not None else (),
        )

    # --- what runs -----------------------------------------------------------------------------------------

    def _with_pods(self, service: _Service, live: LiveApplication) -> _Service:
        keys = [
            record.key
            for record in self._known.inventory
            if record.service == service.version.service and not record.hook
        ]
        pods = live_pods(live.family(keys))
        return _Service(service.version, service.lines, service.has, service.wanted, service.origin, pods)

    async def _place(
        self, services: Sequence[_Service], live: LiveApplication
    ) -> dict[str, dict[str, RecordedService | None]]:
        """By service and pod. Reads no more revisions than it takes to find all pods."""
        applied = {
            (record.key.kind, record.key.name): revision_of(found)
            for record in self._known.inventory
            if record.key.kind in ("ConfigMap", "Secret") and (found := live.find(record.key))
        }
        application = self._source.application

        def read(records: Records) -> dict[str, dict[str, RecordedService | None]]:
            revisions: list[Revision] = []
            if any(each.pods for each in services):
                revisions += records.revisions.list(application.id, page=LOOK_BACK)
            return {
                each.version.service: place_pods(
                    self._owner(each.version),
                    self._key,
                    each.pods,
                    past(records, revisions, each.version.service),
                    applied,
                )
                for each in services
            }

        return await self._ports.store.read(read)

    async def _unaffected(
        self,
        services: Iterable[_Service],
        placed: Mapping[str, Mapping[str, RecordedService | None]],
        variables: ChartVariables,
    ) -> tuple[frozenset[str], str]:
        """Services that read another value than they were made with and would come out the same: a deploy
        leaves them, and their record, as they are. The text says why this could not be told."""
        asked = set()
        for each in services:
            found = placed[each.version.service].values()
            if any(made and made.version == each.version for made in found):
                inputs = self._source.inputs(each.version.inputs)
                if not recorded_value(inputs, self._path).same(each.wanted):
                    asked.add(each.version.service)
        if not asked:
            return frozenset(), ""
        try:
            application = self._source.application
            session = await self._ports.clusters.get(application.project, application.cluster)
            renders = await Renders.of(self._ports, self._source, session, self._given)
            changed = {each.name for each in await differing(renders, variables)}
        except CantataError as error:
            return frozenset(), f"what a deploy would change is not known: {error}"
        return frozenset(asked - changed), ""

    async def _values(
        self, service: _Service, placed: Mapping[str, RecordedService | None], unaffected: frozenset[str]
    ) -> tuple[PodValue, ...]:
        told = []
        for pod in service.pods:
            made = placed[pod.name]
            if made is None:
                told.append(PodValue(pod.name, PodHas.UNKNOWN, ending=pod.ending))
                continue
            inputs = await self._inputs(made.version)
            value = recorded_value(inputs, self._path)
            same = made.version == service.version and service.version.service in unaffected
            if same or value.same(service.wanted):
                has, version = PodHas.CURRENT, service.origin.version
            else:
                has, version = PodHas.STALE, await self._origins.of_recorded(made.version.config, value)
            told.append(PodValue(pod.name, has, version, made.newest, pod.ending))
        return tuple(told)

    async def _inputs(self, version: ServiceVersion) -> RecordedInputs:
        if version.inputs in self._source.recorded:
            return self._source.inputs(version.inputs)
        # The manifests of the same version could be read, so its inputs can.
        blob = await self._ports.store.read(lambda records: records.blobs.get(version.inputs))
        return msgspec.json.decode(blob, type=RecordedInputs)


def _shown(service: _Service, pods: tuple[PodValue, ...]) -> ServiceWhere:
    return ServiceWhere(
        service=service.version.service,
        version=service.origin.version,
        origin=service.origin.layer,
        lines=service.lines,
        environment=service.has.environment,
        files=service.has.files,
        entries=service.has.entries,
        pods=pods,
    )
