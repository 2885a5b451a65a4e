"""Claims of a StatefulSet: those that no pod uses any more, and how long the others stay."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from cantata.core.health.kinds.stateful_set import Ordinals
from cantata.core.health.reading import Head, Live, Unreadable, count, read


class Named(msgspec.Struct, frozen=True):
    name: str = ""


class ClaimTemplate(msgspec.Struct, frozen=True):
    metadata: Named = Named()


class Retention(msgspec.Struct, frozen=True, rename="camel"):
    when_deleted: str = "Retain"
    when_scaled: str = "Retain"


class ClaimsSpec(msgspec.Struct, frozen=True, rename="camel"):
    replicas: int | None = None
    ordinals: Ordinals | None = None
    volume_claim_templates: tuple[ClaimTemplate, ...] | None = None
    persistent_volume_claim_retention_policy: Retention | None = None


class StatefulSetClaims(Head, frozen=True, rename="camel"):
    spec: ClaimsSpec = ClaimsSpec()


def claim_notices(live: Live, claims: Iterable[str]) -> Iterator[str]:
    """`claims` are the names of the claims around it. Nothing is told where there is nothing to know."""
    try:
        found = read(live, StatefulSetClaims)
    except Unreadable:
        return
    spec = found.spec
    templates = [each.metadata.name for each in spec.volume_claim_templates or () if each.metadata.name]
    if not templates:
        return
    kept = spec.persistent_volume_claim_retention_policy or Retention()
    if kept.when_deleted == "Delete":
        yield "its claims are deleted with it (persistentVolumeClaimRetentionPolicy)"
    start = spec.ordinals.start if spec.ordinals else 0
    end = start + (1 if spec.replicas is None else spec.replicas)
    names = "|".join(map(re.escape, templates))
    pattern = re.compile(rf"(?:{names})-{re.escape(found.metadata.name)}-(\d{{1,9}})")
    left = [name for name in claims if (m := pattern.fullmatch(name)) and not start <= int(m[1]) < end]
    if left and kept.when_scaled != "Delete":
        shown = ", ".join(left[:3]) + (", …" if len(left) > 3 else "")
        yield f"{count(len(left), 'claim')} of pods that are gone stay: {shown}"
