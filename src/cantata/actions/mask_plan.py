"""Secrets that a template wrote into any field, taken out of what a plan shows."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from cantata.actions.source import Source
from cantata.core.leaks import hide_drift, hide_fields
from cantata.core.model.inputs import RecordedInputs
from cantata.core.model.leaks import Leak
from cantata.core.model.plans import FieldChange, ObjectPlan
from cantata.core.values import Effective, mask, secret_texts, secrets_of


def secrets_in(source: Source, values: Iterable[Effective]) -> frozenset[str]:
    """Every secret value that is in use or was recorded."""
    found = [secrets_of(each) for each in values]
    for address in source.recorded:
        found.append(recorded_secrets(source.inputs(address)))
    return frozenset().union(*found)


def recorded_secrets(inputs: RecordedInputs) -> frozenset[str]:
    if not inputs.secrets:
        return frozenset()
    return secret_texts(msgspec.json.decode(inputs.render.values), inputs.secrets)


def mask_plan(plan: ObjectPlan, secrets: Collection[str], leaks: Iterable[Leak] = ()) -> ObjectPlan:
    """Values become `****` wherever they stand; of the fields of `leaks` that would tell more, nothing is
    shown."""
    fields = {leak.field for leak in leaks if leak.whole and leak.object == plan.key}
    changes = tuple(
        FieldChange(change.path, mask(change.old, secrets), mask(change.new, secrets))
        for change in hide_fields(plan, fields)
    )
    drift = tuple(
        msgspec.structs.replace(each, wanted=mask(each.wanted, secrets), live=mask(each.live, secrets))
        for each in hide_drift(plan, fields)
    )
    return msgspec.structs.replace(
        plan, changes=changes, drift=drift, unverified=mask(plan.unverified, secrets)
    )
