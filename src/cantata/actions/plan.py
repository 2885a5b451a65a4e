"""What would happen to the cluster if the desired state were deployed: decided, nothing written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from cantata.actions.closure import ReferenceUndeployed
from cantata.actions.deprecate_template import deprecation_findings
from cantata.actions.desired import DesiredService, DesiredState
from cantata.actions.held_values import find_held, held_findings
from cantata.actions.ports import Ports
from cantata.actions.renders import Renders
from cantata.actions.resolve import dependency_graph, resolve
from cantata.actions.source import Source
from cantata.core.adjust import adjust, deployed_graph, is_deployed
from cantata.core.delivery.pods import maps
from cantata.core.health.table import observe_health
from cantata.core.model.applications import ObjectRecord, RevisionState
from cantata.core.model.findings import Severity
from cantata.core.model.holds import NO_HOLDING, Holding
from cantata.core.model.objects import GVK, LiveObject, Manifest, ObjectKey
from cantata.core.model.plans import Action
from cantata.core.model.states import HealthState
from cantata.core.order.errors import ConditionUnreachable, DependencyUnknown
from cantata.core.order.scope import ALONE, Scope, widen
from cantata.core.plan import HISTORY, Decision, Desired, Pruned, decide, prune
from cantata.core.services.lint import RULES
from cantata.core.services.split import TEST_EVENTS
from cantata.core.stamp import pod_spec, stamp
from cantata.errors import CantataError, Category, Detail, Place
from cantata.ports import ClusterSession, LiveApplication

DEFINITION = ("apiextensions.k8s.io", "CustomResourceDefinition")


class TemplateUnsound(CantataError):
    """A finding of severity `error`: deploying would give something else than the template says."""

    category = Category.INVALID


CODES: Mapping[str, type[CantataError]] = {
    RULES[each]: each for each in (DependencyUnknown, ConditionUnreachable)
}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A desired state beside what is recorded and live. `decisions` are by service, selected ones only;
    `services` names these, and is empty for all."""

    source: Source
    session: ClusterSession
    live: LiveApplication
    desired: DesiredState
    decisions: Mapping[str, tuple[Decision, ...]]
    pruned: Pruned
    services: tuple[str, ...] = ()
    holding: Holding = NO_HOLDING

    @property
    def nothing_to_do(self) -> bool:
        """The last revision is deployed, is what is wanted, and is what the cluster has."""
        latest = self.source.latest
        return (
            latest is not None
            and latest.state is RevisionState.DEPLOYED
            and not self.new_revision
            and not self.pruned.delete
            and all(
                decision.action is Action.UNCHANGED
                for decisions in self.decisions.values()
                for decision in decisions
            )
        )

    @property
    def new_revision(self) -> bool:
        """Whether a service is made, changed, adjusted or gone since the last revision."""
        latest, services = self.source.latest, self.desired.services
        if latest is None or {name: each.recorded for name, each in services.items()} != latest.services:
            return True
        return any(each.adjustments != latest.services[name].adjustments for name, each in services.items())


async def prepare(
    ports: Ports, project: str, name: str, services: Sequence[str] = (), scope: Scope = ALONE
) -> Prepared:
    """Raises what reading, resolving and asking the cluster raise."""
    source = await ports.store.read(lambda records: Source.read(records, project, name, anew=not services))
    return await prepare_source(ports, source, services, scope)


async def prepare_source(
    ports: Ports, source: Source, services: Sequence[str] = (), scope: Scope = ALONE
) -> Prepared:
    """Of an application as it is stored, or as it would be."""
    session = await ports.clusters.get(source.application.project, source.application.cluster)
    renders = await Renders.of(ports, source, session)
    graph = await dependency_graph(renders, services) if services and scope != ALONE else None
    if graph is not None:
        services = widen(graph, services, scope)
    desired = await resolve(renders, services)
    while graph is not None and scope.dependencies and desired.closure.along:
        services = widen(graph, (*services, *desired.closure.along), Scope(dependencies=True))
        desired = await resolve(renders, services)
    prepared = await decide_all(ports, source, session, desired, services)
    holding = find_held(ports, source, desired.services, prepared.decisions.keys())
    deprecated = deprecation_findings(source.application.template, source.application.template_deprecated)
    told = replace(desired, findings=(*deprecated, *desired.findings, *held_findings(holding)))
    return replace(prepared, desired=told, holding=holding)


