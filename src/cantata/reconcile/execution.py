"""One operation, from its first write to its end.

A deploy, a rollback and a delete are the same way with other things wanted: a rollback wants what an old
revision wanted, a delete wants nothing. An execution that is taken up again runs from the start: what is done
already is recognised as unchanged, and the journal tells which hooks have run.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import msgspec

from cantata.actions.deletion import claims_of, namespace_fate
from cantata.actions.failure_cards import CardMaker
from cantata.actions.lost_key import blobs_of
from cantata.actions.mask_plan import recorded_secrets
from cantata.actions.plan import has_failed
from cantata.actions.ports import Ports
from cantata.core.adjust import adjust, deployed_graph, is_deployed
from cantata.core.drift import NOTHING, Leave
from cantata.core.model.applications import (
    Application,
    ObjectRecord,
    Operation,
    Revision,
    RevisionExtras,
    ServiceVersion,
    Verb,
)
from cantata.core.model.cards import FailureCard
from cantata.core.model.charts import RenderedObject
from cantata.core.model.deletions import Also
from cantata.core.model.errors import RevisionUnreadable
from cantata.core.model.events import EventType
from cantata.core.model.inputs import RecordedInputs
from cantata.core.model.objects import GVK, Manifest, ObjectKey
from cantata.core.order.graph import DependencyGraph, assemble
from cantata.core.plan import HISTORY, Desired, is_precious, prune
from cantata.core.plan.deletion import takes
from cantata.core.services.chart_tests import TEST, select_tests
from cantata.core.stamp import stamp
from cantata.errors import CantataError, Category
from cantata.ports import Cluster, LiveApplication, Records
from cantata.reconcile.apply import Writer
from cantata.reconcile.definitions import DEFINITION, NAMESPACE, ensure_definitions, ensure_namespace
from cantata.reconcile.failures import APPLICATION, Failures
from cantata.reconcile.hooks import HookFailed, Hooks
from cantata.reconcile.journal import Journal
from cantata.reconcile.lease import Grant, LeaseLost
from cantata.reconcile.removal import Removal
from cantata.reconcile.requests import Requests
from cantata.reconcile.rollout import Rollout

log = logging.getLogger(__name__)

DEPLOYING = ("install", "upgrade")
HOOK_EVENTS = {
    Verb.ROLLBACK: ("rollback",) * 2,
    Verb.DELETE: ("delete",) * 2,
}
"""The word after `pre-` and `post-`: on a first deploy, and later. Other verbs are deploys."""


CLEARED = "failed jobs cleared"
"""The step of the journal after which a Job that has failed did so in this operation."""


class DeployFailed(CantataError):
    category = Category.REFUSED


@dataclass(frozen=True, slots=True)
class Work:
    """What the journal says of an operation: everything that its execution needs, read at once."""

    operation: Operation
    application: Application
    revision: Revision | None
    first: bool
    extras: RevisionExtras
    manifests: dict[str, tuple[Manifest, ...]]
    """Of the services that are to be deployed, adjusted and not yet stamped."""
    inventory: tuple[ObjectRecord, ...]
    secrets: frozenset[str] = frozenset()
    """All secret values that the manifests may hold."""
    leave: Leave = NOTHING
    """What a revert leaves to others."""

    @classmethod
    def read(cls, records: Records, operation: Operation) -> Work:
        """A delete does without what is lost with its key. Raises `RevisionUnreadable`, and what `adjust`
        raises."""
        application = records.applications.by_id(operation.application_id)
        latest = records.revisions.find_latest(application.id)
        number = operation.revision or (latest.number if latest else 0)
        revision = records.revisions.get(application.id, number) if number else None
        try:
            with blobs_of(application, number):
                return cls._read(records, operation, application, revision)
        except RevisionUnreadable as error:
            if operation.verb is not Verb.DELETE:
                raise
            log.warning("application %s is deleted without its hooks: %s", application.name, error)
            inventory = tuple(records.inventory.list(application.id))
            deployed = records.revisions.was_deployed(application.id)
            return cls(operation, application, revision, not deployed, RevisionExtras(), {}, inventory)

    @classmethod
    def _read(
        cls, records: Records, operation: Operation, application: Application, revision: Revision | None
    ) -> Work:
        extras = RevisionExtras()
        if revision is not None and revision.extras:
            extras = RevisionExtras.read(records.blobs.get(revision.extras))
        services = revision.services if revision is not None else {}
        inputs = {version.inputs for version in services.values() if version.inputs}
        blobs = records.blobs.get_all([*inputs, *(version.manifests for version in services.values())])
        return cls(
            operation,
            application,
            revision,
            first=not records.revisions.was_deployed(application.id),
            extras=extras,
            manifests={
                name: adjust(
                    msgspec.json.decode(blobs[version.manifests], type=tuple[Manifest, ...]),
                    version.adjustments,
                    name,
                )
                for name, version in services.items()
                if is_deployed(version)
            },
            inventory=tuple(records.inventory.list(application.id)),
            leave=_left(records, application) if operation.verb is Verb.REVERT else NOTHING,
            secrets=frozenset().union(
                *(
                    recorded_secrets(msgspec.json.decode(blobs[address], type=RecordedInputs))
                    for address in inputs
                )
            ),
        )

    @property
    def kinds(self) -> set[tuple[str, str]]:
        """Every kind that the operation may read or write."""
        keys = [record.key for record in self.inventory]
        keys += [ObjectKey.of(manifest) for items in self.manifests.values() for manifest in items]
        keys += [ObjectKey.of(hook.manifest) for hook in self.extras.hooks]
        return {(key.group, key.kind) for key in keys} - {(DEFINITION.group, DEFINITION.kind)}

    @property
    def versions(self) -> Mapping[str, ServiceVersion]:
        return self.revision.services if self.revision is not None else {}

    @property
    def selected(self) -> set[str]:
        return set(self.operation.services or self.manifests) & self.manifests.keys()

    @property
    def undeployed(self) -> set[str]:
        return {name for name, version in self.versions.items() if not is_deployed(version)}

    def unrecorded(self) -> list[ObjectRecord]:
        """What the operation will make and the inventory does not have: an operation that it supersedes may
        have deleted it after it was planned."""
        known = {record.key for record in self.inventory}
        return [
            ObjectRecord(ObjectKey.of(manifest), GVK.of(manifest), service)
            for service in sorted(self.selected)
            for manifest in self.manifests[service]
            if not is_definition(manifest) and ObjectKey.of(manifest) not in known
        ]

    def graph(self) -> DependencyGraph:
        """Of the services that are to be deployed."""
        return deployed_graph(self.versions)

    def leaving(self) -> DependencyGraph:
        """Of the others."""
        versions = {name: self.versions[name] for name in self.undeployed}
        return assemble(
            {
                name: {other: on for other, on in version.depends_on.items() if other in versions}
                for name, version in versions.items()
            }
        )


class Execution:
    """Runs one operation on the cluster for which `grant` was given. `deadline` ends a service without
    progress, in seconds."""

    def __init__(self, ports: Ports, work: Work, grant: Grant, journal: Journal, deadline: float) -> None:
        self._ports = ports
        self._work = work
        self._requests = Requests(grant, journal, deadline)
        self._journal = journal
        self._deadline = deadline
        self.cards: tuple[FailureCard, ...] = ()
        """What made it fail, once it has failed."""

    async def run(self) -> None:
        """Raises what made the operation fail; everything that was done is in the journal by then."""
        work, application = self._work, self._work.application
        session = await self._ports.clusters.get(application.project, application.cluster)
        maker = CardMaker(self._ports, session.cluster, application, work.revision, work.secrets)
        try:
            observe = partial(self._ports.live.observe, session, application.id, work.kinds)
            live = await self._requests.read(observe)
        except LeaseLost:
            raise
        except CantataError as error:
            self.cards = (await maker.of_error(APPLICATION, error),)
            raise
        failures = Failures(maker, live, self._journal)
        try:
            await self._run(session.cluster, live, observe, failures)
        except LeaseLost:
            raise
        except CantataError as error:
            if not isinstance(error, DeployFailed | HookFailed):
                failures.of_error(APPLICATION, error, self._everything())
            self.cards = await failures.finish()
            raise
        finally:
            await failures.close()

    async def _run(
        self,
        cluster: Cluster,
        live: LiveApplication,
        observe: Callable[[], Awaitable[LiveApplication]],
        failures: Failures,
    ) -> None:
        work, application, requests = self._work, self._work.application, self._requests
        writer = Writer(
            cluster,
            requests,
            live,
            self._journal,
            application.id,
            work.inventory,
            work.leave,
            recreate=work.operation.recreate,
            trouble=failures.of_retry,
        )
        removal = Removal(live, writer, self._journal)
        deleting = work.operation.verb is Verb.DELETE
        nowhere = deleting and not await self._namespace_stands(cluster)
        hooks = Hooks(
            work.operation,
            self._hooks(nowhere=nowhere),
            self._stamped_hook,
            live,
            writer,
            removal,
            self._journal,
            failures,
            self._deadline,
        )
        if work.operation.verb is Verb.TEST:
            await hooks.run(TEST)
            return
        event = HOOK_EVENTS.get(work.operation.verb, DEPLOYING)[0 if work.first else 1]
        if not deleting:
            await ensure_namespace(application, cluster, requests, writer, self._journal)
            await ensure_definitions(self._definitions(), cluster, requests, writer, self._journal)
            await requests.read(observe)
        await hooks.run(f"pre-{event}")
        if deleting:
            await self._delete_all(removal, writer, live, cluster)
        else:
            wanted = self._wanted()
            selected = [each for name in sorted(work.selected) for each in wanted[name]]
            await self._clear_failed(selected, writer, live)
            await writer.announce(selected)
            paused = {name for name, version in work.versions.items() if version.adjustments.paused}
            rollout = Rollout(
                work.graph(),
                wanted,
                work.selected,
                live,
                writer,
                self._journal,
                failures,
                observe,
                self._deadline,
                paused=paused,
            )
            self._raise_failures(await rollout.run())
        await hooks.run(f"post-{event}")
        if deleting:
            hooked = [record for record in writer.records.values() if record.hook]
            await removal.objects([record for record in hooked if not is_precious(record)])
            await self._delete_namespace(cluster, writer)
        else:
            await self._prune(removal, writer, live, wanted)

    def _hooks(self, *, nowhere: bool) -> Sequence[RenderedObject]:
        """Those of the whole application do not run for some services; tests may be of one."""
        work = self._work
        if work.operation.verb is Verb.TEST:
            return select_tests(work.extras.hooks, work.versions, work.operation.services)
        return work.extras.hooks if not work.operation.services and not nowhere else ()

    async def _clear_failed(self, selected: Sequence[Desired], writer: Writer, live: LiveApplication) -> None:
        """Deletes the Jobs that failed before this operation, so that they run again. Those that fail in it
        stay, also when it is taken up by another server."""
        if CLEARED in self._work.operation.done or self._work.operation.verb is Verb.REVERT:
            return
        for desired in selected:
            found = live.find(desired.key)
            if found is not None and has_failed(found):
                await writer.clear(desired, found.metadata.uid)
        if any(desired.gvk.kind == "Job" for desired in selected):
            self._journal.finished(CLEARED)

    async def _namespace_stands(self, cluster: Cluster) -> bool:
        """Where somebody has deleted the namespace, a hook cannot run any more; a delete goes on without."""
        name = self._work.application.namespace
        found = await self._requests.read(partial(cluster.find, NAMESPACE, "", name))
        return found is not None and not found.metadata.deletion_timestamp

    def _definitions(self) -> list[Manifest]:
        """Definitions from the chart's crds/ folder, and those that the services' templates bring."""
        return [*self._work.extras.definitions, *filter(is_definition, self._all_manifests())]

    def _everything(self) -> list[Desired]:
        """What the operation may have been about when it failed."""
        return [each for items in self._wanted().values() for each in items]

    def _all_manifests(self) -> Sequence[Manifest]:
        return [manifest for items in self._work.manifests.values() for manifest in items]

    def _wanted(self) -> dict[str, tuple[Desired, ...]]:
        return {
            service: tuple(
                self._stamped(manifest, service) for manifest in items if not is_definition(manifest)
            )
            for service, items in self._work.manifests.items()
        }

    def _stamped(self, manifest: Manifest, service: str) -> Desired:
        revision = self._work.revision.number if self._work.revision is not None else 0
        stamped = stamp(
            manifest, application_id=self._work.application.id, service=service, revision=revision
        )
        version = self._work.versions.get(service)
        scaled = version is not None and version.adjustments.scaled
        return Desired.of(stamped, service, self._ports.store.keyed_hash, scaled=scaled)

    def _stamped_hook(self, hook: RenderedObject) -> Desired:
        return self._stamped(hook.manifest, "")

    def _raise_failures(self, failures: dict[str, str]) -> None:
        if failures:
            told = "; ".join(f"service {service}: {why}" for service, why in sorted(failures.items()))
            name = self._work.application.name
            raise DeployFailed(
                f"{self._work.operation.verb} of {name} failed: {told}",
                subject=f"application {name}",
                hint=f"`cantata app status {name}` shows every service; correct the cause and deploy again.",
            )

    async def _prune(
        self,
        removal: Removal,
        writer: Writer,
        live: LiveApplication,
        wanted: dict[str, tuple[Desired, ...]],
    ) -> None:
        keys = {desired.key for items in wanted.values() for desired in items}
        selected = set(self._work.operation.services) or None
        leaving = self._work.undeployed
        history = live.objects(HISTORY) if live.synced else None
        outside = [
            desired.manifest
            for name, items in wanted.items()
            for desired in items
            if name not in self._work.selected
        ]
        pruned = prune(
            writer.records.values(),
            keys,
            selected,
            history,
            undeployed=leaving,
            outside=outside,
            assigned={each.object: each.service for each in self._work.application.assignments},
        )
        await removal.services(
            self._work.leaving(), [record for record in pruned.delete if record.service in leaving]
        )
        await removal.objects([record for record in pruned.delete if record.service not in leaving])
        removal.forget(pruned.keep)

    async def _delete_all(
        self, removal: Removal, writer: Writer, live: LiveApplication, cluster: Cluster
    ) -> None:
        also = self._work.operation.also
        if Also.CLAIMS in also:
            await self._record_claims(writer, live, cluster)
        pruned = prune(writer.records.values(), (), None)
        named = [record for record in pruned.keep if takes(record, also)]
        await removal.services(self._work.graph(), [*pruned.delete, *named])
        removal.forget([record for record in pruned.keep if record not in named])

    async def _record_claims(self, writer: Writer, live: LiveApplication, cluster: Cluster) -> None:
        """Those of StatefulSets, before these go: after that nobody could tell whose they were."""
        inventory = list(writer.records.values())
        sets = [live.find(record.key) for record in inventory]
        there = [each for each in sets if each is not None]
        found = await self._requests.read(partial(claims_of, cluster, inventory, there))
        await writer.own_claims(found.values())

    async def _delete_namespace(self, cluster: Cluster, writer: Writer) -> None:
        """If it was named, and as long as nobody else has put something into it meanwhile."""
        application, also = self._work.application, self._work.operation.also
        if Also.NAMESPACE not in also:
            return
        ask = partial(namespace_fate, cluster, application, (), also)
        key = ObjectKey("", "Namespace", "", application.namespace)
        fate = await self._requests.read(ask)
        found = await self._requests.read(partial(cluster.find, NAMESPACE, "", application.namespace))
        if found is None or not fate.free:
            self._journal.tell(EventType.WARNING, service="", object=str(key), message=fate.told)
            return
        await writer.delete(key, "v1", found.metadata.uid)
        self._journal.tell(EventType.OBJECT, service="", object=str(key), action="delete")


def _left(records: Records, application: Application) -> Leave:
    known = records.drift.find(application.id).fields
    return Leave(application.drift_except, frozenset(each.place for each in known if each.fight))


def is_definition(manifest: Manifest) -> bool:
    key = ObjectKey.of(manifest)
    return (key.group, key.kind) == (DEFINITION.group, DEFINITION.kind)
