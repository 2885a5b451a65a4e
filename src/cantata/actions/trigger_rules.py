"""The keys of a config that triggers may set, with their present values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cantata.actions.layers import ConfigChain, chain_layers
from cantata.actions.ports import Ports
from cantata.core.model.triggers import Trigger
from cantata.core.triggers import TriggerKeyUnknown, check_rules
from cantata.core.values import Leaf, effective
from cantata.errors import Detail, Place

Leaves = Mapping[str, Leaf]


async def present_leaves(ports: Ports, chain: ConfigChain) -> Leaves:
    """Every leaf of the config over what it extends, by key; secrets masked."""
    leaves = effective(await chain_layers(ports, chain)).masked()
    return {leaf.key: leaf for leaf in leaves}


async def check_trigger(ports: Ports, trigger: Trigger) -> None:
    """Raises `ConfigNotFound`, `TriggerRuleInvalid`, `TriggerKeyUnknown`."""
    check_rules(trigger)
    chain = await ports.store.read(
        lambda records: ConfigChain.read(records, trigger.project, trigger.config, None)
    )
    check_keys(trigger, (rule.key for rule in trigger.rules), await present_leaves(ports, chain))


def check_keys(trigger: Trigger, keys: Iterable[str], leaves: Leaves) -> None:
    """Each must be there, with a single value. Raises `TriggerKeyUnknown`."""
    details = [
        Detail(trouble, Place(f"config {trigger.config}", key=key))
        for key in keys
        if (trouble := _trouble(key, leaves))
    ]
    if details:
        raise TriggerKeyUnknown(
            f"trigger {trigger.name} sets {details[0].place.key}, which {details[0].message}",
            subject=f"trigger {trigger.name}",
            place=details[0].place,
            details=details,
            hint=f"Give the key a first value by `cantata config edit {trigger.config}`, or correct it.",
        )


def _trouble(key: str, leaves: Leaves) -> str:
    leaf = leaves.get(key)
    if leaf is None:
        return "neither the config nor one that it extends has"
    return "holds a list or a map" if isinstance(leaf.value, list | dict) else ""
