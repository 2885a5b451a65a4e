"""What a call of a trigger sets in its config: told, or done."""

from __future__ import annotations

from dataclasses import dataclass

from cantata.actions.layers import ConfigChain
from cantata.actions.ports import Ports
from cantata.actions.save_config import Save, save_config
from cantata.actions.set_config import edited_text
from cantata.actions.trigger_rules import Leaves, check_keys, present_leaves
from cantata.core.config import SecretText
from cantata.core.model.access import Actor, Role
from cantata.core.model.configs import ConfigVersion
from cantata.core.model.errors import EditConflict
from cantata.core.model.triggers import CallState, Trigger, TriggerCall
from cantata.core.triggers import (
    Mapped,
    map_payload,
    read_payload,
    same_as_present,
    scalar_text,
    value_text,
)
from cantata.ports import Records

KEEP_CALLS = 1000
"""How many calls of each trigger are kept that have ended."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a payload would set. `values` are those that differ from the present ones in `leaves`, `text` the
    config's with them."""

    latest: ConfigVersion
    leaves: Leaves
    mapped: Mapped
    values: dict[str, str | SecretText]
    text: str


class CallTaken(Exception):
    """Somebody else has finished the call meanwhile."""


async def propose(ports: Ports, trigger: Trigger, body: bytes) -> Proposed:
    """Raises `TriggerPayloadInvalid`, `TriggerKeyUnknown`, `ConfigEditImpossible`, `ConfigInvalid`."""
    mapped = map_payload(trigger, read_payload(body))
    chain = await ports.store.read(
        lambda records: ConfigChain.read(records, trigger.project, trigger.config, None)
    )
    latest = chain.versions[0][1]
    leaves = await present_leaves(ports, chain)
    check_keys(trigger, mapped.values, leaves)
    values = _differing(mapped, leaves)
    text = await edited_text(ports, trigger.config, latest.text, values) if values else latest.text
    return Proposed(latest, leaves, mapped, values, text)


def _differing(mapped: Mapped, leaves: Leaves) -> dict[str, str | SecretText]:
    """A secret stays one; whether it differs is seen when it is saved."""
    values: dict[str, str | SecretText] = {}
    for key, value in mapped.values.items():
        leaf = leaves[key]
        if leaf.secret:
            values[key] = SecretText(scalar_text(value))
        elif not same_as_present(value, leaf.value):
            values[key] = value_text(value, leaf.value)
    return values


async def apply_call(ports: Ports, trigger: Trigger, call: TriggerCall) -> None:
    """Saves one config version, or finds that nothing is to be saved; the call ends in the same transaction.
    Raises what `propose` and `save_config` raise; the call is as it was then."""
    body = await ports.store.read(lambda records: records.triggers.payload(call))
    while True:
        proposed = await propose(ports, trigger, body)
        if not proposed.values:
            await finish_call(ports, call, *_nothing(trigger, proposed), cause=proposed.mapped.cause)
            return
        try:
            await _save(ports, trigger, call, proposed)
            return
        except CallTaken:
            return
        except EditConflict:
            continue  # Somebody else saved meanwhile, so that somebody gets on in every round.


async def _save(ports: Ports, trigger: Trigger, call: TriggerCall, proposed: Proposed) -> None:
    actor = Actor(f"trigger {trigger.name}", trigger.project, Role.EDITOR)
    keys = ", ".join(proposed.values)
    save = Save(
        trigger.config,
        proposed.text,
        message=f"trigger {trigger.name}: delivery {call.delivery}",
        expected=proposed.latest.number,
        verb="trigger",
    )

    def along(records: Records, version: ConfigVersion) -> None:
        made = version.number != proposed.latest.number
        ended = records.triggers.finish(
            call,
            CallState.APPLIED if made else CallState.UNCHANGED,
            cause=proposed.mapped.cause,
            result=f"config {trigger.config}@{version.number}: {keys}" if made else _same(keys),
            config_version=version.number if made else 0,
            keep=KEEP_CALLS,
        )
        if not ended:
            raise CallTaken

    await save_config(ports, actor, trigger.project, save, along=along)


def _nothing(trigger: Trigger, proposed: Proposed) -> tuple[CallState, str]:
    if proposed.mapped.values:
        return CallState.UNCHANGED, _same(", ".join(proposed.mapped.values))
    if trigger.images:
        told = proposed.mapped.cause
        return CallState.IGNORED, f"no rule is for {told}" if told else "it tells of no image that was built"
    return CallState.IGNORED, "the paths of the rules find nothing"


def _same(keys: str) -> str:
    return f"no change: {keys}"


async def finish_call(
    ports: Ports, call: TriggerCall, state: CallState, result: str, *, cause: str = ""
) -> None:
    """Ends a call that made no version; does nothing to one that has ended."""
    await ports.store.write(
        lambda records: records.triggers.finish(
            call, state, cause=cause, result=result, config_version=0, keep=KEEP_CALLS
        )
    )
