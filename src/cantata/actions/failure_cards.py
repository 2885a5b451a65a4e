"""Failure cards of one application: reads what a cause needs to be explained, and has the card built.

Whatever cannot be read, or not in time, is left out: a card with less on it is still a card.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from cantata.actions.given_values import GivenValues
from cantata.actions.layers import ConfigChain
from cantata.actions.ports import Ports
from cantata.actions.source import Source
from cantata.actions.template_texts import template_texts
from cantata.actions.variables import read_variables
from cantata.core.cards import Evidence, Refusal, Sources, build_card, card_of_error, is_worth_logs
from cantata.core.cards.evidence import UNKNOWN, at, facts
from cantata.core.cards.pods import pull_secrets
from cantata.core.health.health import Cause
from cantata.core.health.table import WORKLOADS
from cantata.core.model.applications import Application, Revision, ServiceVersion
from cantata.core.model.cards import CauseKind, Fact, FailureCard
from cantata.core.model.objects import GVK, LiveObject, Manifest, ObjectKey
from cantata.core.model.templates import TemplateVersion
from cantata.core.plan import Desired
from cantata.core.services.fields import as_maps
from cantata.core.values import mask
from cantata.core.variables import used_by
from cantata.errors import CantataError
from cantata.ports import Cluster, LiveApplication, Records

SECONDS = 3.0
"""How long a card waits for what the cluster has to tell."""

LINES = 20
LINE = 500
"""Characters of a line of a log."""

UNSEEN = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
"""What a program writes to a terminal that is no text. Printed, it would act on the reader's own."""

NODE, CLAIM, NAMESPACE = (
    GVK("", "v1", "Node"),
    GVK("", "v1", "PersistentVolumeClaim"),
    GVK("", "v1", "Namespace"),
)
SECRET = GVK("", "v1", "Secret")
QUOTA, LIMITS = GVK("", "v1", "ResourceQuota"), GVK("", "v1", "LimitRange")
CLASS = GVK("storage.k8s.io", "v1", "StorageClass")


