"""What the user wants of each key."""

from __future__ import annotations

import difflib
import enum
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cantata.errors import CantataError, Category, Place

if TYPE_CHECKING:
    from cantata.core.upgrade.compare import ValueUpgrade

ALL = "*"


class Choice(enum.StrEnum):
    """`take` is the new version's default, `keep` what the application has now, `set` another value."""

    TAKE = "take"
    KEEP = "keep"
    SET = "set"


class UpgradeChoiceInvalid(CantataError):
    """A choice is about no key of the upgrade, or says two things of one."""

    category = Category.INVALID


@dataclass(frozen=True, slots=True)
class Choices:
    """`take` and `keep` name keys, each with all that is below it; `*` is every value of the application's
    own. `values` are by key one YAML value."""

    take: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)


def choose(found: Sequence[ValueUpgrade], choices: Choices) -> tuple[ValueUpgrade, ...]:
    """Each with its choice; the nearest key that is named counts. Raises `UpgradeChoiceInvalid`."""
    _check(found, choices)
    return tuple(replace(each, choice=_choice(each, choices)) for each in found)


def _choice(each: ValueUpgrade, choices: Choices) -> Choice | None:
    if each.key in choices.values:
        return Choice.SET
    take, keep = (_nearest(each, keys) for keys in (choices.take, choices.keep))
    if take < 0 and keep < 0:
        return None
    if take == keep:
        raise UpgradeChoiceInvalid(
            f"{each.key} is both to be taken and to be kept",
            subject=each.key,
            hint="Name it once.",
            place=Place(key=each.key),
        )
    return Choice.TAKE if take > keep else Choice.KEEP


def _nearest(each: ValueUpgrade, keys: Collection[str]) -> int:
    """How long the longest key is that means it; -1 where none does."""
    lengths = [len(key) for key in keys if each.key == key or each.key.startswith(f"{key}.")]
    if ALL in keys and each.mine is not None:
        lengths.append(0)
    return max(lengths, default=-1)


def _check(found: Sequence[ValueUpgrade], choices: Choices) -> None:
    known = {each.key for each in found}
    for key in (*choices.take, *choices.keep):
        if key == ALL or any(each == key or each.startswith(f"{key}.") for each in known):
            continue
        near = difflib.get_close_matches(key, known, n=1)
        raise UpgradeChoiceInvalid(
            f"the upgrade says nothing of {key}",
            subject=key,
            hint=f"Did you mean {near[0]}?" if near else "Leave it out; a dry run lists what there is.",
            place=Place(key=key),
        )