def refuse_unsound(prepared: Prepared) -> None:
    """Raises `ReferenceUndeployed`, and with every finding that is an error and is not another service's than
    those to be deployed `TemplateUnsound`, or what the order of all services would raise."""
    if prepared.desired.closure.broken:
        raise ReferenceUndeployed(prepared.source.application.name, prepared.desired.closure)
    errors = [
        finding
        for finding in prepared.desired.findings
        if finding.severity is Severity.ERROR and finding.service in ("", *prepared.decisions)
    ]
    if not errors:
        return
    first = errors[0]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    raise CODES.get(first.rule, TemplateUnsound)(
        f"application {prepared.source.application.name} cannot be deployed: {first.message}{more}",
        subject=f"service {first.service}" if first.service else "template",
        place=Place(first.file, first.line, key=first.key),
        hint=first.suggestion,
        details=[Detail(each.message, Place(each.file, each.line, key=each.key)) for each in errors],
    )


async def decide_all(
    ports: Ports,
    source: Source,
    session: ClusterSession,
    desired: DesiredState,
    services: Sequence[str] = (),
) -> Prepared:
    """Decides every object of the selected services against the live ones. Raises `AdjustmentImpossible`,
    `PatchInvalid`, `DependencyUndeployed`."""
    application_id = source.application.id
    deployed_graph(desired.services)
    wanted = {
        name: tuple(
            Desired.of(
                stamp(manifest, application_id=application_id, service=name, revision=source.next_revision),
                name,
                ports.store.keyed_hash,
                scaled=service.adjustments.scaled,
            )
            for manifest in service.adjusted()
            if not is_definition(manifest)
        )
        for name, service in desired.services.items()
    }
    records = {record.key: record for record in source.inventory}
    kinds = {(key.group, key.kind) for key in records}
    kinds |= {(each.key.group, each.key.kind) for items in wanted.values() for each in items}
    live = await ports.live.observe(session, application_id, kinds - {DEFINITION})
    if not live.synced:
        # Nothing is decided on the last that was seen of a cluster that has gone since: this raises then.
        await session.cluster.refresh_discovery()
    selected = set(services) or set(wanted)
    return Prepared(
        source=source,
        session=session,
        live=live,
        desired=desired,
        decisions={
            name: tuple(_decide(each, records.get(each.key), live.find(each.key)) for each in wanted[name])
            for name in wanted
            if name in selected
        },
        pruned=prune(
            records.values(),
            {each.key for items in wanted.values() for each in items},
            set(services) or None,
            live.objects(HISTORY),
            undeployed={name for name, each in desired.services.items() if not is_deployed(each)},
            outside=[each.manifest for name in wanted.keys() - selected for each in wanted[name]],
            assigned={
                each.object: each.service for each in (*source.application.assignments, *desired.assignments)
            },
        ),
        services=tuple(services),
    )


def _decide(desired: Desired, record: ObjectRecord | None, live: LiveObject | None) -> Decision:
    if live is not None and has_failed(live):
        return Decision(desired, Action.RECREATE, "it failed, and runs again")
    return decide(desired, record, live)


def has_failed(live: LiveObject) -> bool:
    """A Job that failed never runs again by itself: the next deploy makes it anew."""
    if (live.gvk.group, live.gvk.kind) != ("batch", "Job"):
        return False
    return observe_health(live).state is HealthState.FAILED


def is_definition(manifest: Manifest) -> bool:
    gvk = GVK.of(manifest)
    return (gvk.group, gvk.kind) == DEFINITION


def new_objects(prepared: Prepared) -> tuple[ObjectKey, ...]:
    """Objects to be written, hooks that run included, that are not there as ours: what is in their place must
    be nobody else's. The inventory does not tell: what it has may be deleted, or never have been written."""
    decisions = [each for some in prepared.decisions.values() for each in some]
    wanted = [each.desired.key for each in decisions if each.action is not Action.UNCHANGED]
    if not prepared.services:
        wanted += [
            ObjectKey.of(item.manifest)
            for item in prepared.desired.extras.hooks
            if item.hook and not TEST_EVENTS.issuperset(item.hook.events) and not is_definition(item.manifest)
        ]
    return tuple(key for key in wanted if prepared.live.find(key) is None)


def intended(prepared: Prepared) -> tuple[ObjectRecord, ...]:
    """What goes into the inventory before the first write."""
    return tuple(
        ObjectRecord(decision.desired.key, decision.desired.gvk, decision.desired.service)
        for decisions in prepared.decisions.values()
        for decision in decisions
    )


def images(service: DesiredService) -> tuple[str, ...]:
    """The images of a service's containers, in the order of its manifests; of one that is undeployed those
    that it would run."""
    found: dict[str, None] = {}
    running = msgspec.structs.replace(service.adjustments, undeployed=False)
    for manifest in adjust(service.manifests, running, service.name):
        spec = pod_spec(manifest) or {}
        for container in maps(spec.get("containers")):
            if container.get("image"):
                found[str(container["image"])] = None
    return tuple(found)