@dataclass(slots=True)
class CardMaker:
    """`secrets` are taken out of all that a card says; where they are not known (None), a card has neither a
    log nor other words of the program, nor its command. `revision` is what runs, or is being deployed."""

    ports: Ports
    cluster: Cluster
    application: Application
    revision: Revision | None
    secrets: Collection[str] | None
    _sources: dict[str, Sources] = field(default_factory=dict)

    async def of_cause(
        self, service: str, cause: Cause, live: LiveApplication, keys: Iterable[ObjectKey]
    ) -> FailureCard:
        """The card of what live objects say. Never raises a `CantataError`."""
        if self.secrets is None:
            cause = msgspec.structs.replace(cause, said="")
        evidence = _seen(service, cause, live, tuple(keys))
        with suppress(CantataError, TimeoutError):
            async with asyncio.timeout(SECONDS):
                evidence = await self._read(evidence)
        return self._masked(build_card(evidence, await self.sources(service)))

    async def of_error(
        self, service: str, error: CantataError, wanted: Iterable[Desired] = (), *, terminal: bool = True
    ) -> FailureCard:
        """The card of what a request was answered, about one of the `wanted` objects. It is not `terminal`
        while the request is tried again. Never raises a `CantataError`."""
        meant = _meant(error, wanted)
        extra: tuple[Fact, ...] = ()
        if error.code == "NamespaceTerminating":
            with suppress(CantataError, TimeoutError):
                async with asyncio.timeout(SECONDS):
                    extra = await self._terminating(meant)
        refusal = Refusal(
            error,
            self.application.name,
            service,
            meant.key if meant else None,
            meant.gvk.api_version if meant else "",
            extra,
        )
        card = card_of_error(refusal, await self.sources(service))
        return self._masked(msgspec.structs.replace(card, terminal=terminal))

    def _masked(self, card: FailureCard) -> FailureCard:
        secrets, known = self.secrets or (), self.secrets is not None

        def hidden(text: str) -> str:
            return str(mask(text, secrets))

        return msgspec.structs.replace(
            card,
            message=hidden(card.message),
            likely=hidden(card.likely),
            advice=hidden(card.advice),
            facts=tuple(
                Fact(fact.name, hidden(fact.value)) for fact in card.facts if known or fact.name != "command"
            ),
            remedies=tuple(msgspec.structs.replace(each, value=hidden(each.value)) for each in card.remedies),
        )

    # --- what the service was made from --------------------------------------------------------------------

    async def sources(self, service: str) -> Sources:
        found = self._sources.get(service)
        if found is None:
            version = self.revision.services.get(service) if self.revision is not None else None
            found = UNKNOWN
            if version is not None:
                with suppress(CantataError):
                    found = await self._sources_of(version)
            self._sources[service] = found
        return found

    async def _sources_of(self, version: ServiceVersion) -> Sources:
        """With the config that ran, not with what was written since."""
        application = self.application

        def read(records: Records) -> tuple[TemplateVersion, bytes, ConfigChain]:
            template = records.templates.get(application.project, application.template)
            found = records.templates.version(template, version.template_version)
            chain = ConfigChain.pinned(records, application.project, version.config)
            return found, records.templates.archive(found.chart.digest), chain

        template, archive, chain = await self.ports.store.read(read)
        variables = await read_variables(self.ports, template)
        source = Source(application, template, chain, latest=None, deployed=False, recorded={})
        override = application.service_overrides.get(version.service, "")
        given = await GivenValues(self.ports).read(source, override, version.service, delivered=False)
        uses, _ = used_by(variables, version.files, given.effective.leaves)
        return Sources(template_texts(archive, version.files), uses)

    # --- what the cluster tells ----------------------------------------------------------------------------

    async def _read(self, evidence: Evidence) -> Evidence:
        if is_worth_logs(evidence.cause) and self.secrets is not None:
            evidence = replace(evidence, log=await self._log(evidence))
        read = READERS.get(evidence.cause.kind)
        return await read(self, evidence) if read is not None else evidence

    async def _log(self, evidence: Evidence) -> tuple[str, ...]:
        """The last lines of the container: of the one that died, where it was started again since."""
        cause, pod = evidence.cause, evidence.pod
        if pod is None or not cause.container:
            return ()
        statuses = [
            *as_maps(at(pod, "status", "initContainerStatuses")),
            *as_maps(at(pod, "status", "containerStatuses")),
        ]
        status = next((each for each in statuses if each.get("name") == cause.container), {})
        died = at(status, "lastState", "terminated") is not None
        ended = at(status, "state", "terminated") is not None
        namespace = str(at(pod, "metadata", "namespace") or "")
        lines: list[str] = []
        with suppress(CantataError):
            async for line in self.cluster.logs(
                namespace, cause.pod, cause.container, tail_lines=LINES, previous=died and not ended
            ):
                lines.append(UNSEEN.sub("", line.decode("utf-8", "replace"))[:LINE])
        secrets = self.secrets or ()
        return tuple(mask(line, secrets) for line in lines[-LINES:])

    async def pull(self, evidence: Evidence) -> Evidence:
        """Which of the named pull secrets exist: their names, never what is in them."""
        there: set[str] = set()
        for name in pull_secrets(evidence.spec):
            found = await self.cluster.list(
                SECRET,
                namespace=self._namespace(evidence),
                field_selector=f"metadata.name={name}",
                metadata_only=True,
            )
            there.update(each.metadata.name for each in found)
        return replace(evidence, present=frozenset(there))

    async def nodes(self, evidence: Evidence) -> Evidence:
        return replace(evidence, nodes=_manifests(await self.cluster.list(NODE)))

    async def quotas(self, evidence: Evidence) -> Evidence:
        found = await self.cluster.list(QUOTA, namespace=self._namespace(evidence))
        return replace(evidence, quotas=_manifests(found))

    async def limits(self, evidence: Evidence) -> Evidence:
        found = await self.cluster.list(LIMITS, namespace=self._namespace(evidence))
        return replace(evidence, limits=_manifests(found))

    async def volumes(self, evidence: Evidence) -> Evidence:
        """The claims of the pod, and their storage classes."""
        named = [
            at(each, "persistentVolumeClaim", "claimName") for each in as_maps(evidence.spec.get("volumes"))
        ]
        known = {str(at(claim, "metadata", "name")): claim for claim in evidence.claims}
        for name in map(str, filter(None, named)):
            if name not in known:
                live = await self.cluster.find(CLAIM, self._namespace(evidence), name)
                if live is not None:
                    known[name] = live.manifest()
        classes = {str(at(claim, "spec", "storageClassName") or "") for claim in known.values()} - {""}
        found = {name: await self.cluster.find(CLASS, "", name) for name in sorted(classes)}
        return replace(
            evidence,
            claims=tuple(known.values()),
            classes={name: live.manifest() if live else None for name, live in found.items()},
        )

    def _namespace(self, evidence: Evidence) -> str:
        there = at(evidence.pod or evidence.workload, "metadata", "namespace")
        return str(there or self.application.namespace)

    async def _terminating(self, meant: Desired | None) -> tuple[Fact, ...]:
        """What a namespace that goes waits for, in its own words."""
        name = meant.key.namespace if meant is not None else self.application.namespace
        live = await self.cluster.find(NAMESPACE, "", name)
        if live is None:
            return ()
        manifest = live.manifest()
        waits = [
            str(each.get("message"))
            for each in as_maps(at(manifest, "status", "conditions"))
            if each.get("status") == "True" and each.get("type") in WAITS
        ]
        return facts(
            namespace=name,
            deleted_at=live.metadata.deletion_timestamp,
            waits_for="; ".join(waits),
            finalizers=", ".join(map(str, at(manifest, "spec", "finalizers") or live.metadata.finalizers)),
        )


