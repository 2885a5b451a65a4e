"""Secrets that a template wrote into any field, taken out of what a plan shows."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from cantata.actions.source import Source
from cantata.core.model.plans import FieldChange, ObjectPlan
from cantata.core.values import Effective, mask, secret_texts, secrets_of


def secrets_in(source: Source, values: Iterable[Effective]) -> frozenset[str]:
    """Every secret value that is in use or was recorded."""
    found = [secrets_of(each) for each in values]
    for address in source.recorded:
        recorded = source.inputs(address)
        found.append(secret_texts(msgspec.json.decode(recorded.render.values), recorded.secrets))
    return frozenset().union(*found)


def mask_plan(plan: ObjectPlan, secrets: Collection[str]) -> ObjectPlan:
    changes = tuple(
        FieldChange(change.path, mask(change.old, secrets), mask(change.new, secrets))
        for change in plan.changes
    )
    return msgspec.structs.replace(plan, changes=changes, unverified=mask(plan.unverified, secrets))
