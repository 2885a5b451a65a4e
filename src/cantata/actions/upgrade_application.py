"""Bring an application to another version of its template: its own values against old and new defaults."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from cantata.actions.audit import audit
from cantata.actions.ports import Ports
from cantata.actions.request_review import request_review
from cantata.actions.save_config import Save, save_config
from cantata.actions.upgrade_plan import Planned, Upgrade, UpgradeWish, plan_upgrade
from cantata.core.decide.authorise import Noun, Verb, authorise
from cantata.core.model.access import Actor
from cantata.core.model.configs import ConfigVersion
from cantata.core.model.errors import EditConflict
from cantata.core.upgrade import UpgradeKind, ValueUpgrade, written_in
from cantata.errors import CantataError, Category, Detail, Place
from cantata.ports import Records


class UpgradeUndecided(CantataError):
    """The application has values of its own whose defaults have changed; `details` lists them."""

    category = Category.CONFLICT


class UpgradeBlocked(CantataError):
    """With its own values the application cannot run with the other version; `details` lists why."""

    category = Category.INVALID


async def preview_upgrade(ports: Ports, project: str, name: str, wish: UpgradeWish) -> Upgrade:
    """Nothing is stored. Raises `ApplicationNotFound`, `TemplateVersionNotFound`, `UpgradeChoiceInvalid`,
    `UpgradeConfigPinned`, `ConfigChangeInvalid`, `ConfigEditImpossible`, `OverridesInvalid`."""
    return (await plan_upgrade(ports, project, name, wish)).told


async def upgrade_application(
    ports: Ports, actor: Actor, project: str, name: str, wish: UpgradeWish
) -> Upgrade:
    """The application names the other version from now on, and has what was chosen in its overrides or in a
    new version of its config. Nothing is deployed yet.

    Raises `UpgradeUndecided`, `UpgradeBlocked`, `EditConflict`, and what `preview_upgrade` and saving a
    config raise. Nothing was written then.
    """
    if wish.to_config:
        authorise(actor, Verb.EDIT, Noun.CONFIG, project)
    planned = await plan_upgrade(ports, project, name, wish)
    told = planned.told
    _refuse_undecided(told)
    _refuse_blocked(told)
    if planned.same:
        return told
    write = _writer(actor, project, planned)
    if planned.config is None:
        await ports.store.write(lambda records: write(records, None))
    else:
        save = Save(
            planned.config.name,
            planned.config.text,
            message=f"for {told.template}@{told.new.number} of {name}",
            expected=planned.config.base,
            verb="upgrade",
        )
        await save_config(ports, actor, project, save, along=write)
    ports.wake()
    return told


def _writer(actor: Actor, project: str, planned: Planned) -> Callable[[Records, ConfigVersion | None], None]:
    draft, told = planned.application, planned.told

    def write(records: Records, version: ConfigVersion | None) -> None:
        stored = records.applications.get(project, draft.name)
        if stored.row_version != draft.row_version:
            raise EditConflict(
                f"application {draft.name} was changed by somebody else",
                subject=f"application {draft.name}",
                hint="Look at the upgrade again, then decide.",
            )
        pinned = draft.config_version is not None and version is not None
        wanted = (
            msgspec.structs.replace(draft, config_version=version.number) if pinned and version else draft
        )
        edited = records.applications.update(wanted)
        if draft.adjustments != stored.adjustments:
            records.applications.adjust(stored.id, draft.adjustments)
        note = f"{told.template}@{told.old.number} to @{told.new.number}"
        audit(records, actor, project, "upgrade", "application", draft.name, note)
        request_review(records, actor, [edited], "upgraded")

    return write


def _refuse_undecided(told: Upgrade) -> None:
    open_ = told.undecided
    if not open_:
        return
    more = f" (and {len(open_) - 1} more)" if len(open_) > 1 else ""
    raise UpgradeUndecided(
        f"the default of {open_[0].key} has changed, and the application has a value of its own{more}",
        subject=f"application {told.application}",
        place=_place(open_[0]),
        hint="Say for each key whether to `--take` the new default, to `--keep` the value, or to `--set` "
        "another one.",
        details=[Detail(conflict_words(each), _place(each)) for each in open_],
    )


def conflict_words(each: ValueUpgrade) -> str:
    """`yours 5, was 2, now 3`; what is secret, and what is long, is only named."""
    mine = each.masked().mine
    words = (("yours", mine), ("was", each.old), ("now", each.new))
    return ", ".join(f"{word} {_short(leaf.value)}" for word, leaf in words if leaf is not None)


def _short(value: object) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 60 else f"{text[:59]}…"


def _place(each: ValueUpgrade) -> Place:
    leaf = next(written_in(each.mine), None)
    return Place(leaf.origin.layer, leaf.origin.line, key=each.key) if leaf else Place(key=each.key)


def _orphaned(told: Upgrade) -> bool:
    keys = {each.place.key for each in told.violations}
    return any(each.kind is UpgradeKind.ORPHANED and each.key in keys for each in told.values)


def _refuse_blocked(told: Upgrade) -> None:
    details = list(told.violations)
    details += [
        Detail(f"service {each.service} is gone, and the application has overrides for it", Place())
        for each in told.lost_overrides
    ]
    if told.blocked is not None:
        details += told.blocked.details or [Detail(told.blocked.message, told.blocked.place)]
    if not details:
        return
    first, more = details[0], len(details) - 1
    hints = (
        (
            told.violations and _orphaned(told),
            "`--take KEY`, with `--to-config`, takes away what it does not know.",
        ),
        (told.violations, "Give values that fit by `--set KEY=VALUE`."),
        (told.lost_overrides, "`--drop SERVICE` takes the overrides away."),
        (told.blocked, told.blocked.hint if told.blocked else ""),
    )
    raise UpgradeBlocked(
        f"application {told.application} does not fit {told.template}@{told.new.number}: "
        f"{f'{first.place.key}: ' if first.place.key else ''}{first.message}"
        f"{f' (and {more} more)' if more else ''}",
        subject=f"application {told.application}",
        place=first.place,
        hint=next((hint for found, hint in hints if found and hint), ""),
        details=details,
    )