WAITS = (
    "NamespaceContentRemaining",
    "NamespaceFinalizersRemaining",
    "NamespaceDeletionContentFailure",
    "NamespaceDeletionDiscoveryFailure",
)

READERS: dict[CauseKind, Callable[[CardMaker, Evidence], Awaitable[Evidence]]] = {
    CauseKind.IMAGE_PULL: CardMaker.pull,
    CauseKind.UNSCHEDULABLE: CardMaker.nodes,
    CauseKind.QUOTA: CardMaker.quotas,
    CauseKind.LIMIT_RANGE: CardMaker.limits,
    CauseKind.VOLUME: CardMaker.volumes,
}


def _seen(service: str, cause: Cause, live: LiveApplication, keys: Sequence[ObjectKey]) -> Evidence:
    """What the live copy has: the pod, its workload, and the claims of that."""
    workload: LiveObject | None = None
    pod: LiveObject | None = None
    claims: list[LiveObject] = []
    for key in keys:
        if (key.group, key.kind) not in WORKLOADS:
            continue
        family = live.family([key])
        own = [each for each in family if each.key == key]
        found = [each for each in family if each.gvk.kind == "Pod" and each.metadata.name == cause.pod]
        if workload is None or found:
            workload = own[0] if own else workload
            pod = found[0] if found else pod
            claims = [each for each in family if each.gvk.kind == CLAIM.kind]
    return Evidence(
        service,
        cause,
        _manifest(workload),
        _manifest(pod),
        claims=_manifests(claims),
    )


def _meant(error: CantataError, wanted: Iterable[Desired]) -> Desired | None:
    """The object that an error is about: it names it, or its kind."""
    objects = list(wanted)
    for desired in objects:
        if error.subject == str(desired.key) or error.message.startswith(f"{desired.key}:"):
            return desired
    for desired in objects:
        gvk = desired.gvk
        if error.subject == f"{gvk.kind} of {'/'.join(filter(None, (gvk.group, gvk.version)))}":
            return desired
    return None


def _manifest(live: LiveObject | None) -> Manifest | None:
    return live.manifest() if live is not None else None


def _manifests(found: Iterable[LiveObject]) -> tuple[Manifest, ...]:
    return tuple(each.manifest() for each in found)


def card_events(cards: Iterable[FailureCard]) -> list[dict[str, Any]]:
    """The data of their events."""
    return [{"service": card.service, "card": msgspec.to_builtins(card)} for card in cards]
