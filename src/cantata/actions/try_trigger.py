"""What a payload would do by a trigger, without doing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cantata.actions.apply_call import Proposed, propose
from cantata.actions.impact import impact
from cantata.actions.ports import Ports
from cantata.actions.set_config import edited_text
from cantata.actions.triggers import get_trigger
from cantata.core.config import MASK, SecretText, diff_texts
from cantata.core.model.impact import Impact
from cantata.core.triggers import scalar_text


@dataclass(frozen=True, slots=True)
class Tried:
    """One key that the payload sets. Values of secrets are masked."""

    key: str
    old: str
    new: str
    changes: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """`diff` is that of the config's text; `impact` is None when nothing would change."""

    config: str
    cause: str
    keys: tuple[Tried, ...]
    diff: str
    impact: Impact | None


async def try_trigger(ports: Ports, project: str, name: str, body: bytes) -> Trial:
    """Raises `TriggerNotFound`, `TriggerPayloadInvalid`, `TriggerKeyUnknown`, and what saving would raise."""
    trigger = await get_trigger(ports, project, name)
    proposed = await propose(ports, trigger, body)
    told = await impact(ports, project, trigger.config, proposed.text) if proposed.values else None
    return Trial(
        config=trigger.config,
        cause=proposed.mapped.cause,
        keys=tuple(_keys(proposed)),
        diff=await _diff(ports, trigger.config, proposed),
        impact=told,
    )


def _keys(proposed: Proposed) -> Sequence[Tried]:
    def shown(key: str, value: object) -> str:
        if proposed.leaves[key].secret:
            return MASK
        return (
            scalar_text(value)
            if isinstance(value, str | int | float)
            else "null"
            if value is None
            else str(value)
        )

    return [
        Tried(key, shown(key, proposed.leaves[key].value), shown(key, value), key in proposed.values)
        for key, value in proposed.mapped.values.items()
    ]


async def _diff(ports: Ports, name: str, proposed: Proposed) -> str:
    """With masks for new secrets, which stand in clear in the text that would be saved."""
    masked = {
        key: SecretText(MASK) if isinstance(value, SecretText) else value
        for key, value in proposed.values.items()
    }
    text = await edited_text(ports, name, proposed.latest.text, masked)
    label = f"config {name}@{proposed.latest.number}"
    return diff_texts(proposed.latest.text, text, old_label=label, new_label=f"config {name}")
