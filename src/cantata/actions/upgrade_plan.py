"""What an upgrade of an application would mean and change: decided, nothing written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import msgspec

from cantata.actions.config_users import users_of
from cantata.actions.create_application import check_overrides
from cantata.actions.layers import ConfigChain, chain_layers, text_layer
from cantata.actions.plan import prepare_source, refuse_unsound
from cantata.actions.ports import Ports
from cantata.actions.preview import preview_prepared
from cantata.actions.renders import Renders
from cantata.actions.source import Source
from cantata.actions.stored_documents import read_document
from cantata.actions.variables import read_variables
from cantata.core.config import Change, Path, edit_text, verify_edit
from cantata.core.model.applications import Application
from cantata.core.model.configs import ConfigVersion, VersionRef
from cantata.core.model.plans import Plan
from cantata.core.model.templates import TemplateVersion
from cantata.core.upgrade import (
    Choices,
    Defaults,
    Edits,
    Scope,
    ServiceFate,
    ServiceUpgrade,
    Side,
    Target,
    UpgradeKind,
    ValueUpgrade,
    choose,
    compare_services,
    compare_values,
    plan_edits,
    renamed_services,
    with_renames,
)
from cantata.core.values import (
    Effective,
    Layer,
    LayerKind,
    effective,
    mask,
    schema_details,
    schema_values,
    secrets_of,
)
from cantata.errors import CantataError, Category, Detail, Place
from cantata.ports import Records

REJECTED = "ValuesRejected"
"""The renderer's word for values that a schema refuses."""


class UpgradeConfigPinned(CantataError):
    """The application is pinned to a version of its config that is not the latest: a new one would hold more
    than the upgrade's choices."""

    category = Category.CONFLICT


@dataclass(frozen=True, slots=True)
class UpgradeWish:
    """`to` is a number or a semantic version, None the latest. `to_config` writes what was chosen into a new
    version of the application's config instead of its overrides. `drop` names services that are gone, whose
    overrides go, too."""

    to: VersionRef | None = None
    choices: Choices = field(default_factory=Choices)
    to_config: bool = False
    drop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What an upgrade from `old` to `new` means. Secrets are masked.

    `violations` are values that the new version's schema refuses, `trouble` is why there is no plan, and
    `blocked` why there can be none. `config` is the config that gets a new version, with the other
    applications that use it.
    """

    application: str
    template: str
    old: TemplateVersion
    new: TemplateVersion
    values: tuple[ValueUpgrade, ...] = ()
    services: tuple[ServiceUpgrade, ...] = ()
    violations: tuple[Detail, ...] = ()
    trouble: CantataError | None = None
    blocked: CantataError | None = None
    plan: Plan | None = None
    config: str = ""
    config_users: tuple[str, ...] = ()
    lost_overrides: tuple[ServiceUpgrade, ...] = ()
    """Services that are gone and whose overrides nobody dropped."""

    @property
    def undecided(self) -> tuple[ValueUpgrade, ...]:
        return tuple(
            each for each in self.values if each.kind is UpgradeKind.CONFLICT and each.choice is None
        )


@dataclass(frozen=True, slots=True)
class EditedConfig:
    """The next text of a config, made from version `base`."""

    name: str
    base: int
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Planned:
    """`application` is as it would be stored, `same` where that is as it is."""

    told: Upgrade
    application: Application
    same: bool
    config: EditedConfig | None = None


@dataclass(frozen=True, slots=True)
class _Read:
    source: Source
    old: TemplateVersion
    new: TemplateVersion
    latest: ConfigVersion
    users: tuple[str, ...]


async def plan_upgrade(ports: Ports, project: str, name: str, wish: UpgradeWish) -> Planned:
    """Raises `ApplicationNotFound`, `TemplateVersionNotFound`, `UpgradeChoiceInvalid`, `UpgradeConfigPinned`,
    `ConfigChangeInvalid`, `ConfigEditImpossible`, `OverridesInvalid`."""
    read = await ports.store.read(lambda records: _read(records, project, name, wish))
    return await _Planning(ports, read, wish).run()


def _read(records: Records, project: str, name: str, wish: UpgradeWish) -> _Read:
    source = Source.read(records, project, name, anew=True)
    application = source.application
    template = records.templates.get(project, application.template)
    new = records.templates.version(template, wish.to)
    config = records.configs.get(project, application.config)
    return _Read(
        source,
        records.templates.version(template, _present(source)),
        new,
        records.configs.version(config),
        tuple(each.name for each in users_of(records, project, config) if each.name != name),
    )


def _present(source: Source) -> int:
    """The version that the application's values were written for: the pinned one, else what runs."""
    if source.application.template_version is not None:
        return source.application.template_version
    running = source.latest.services.values() if source.latest is not None else ()
    newest = max(running, key=lambda each: each.changed_in, default=None)
    return newest.template_version if newest is not None else source.template.number


