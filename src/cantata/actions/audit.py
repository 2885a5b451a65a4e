"""The audit record that every change leaves, in the transaction of the change."""

from __future__ import annotations

from datetime import UTC, datetime

from cantata.core.model.access import Actor, AuditRecord
from cantata.ports import Records


def now() -> str:
    """The present time in RFC 3339, UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def audit(
    records: Records, actor: Actor, project: str, verb: str, noun: str, name: str, detail: str = ""
) -> None:
    records.access.record(
        AuditRecord(
            at=now(), actor=actor.name, project=project, verb=verb, noun=noun, name=name, detail=detail
        )
    )
