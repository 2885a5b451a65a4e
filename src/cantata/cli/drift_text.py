"""Drift in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cantata.contract.applications import ApplicationStatusInfo
    from cantata.contract.drift import DriftedFieldInfo


def print_drift(status: ApplicationStatusInfo) -> None:
    """A line for each field, and what can be done; nothing where nothing has drifted."""
    drifted = [(service.name, field) for service in status.services for field in service.drifted]
    for service, field in drifted:
        print(f"drifted: {service}: {drift_text(field)}")
    if drifted:
        name = status.application.name
        print(
            f"`cantata app diff {name} --live` shows the values; `cantata app revert {name}` takes it back."
        )


def drift_text(field: DriftedFieldInfo) -> str:
    """`Deployment shop/web spec.replicas by kubectl-edit at 2026-…`."""
    if not field.field:
        return f"{field.object} is gone, seen at {field.at}"
    who = f" by {field.manager}" if field.manager else ""
    when = f" at {field.at}" if field.at else ""
    fight = "; it comes back each time it is taken back, and is left alone" if field.fight else ""
    return f"{field.object} {field.field}{who}{when}{fight}"
