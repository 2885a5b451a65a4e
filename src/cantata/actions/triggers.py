"""Make, change, show and delete triggers, and read the calls that came."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from cantata.actions.audit import audit
from cantata.actions.ports import Ports
from cantata.actions.shared_secrets import followed, new_secret
from cantata.actions.trigger_rules import check_trigger
from cantata.core.model.access import Actor
from cantata.core.model.errors import EditConflict, check_name
from cantata.core.model.rotation import RotatedSecret
from cantata.core.model.triggers import ImageRule, KeyRule, Trigger, TriggerCall
from cantata.errors import CantataError, Category
from cantata.ports import Page, Records


class TriggerCallNotFailed(CantataError):
    """Only a call that failed can be worked off again."""

    category = Category.CONFLICT


class Changes(msgspec.Struct, frozen=True):
    """What an edit changes; what is unset stays."""

    config: str | msgspec.UnsetType = msgspec.UNSET
    keys: tuple[KeyRule, ...] | msgspec.UnsetType = msgspec.UNSET
    images: tuple[ImageRule, ...] | msgspec.UnsetType = msgspec.UNSET
    sources: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    enabled: bool | msgspec.UnsetType = msgspec.UNSET


async def create_trigger(ports: Ports, actor: Actor, trigger: Trigger) -> tuple[str, Trigger]:
    """The secret is given back this once. Raises `NameInvalid`, `NameTaken`, `ConfigNotFound`,
    `TriggerRuleInvalid`, `TriggerKeyUnknown`."""
    check_name("trigger", trigger.name)
    await check_trigger(ports, trigger)
    secret = new_secret()

    def write(records: Records) -> Trigger:
        made = records.triggers.create(trigger, RotatedSecret(secret))
        audit(records, actor, made.project, "create", "trigger", made.name, f"for config {made.config}")
        return made

    return secret, await ports.store.write(write)


async def edit_trigger(
    ports: Ports, actor: Actor, project: str, name: str, changes: Changes, *, expected: int | None = None
) -> Trigger:
    """Raises `TriggerNotFound`, `ConfigNotFound`, `TriggerRuleInvalid`, `TriggerKeyUnknown`,
    `EditConflict`."""
    present = await get_trigger(ports, project, name)
    if expected is not None and expected != present.row_version:
        raise EditConflict(
            f"trigger {name} was changed by somebody else",
            subject=f"trigger {name}",
            hint="Read it again, then change that.",
        )
    given = {
        field: value
        for field, value in msgspec.structs.asdict(changes).items()
        if not isinstance(value, msgspec.UnsetType)
    }
    wanted = msgspec.structs.replace(present, **given)
    if wanted == present:
        return present
    if given.keys() != {"enabled"}:
        await check_trigger(ports, wanted)

    def write(records: Records) -> Trigger:
        changed = records.triggers.update(wanted)
        audit(records, actor, project, "edit", "trigger", name, ", ".join(sorted(given)))
        return changed

    return await ports.store.write(write)


async def rotate_secret(
    ports: Ports, actor: Actor, project: str, name: str, *, at_once: bool = False
) -> tuple[str, Trigger]:
    """The new secret is given back this once; the one before works for a day, or ends `at_once`. Raises
    `TriggerNotFound`."""
    secret = new_secret()

    def write(records: Records) -> Trigger:
        trigger = records.triggers.get(project, name)
        kept = followed(lambda: records.triggers.secrets(trigger), secret, at_once=at_once)
        records.triggers.set_secrets(trigger, kept)
        audit(records, actor, project, "rotate", "trigger", name, "at once" if at_once else "")
        return trigger

    return secret, await ports.store.write(write)


async def delete_trigger(ports: Ports, actor: Actor, project: str, name: str) -> None:
    """Raises `TriggerNotFound`."""

    def write(records: Records) -> None:
        records.triggers.delete(records.triggers.get(project, name))
        audit(records, actor, project, "delete", "trigger", name)

    await ports.store.write(write)


async def get_trigger(ports: Ports, project: str, name: str) -> Trigger:
    return await ports.store.read(lambda records: records.triggers.get(project, name))


async def list_triggers(
    ports: Ports, project: str, *, search: str = "", config: str = "", page: Page = Page()
) -> Sequence[Trigger]:
    return await ports.store.read(
        lambda records: records.triggers.list(project, search=search, config=config, page=page)
    )


async def list_calls(ports: Ports, project: str, name: str, page: Page = Page()) -> Sequence[TriggerCall]:
    """Newest first. Raises `TriggerNotFound`."""
    return await ports.store.read(
        lambda records: records.triggers.calls(records.triggers.get(project, name), page=page)
    )


async def show_call(
    ports: Ports, actor: Actor, project: str, name: str, id_: str
) -> tuple[TriggerCall, bytes]:
    """With its payload, which may hold secrets: that it was read is in the audit. Raises `TriggerNotFound`,
    `TriggerCallNotFound`."""

    def write(records: Records) -> tuple[TriggerCall, bytes]:
        call = records.triggers.call(records.triggers.get(project, name), id_)
        audit(records, actor, project, "read payload", "trigger", name, f"call {call.id}")
        return call, records.triggers.payload(call)

    return await ports.store.write(write)


async def retry_call(ports: Ports, actor: Actor, project: str, name: str, id_: str) -> TriggerCall:
    """Queues a call that failed once more. Raises `TriggerNotFound`, `TriggerCallNotFound`,
    `TriggerCallNotFailed`."""

    def write(records: Records) -> TriggerCall:
        trigger = records.triggers.get(project, name)
        call = records.triggers.call(trigger, id_)
        if not records.triggers.requeue(call):
            raise TriggerCallNotFailed(
                f"call {id_} of trigger {name} has not failed, it is {call.state}",
                subject=f"call {id_}",
                hint="Only a call that failed can be worked off again.",
            )
        audit(records, actor, project, "retry call", "trigger", name, f"call {call.id}")
        return records.triggers.call(trigger, id_)

    call = await ports.store.write(write)
    ports.call_came()
    return call
