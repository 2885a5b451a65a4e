"""What would change in applications if they were deployed now: read and resolved together, since hundreds of
them share templates and configs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from cantata.actions.differing import Difference, differing
from cantata.actions.given_values import GivenValues
from cantata.actions.layers import ConfigChain
from cantata.actions.mask_plan import mask_plan, secrets_in
from cantata.actions.ports import Ports
from cantata.actions.renders import Renders
from cantata.actions.source import Source
from cantata.actions.variables import read_variables
from cantata.core.impact import compare_manifests
from cantata.core.model.applications import Application
from cantata.core.model.configs import ConfigVersion
from cantata.core.model.errors import SealedUnderLostKey
from cantata.core.model.impact import ApplicationImpact, Reach, ServiceImpact
from cantata.core.model.objects import Manifest
from cantata.core.model.plans import Action
from cantata.core.model.templates import TemplateVersion
from cantata.core.order.graph import assemble
from cantata.core.plan import rolls
from cantata.errors import CantataError, Category
from cantata.ports import Records


@dataclass(frozen=True, slots=True)
class Using:
    """An application to assess; without `source` there is nothing to, and `reach` says why, with an `error`
    where it is FAILED."""

    application: Application
    reach: Reach
    source: Source | None = None
    error: str = ""


class Reading:
    """Reads the sources of many applications, whatever they share once, with some configs as proposed."""

    def __init__(self, records: Records, proposed: Mapping[str, ConfigVersion] | None = None) -> None:
        self._records = records
        self._proposed = proposed or {}
        self._chains: dict[tuple[str, int | None], ConfigChain] = {}
        self._templates: dict[tuple[str, int | None], TemplateVersion] = {}

    def using(self, application: Application) -> Using:
        """An application that sees none of the proposed configs counts as pinned; one of which something is
        lost with its key, as failed."""
        try:
            return self._using(application)
        except SealedUnderLostKey as error:
            return Using(application, Reach.FAILED, error=str(error))

    def _using(self, application: Application) -> Using:
        chain = self._chain(application)
        if self._proposed and not any(
            version is self._proposed.get(name) for name, version in chain.versions
        ):
            return Using(application, Reach.PINNED)
        source = Source.read_inputs(self._records, application, self._template(application), chain)
        return Using(application, Reach.CHANGED if source.latest else Reach.NOT_DEPLOYED, source)

    def _chain(self, application: Application) -> ConfigChain:
        key = (application.config, application.config_version)
        if key not in self._chains:
            self._chains[key] = ConfigChain.read(
                self._records, application.project, *key, proposed=self._proposed
            )
        return self._chains[key]

    def _template(self, application: Application) -> TemplateVersion:
        key = (application.template, application.template_version)
        if key not in self._templates:
            template = self._records.templates.get(application.project, application.template)
            self._templates[key] = self._records.templates.version(template, application.template_version)
        return self._templates[key]


@dataclass(frozen=True, slots=True)
class Assessed:
    """`keys` are those of all entries that reach the application's services, before and after. `unreachable`
    says that the cluster could not be asked what it can do."""

    impact: ApplicationImpact
    keys: frozenset[str] = frozenset()
    unreachable: bool = False


async def assess(ports: Ports, using: Using, given: GivenValues) -> Assessed:
    application, source = using.application, using.source
    told = ApplicationImpact(application.name, using.reach, _pin(using), error=using.error)
    if source is None or source.latest is None:
        return Assessed(told)
    try:
        session = await ports.clusters.get(application.project, application.cluster)
        variables = await read_variables(ports, source.template)
        renders = await Renders.of(ports, source, session, given)
        differences = [
            each
            for each in await differing(renders, variables)
            if each.old is None or not each.old.adjustments.undeployed
        ]
        services = await _service_impacts(
            ports, source, differences, secrets_in(source, renders.effective.values())
        )
    except CantataError as error:
        failed = msgspec.structs.replace(told, reach=Reach.FAILED, error=str(error))
        return Assessed(failed, unreachable=error.category is Category.UNAVAILABLE)
    errors = [finding.message for each in differences for finding in each.errors]
    reach = Reach.FAILED if errors else Reach.CHANGED if services else Reach.UNCHANGED
    told = msgspec.structs.replace(
        told, reach=reach, services=services, order=_order(source, differences), error="; ".join(errors)
    )
    keys = {key for version in source.latest.services.values() for key in version.keys}
    keys.update(key for each in differences if each.new is not None for key in each.new.keys)
    return Assessed(told, frozenset(keys))


def _pin(using: Using) -> str:
    application = using.application
    return (
        f"{application.config}@{application.config_version}"
        if application.config_version
        else application.config
    )


async def _service_impacts(
    ports: Ports, source: Source, differences: Sequence[Difference], secrets: frozenset[str]
) -> tuple[ServiceImpact, ...]:
    """Reads the old manifests of the services that differ, and of no others."""

    def read(records: Records) -> dict[str, tuple[Manifest, ...]]:
        return {
            each.name: msgspec.json.decode(records.blobs.get(each.old.manifests), type=tuple[Manifest, ...])
            for each in differences
            if each.old is not None
        }

    old = await ports.store.read(read) if differences else {}
    changed = {each.name: _changed_keys(source, each) for each in differences}
    told = []
    for each in differences:
        new = each.new.manifests if each.new is not None else ()
        leaks = [leak for side in (each.old, each.new) if side is not None for leak in side.leaks]
        plans = compare_manifests(old.get(each.name, ()), new)
        objects = tuple(mask_plan(plan, secrets, leaks) for plan in plans)
        action = Action.CREATE if each.old is None else Action.DELETE if each.new is None else Action.UPDATE
        told.append(ServiceImpact(each.name, action, any(map(rolls, objects)), objects, changed[each.name]))
    return tuple(sorted(told, key=lambda impact_: impact_.service))


def _changed_keys(source: Source, difference: Difference) -> tuple[str, ...]:
    if difference.old is None or difference.new is None or difference.new.inputs is None:
        return ()
    before = {entry.key: entry for entry in source.inputs(difference.old.inputs).entries}
    after = {entry.key: entry for entry in difference.new.inputs.entries}
    reached = {*difference.old.keys, *difference.new.keys}
    return tuple(sorted(key for key in reached if before.get(key) != after.get(key)))


def _order(source: Source, differences: Sequence[Difference]) -> tuple[tuple[str, ...], ...]:
    """The changed services in waves. A service that is new comes where its template says."""
    known = source.latest.services if source.latest is not None else {}
    depends_on = {name: version.depends_on for name, version in known.items()}
    depends_on |= {
        each.name: each.new.depends_on for each in differences if each.old is None and each.new is not None
    }
    gone = {each.name for each in differences if each.new is None}
    there = depends_on.keys() - gone
    graph = assemble(
        {
            name: {other: condition for other, condition in depends_on[name].items() if other in there}
            for name in there
        }
    )
    changed = {each.name for each in differences}
    waves = (tuple(name for name in layer if name in changed) for layer in graph.layers)
    return tuple(wave for wave in waves if wave)
