"""A card from a cause of live objects, and from an error of a write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec

from cantata.core.cards import places, pods, refusals
from cantata.core.cards.evidence import UNKNOWN, Evidence, Finding, Sources
from cantata.core.cards.origins import remedies
from cantata.core.cards.refusals import Refusal, kind_of
from cantata.core.health.health import Cause
from cantata.core.model.cards import CauseKind, Fact, FailureCard
from cantata.core.model.objects import ObjectKey

FINDERS: dict[CauseKind, Callable[[Evidence], Finding]] = {
    CauseKind.IMAGE_PULL: pods.image_pull,
    CauseKind.PULL_SECRET: pods.pull_secret,
    CauseKind.CRASH_LOOP: pods.crash,
    CauseKind.CONTAINER_FAILED: pods.crash,
    CauseKind.OUT_OF_MEMORY: pods.out_of_memory,
    CauseKind.CONTAINER_START: pods.start,
    CauseKind.PROBE: pods.probe,
    CauseKind.JOB_FAILED: pods.job_failed,
    CauseKind.MISSING_REFERENCE: pods.missing_reference,
    CauseKind.MOUNT: pods.mount,
    CauseKind.POD_FAILED: pods.pod_failed,
    CauseKind.UNSCHEDULABLE: places.unschedulable,
    CauseKind.QUOTA: places.quota,
    CauseKind.LIMIT_RANGE: places.limit_range,
    CauseKind.VOLUME: places.volume,
}

WITH_LOGS = frozenset(
    {
        CauseKind.CRASH_LOOP,
        CauseKind.OUT_OF_MEMORY,
        CauseKind.CONTAINER_FAILED,
        CauseKind.JOB_FAILED,
        CauseKind.PROBE,
    }
)
"""Causes of containers that ran: what they wrote may say why."""

MESSAGE = 2000
"""Characters of a message that a card keeps."""
SHOWN = 300
"""Characters of a fact."""


def is_worth_logs(cause: Cause) -> bool:
    return cause.kind in WITH_LOGS


def build_card(evidence: Evidence, sources: Sources = UNKNOWN) -> FailureCard:
    """Never raises: evidence of a wrong shape tells nothing."""
    cause = evidence.cause
    if cause.said:
        cause = msgspec.structs.replace(cause, message=f"{cause.message}: {cause.said}")
        evidence = replace(evidence, cause=cause)
    if cause.kind is CauseKind.IMAGE_PULL and pods.missing_pull_secrets(evidence):
        cause = msgspec.structs.replace(cause, kind=CauseKind.PULL_SECRET)
    if cause.kind is CauseKind.ADMISSION:
        found = refusals.admission(cause.message)
    else:
        rule = FINDERS.get(cause.kind)
        found = rule(evidence) if rule is not None else Finding()
    return FailureCard(
        service=evidence.service,
        kind=cause.kind,
        reason=cause.reason,
        message=cause.message[:MESSAGE],
        terminal=cause.terminal,
        object=str(ObjectKey.of(evidence.workload)) if evidence.workload is not None else "",
        pod=cause.pod,
        container=cause.container,
        exit_code=cause.exit_code,
        restarts=cause.restarts,
        facts=_short(found),
        log=evidence.log,
        likely=found.likely,
        advice=found.advice,
        remedies=remedies(found.blames, sources),
    )


def card_of_error(refusal: Refusal, sources: Sources = UNKNOWN) -> FailureCard:
    """`message` is what was said, the cluster's own words included."""
    kind = kind_of(refusal)
    error = refusal.error
    found = _of_refusal(kind, refusal)
    return FailureCard(
        service=refusal.service,
        kind=kind,
        reason=error.code,
        message=error.message[:MESSAGE],
        object=str(refusal.object) if refusal.object is not None else error.subject,
        facts=(*_short(found), *refusal.extra),
        likely=found.likely,
        advice=found.advice,
        remedies=remedies(found.blames, sources),
    )


def _of_refusal(kind: CauseKind, refusal: Refusal) -> Finding:
    if kind in (CauseKind.QUOTA, CauseKind.LIMIT_RANGE):
        said = Cause(kind, refusal.error.code, refusal.error.message)
        return FINDERS[kind](Evidence(refusal.service, said))
    return refusals.FINDERS.get(kind, refusals.other)(refusal)


def _short(found: Finding) -> tuple[Fact, ...]:
    return tuple(
        msgspec.structs.replace(fact, value=f"{fact.value[:SHOWN]}…") if len(fact.value) > SHOWN else fact
        for fact in found.facts
    )
