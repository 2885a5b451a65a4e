"""What was edited against what is deployed: what the next deploy would change."""

from __future__ import annotations

from collections.abc import Sequence

from cantata.actions.intent import changed_versions
from cantata.actions.ports import Ports
from cantata.actions.preview import previewed
from cantata.core.model.diffs import Diff


async def diff_edited(ports: Ports, project: str, name: str, services: Sequence[str] = ()) -> Diff:
    """Without what stays as it is. Raises what a deploy would raise before its first write."""
    prepared, plan = await previewed(ports, project, name, services)
    latest = prepared.source.latest
    changed = [each for each in plan.services if each.changed]
    return Diff(
        plan.application,
        f"revision {latest.number}" if latest is not None else "nothing",
        "edited",
        differs=bool(changed) or prepared.new_revision,
        versions=changed_versions(prepared),
        values=plan.intent,
        services=tuple(changed),
    )
