"""An upgrade of an application as lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cantata.cli.change_text import value_text
from cantata.cli.plan_text import plan_lines
from cantata.contract.errors import PlaceInfo
from cantata.contract.states import UpgradeKind
from cantata.contract.upgrades import (
    ServiceUpgradeInfo,
    UpgradeInfo,
    UpgradeKeyInfo,
    UpgradeValueInfo,
)

HEADS: Mapping[UpgradeKind, str] = {
    "conflict": "changed by you and by the template:",
    "same": "yours is the old default:",
    "orphaned": "yours, and no longer known:",
    "changed": "new defaults, which you follow:",
    "added": "new variables:",
    "removed": "no longer there:",
}


def upgrade_lines(told: UpgradeInfo, *, deploying: bool = False) -> list[str]:
    """`deploying` says that a deploy follows at once."""
    return list(_lines(told, deploying=deploying))


def _lines(told: UpgradeInfo, *, deploying: bool) -> Iterator[str]:
    old, new = (f"{told.template}@{each.number} ({each.version})" for each in (told.old, told.new))
    if told.old.number == told.new.number:
        yield f"application {told.application} has {new} already"
        return
    yield f"application {told.application}: {old} → {new}"
    for kind, head in HEADS.items():
        keys = [each for each in told.keys if each.kind == kind]
        if keys:
            yield head
            yield from (f"  {key_line(each)}" for each in keys)
    if told.services:
        yield "services:"
        yield from (f"  {_service_line(each)}" for each in told.services)
    if told.violations:
        yield "values that the new version does not take:"
        for violation in told.violations:
            place = _place(violation.place)
            yield f"  {violation.place.key or 'values'}: {violation.message}{f' ({place})' if place else ''}"
    if told.trouble is not None:
        yield f"{'error' if told.blocked else 'no plan'}: {told.trouble.message}"
        if told.trouble.hint:
            yield f"  {told.trouble.hint}"
    if told.config:
        users = f", which {', '.join(told.config_users)} use too" if told.config_users else ""
        yield f"config {told.config}: a new version with what you chose{users}"
    if told.plan is not None:
        yield from plan_lines(told.plan)
    if told.undecided:
        yield f"undecided: {told.undecided}. Say `--take KEY`, `--keep KEY` or `--set KEY=VALUE`."
    elif told.result is not None and not deploying:
        yield f"`cantata app deploy {told.application}` brings it to the cluster."


def key_line(each: UpgradeKeyInfo) -> str:
    """`web.replicas (service web): yours 5 (config shop-dev@3:12), was 2, now 3 → kept`"""
    of = f" (service {each.service})" if each.service else ""
    words = []
    if each.mine is not None:
        words.append(f"yours {_value(each.mine)} ({', '.join(map(_place, each.mine.written))})")
    if each.kind == "added":
        words += [_value(each.new)] if each.new is not None else []
    elif each.kind == "changed":
        words.append(f"{_value(each.old)} → {_value(each.new)}")
    elif each.kind == "removed":
        words.append(f"was {_value(each.old)}")
    else:
        words += [f"was {_value(each.old)}"] if each.old is not None else []
        words += [f"now {_value(each.new)}"] if each.new is not None else []
    words += ["of another type"] if each.type_changed else []
    words += ["needs a value"] if each.required else []
    words += [f"perhaps {each.moved} now"] if each.moved else []
    told = f"{each.key}{of}: {', '.join(words)}"
    if each.choice is not None:
        told += f" → {'goes' if each.choice == 'take' and each.new is None else CHOSEN[each.choice]}"
    return told + (f"  # {each.description.splitlines()[0]}" if each.description and not each.mine else "")


CHOSEN = {"take": "the new default", "keep": "stays", "set": "another value"}


def _value(value: UpgradeValueInfo | None) -> str:
    return "none" if value is None else value_text(value.value)


def _place(place: PlaceInfo) -> str:
    return f"{place.file}:{place.line}" if place.line else place.file


def _service_line(each: ServiceUpgradeInfo) -> str:
    own = [word for word, has in (("overrides", each.overrides), ("adjustments", each.adjusted)) if has]
    if each.fate == "new":
        return f"+ {each.service}"
    if each.fate == "renamed":
        along = f", its {' and '.join(own)} move along" if own else ""
        return f"~ {each.was} is {each.service} now{along}"
    waited = f"; {', '.join(each.dependants)} waited for it" if each.dependants else ""
    left = f"; the application has {' and '.join(own)} for it: --drop {each.service}" if own else ""
    return f"- {each.service}{waited}{left}"