class _Planning:
    """One upgrade on its way. One use."""

    def __init__(self, ports: Ports, read: _Read, wish: UpgradeWish) -> None:
        self._ports = ports
        self._read = read
        self._wish = wish
        self._source = read.source
        self._target = Target.CONFIG if wish.to_config else Target.OVERRIDES

    async def run(self) -> Planned:
        read, application = self._read, self._source.application
        values = await self._compare()
        choices = self._wish.choices
        values = choose(values, choices, self._target)
        edits = plan_edits(values, choices, self._target, self._known)
        config = await self._edited_config(edits)
        source = await self._proposed(await self._edited(edits), config)
        told = Upgrade(
            application.name,
            application.template,
            read.old,
            read.new,
            tuple(each.masked() for each in values),
            violations=await self._violations(source),
            config=config.name if config else "",
            config_users=read.users if config else (),
        )
        told, source = await self._consequences(told, source)
        same = source.application == application
        return Planned(told, source.application, same and config is None, config)

    # --- values --------------------------------------------------------------------------------------------

    async def _compare(self) -> tuple[ValueUpgrade, ...]:
        read, application = self._read, self._source.application
        old, new = await self._side(read.old), await self._side(read.new)
        whole = effective(await self._given(self._source.chain, application))
        scopes = [Scope(whole.leaves)]
        for service, text in sorted(application.service_overrides.items()):
            label = f"overrides of service {service}"
            layer = await text_layer(self._ports, LayerKind.SERVICE, label, text)
            scopes.append(Scope(effective([layer]).leaves, service))
        self._known: Mapping[str, Path] = {
            leaf.key: leaf.path for leaf in (*new.defaults.leaves, *whole.leaves)
        }
        if read.old.chart.digest == read.new.chart.digest:
            return ()
        return with_renames(compare_values(old, new, scopes), old.variables, new.variables)

    async def _side(self, version: TemplateVersion) -> Side:
        delivered = [
            tuple(key.split("."))
            for service in version.spec.services.values()
            for delivery in service.delivery
            for key in filter(None, (*delivery.keys, delivery.key))
        ]
        layer = await self._defaults(version)
        return Side(Defaults(layer), await read_variables(self._ports, version), delivered)

    async def _defaults(self, version: TemplateVersion) -> Layer:
        application = self._source.application
        label = f"values.yaml of {application.template}@{version.number}"
        return await text_layer(self._ports, LayerKind.CHART, label, version.chart.values_text)

    async def _given(self, chain: ConfigChain, application: Application) -> list[Layer]:
        layers = [*await chain_layers(self._ports, chain)]
        if application.overrides:
            label = f"overrides of application {application.name}"
            layers.append(await text_layer(self._ports, LayerKind.APPLICATION, label, application.overrides))
        return layers

    async def _violations(self, source: Source) -> tuple[Detail, ...]:
        """What the new version's schema refuses of the values as they would be."""
        schema = self._read.new.chart.schema_text
        if not schema:
            return ()
        layers = [await self._defaults(self._read.new), *await self._given(source.chain, source.application)]
        values = effective(layers)
        document = msgspec.json.encode(schema_values(values.leaves))
        lines = await self._ports.renderer.validate(schema.encode(), document)
        secrets = secrets_of(values)
        return schema_details([mask(line, secrets) for line in lines], values.leaves)

    # --- texts ---------------------------------------------------------------------------------------------

    async def _edited_config(self, edits: Edits) -> EditedConfig | None:
        if not edits.config:
            return None
        name, used = self._source.chain.versions[0]
        latest = self._read.latest
        if used.number != latest.number:
            raise UpgradeConfigPinned(
                f"application {self._source.application.name} is pinned to {name}@{used.number}, and the "
                f"latest is {latest.number}",
                subject=f"config {name}",
                hint="Leave `--to-config` out, or let the application follow the config first.",
            )
        return EditedConfig(name, latest.number, await self._edited_text(name, latest.text, edits.config))

    async def _edited(self, edits: Edits) -> Application:
        application = self._source.application
        follows = application.template_version is None and self._wish.to is None
        overrides = await self._overrides(
            f"overrides of application {application.name}", application.overrides, edits.overrides
        )
        services = {
            service: await self._overrides(
                f"overrides of service {service}", text, edits.services.get(service, ())
            )
            for service, text in application.service_overrides.items()
        }
        return msgspec.structs.replace(
            application,
            template_version=None if follows else self._read.new.number,
            overrides=overrides,
            service_overrides={service: text for service, text in services.items() if text},
        )

    async def _overrides(self, what: str, text: str, changes: Sequence[Change]) -> str:
        """Empty where nothing is left but empty maps."""
        if not changes:
            return text
        edited = await self._edited_text(what, text, changes)
        await check_overrides(self._ports, edited, what)
        document = await self._ports.documents.parse(edited, what)
        return edited if _says_something(msgspec.json.decode(document.value)) else ""

    async def _edited_text(self, name: str, text: str, changes: Sequence[Change]) -> str:
        before = await read_document(self._ports, name, text)
        edited = edit_text(text, changes, name=name)
        verify_edit(before, await read_document(self._ports, name, edited), changes, name=name)
        return edited

    async def _proposed(self, application: Application, config: EditedConfig | None) -> Source:
        source = replace(self._source, application=application, template=self._read.new)
        if config is None:
            return source
        latest = self._read.latest
        version = msgspec.structs.replace(latest, id="", number=latest.number + 1, text=config.text)
        read = partial(
            ConfigChain.read,
            project=application.project,
            name=config.name,
            number=None,
            proposed={config.name: version},
        )
        return replace(source, chain=await self._ports.store.read(lambda records: read(records)))

    # --- services and objects ------------------------------------------------------------------------------

    async def _consequences(self, told: Upgrade, source: Source) -> tuple[Upgrade, Source]:
        """What becomes of the services, and what the cluster would change; overrides of services that get
        another name move along."""
        try:
            session = await self._ports.clusters.get(source.application.project, source.application.cluster)
            renders = await Renders.of(self._ports, source, session)
            built = await renders.build(renders.base)
        except CantataError as error:
            return self._without_plan(told, error, renders=None), source
        names = tuple(built.manifests)
        told, source = self._services(told, source, names)
        try:
            prepared = await prepare_source(self._ports, source)
        except CantataError as error:
            return self._without_plan(told, error, renders=renders), source
        try:
            told = replace(told, plan=await preview_prepared(self._ports, prepared))
        except CantataError as error:
            return replace(told, trouble=error), source
        try:
            refuse_unsound(prepared)
        except CantataError as error:
            told = replace(told, blocked=error)
        return told, source

    def _without_plan(self, told: Upgrade, error: CantataError, renders: Renders | None) -> Upgrade:
        """A cluster that does not answer hinders the plan alone."""
        if error.category is Category.INTERNAL:
            raise error
        if renders is not None:
            _place(error, renders.effective[""])
        if told.violations and error.code == REJECTED:
            return told  # The same once more, less well.
        if error.category is Category.UNAVAILABLE:
            return replace(told, trouble=error)
        return replace(told, trouble=error, blocked=error)

    def _services(self, told: Upgrade, source: Source, names: Sequence[str]) -> tuple[Upgrade, Source]:
        application, spec = source.application, self._read.new.spec
        running = source.latest.services if source.latest is not None else {}
        old = {name: tuple(version.depends_on) for name, version in running.items()}
        adjusted = [name for name, wish in application.adjustments.items() if wish.patches or wish.scaled]
        found = compare_services(
            old, names, spec, overridden=application.service_overrides, adjusted=adjusted
        )
        lost = tuple(
            each
            for each in found
            if each.fate is ServiceFate.REMOVED and each.overrides and each.service not in self._wish.drop
        )
        renamed = renamed_services({*old, *application.service_overrides}, names, spec)
        gone = {each.service for each in found if each.fate is ServiceFate.REMOVED}
        moved = msgspec.structs.replace(
            application,
            service_overrides={
                renamed.get(service, service): text
                for service, text in application.service_overrides.items()
                if service not in gone
            },
            adjustments={
                renamed.get(service, service): wish for service, wish in application.adjustments.items()
            },
        )
        told = replace(told, services=found, lost_overrides=lost)
        return told, replace(source, application=moved)


def _place(error: CantataError, values: Effective) -> None:
    """Keys of the chart's values are said where they are written."""

    def placed(place: Place) -> Place:
        return values.place_of(place.key) if place.key and not place.file else place

    error.place = placed(error.place)
    error.details = tuple(Detail(each.message, placed(each.place)) for each in error.details)


def _says_something(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_says_something, value.values()))
    return True
