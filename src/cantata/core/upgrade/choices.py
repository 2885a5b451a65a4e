"""What the user wants of each key."""

from __future__ import annotations

import difflib
import enum
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cantata.core.values import LayerKind, Leaf
from cantata.errors import CantataError, Category, Place

if TYPE_CHECKING:
    from cantata.core.upgrade.compare import ValueUpgrade

ALL = "*"
CHAIN = (LayerKind.PARENT, LayerKind.CONFIG)


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


class Target(enum.StrEnum):
    """Where the choices are written."""

    OVERRIDES = "overrides"
    """In the overrides of the application: nobody else sees them."""
    CONFIG = "config"
    """In a new version of its config, which others may use as well."""


def choose(
    found: Sequence[ValueUpgrade], choices: Choices, target: Target = Target.OVERRIDES
) -> tuple[ValueUpgrade, ...]:
    """Each with its choice; the nearest key that is named counts. Raises `UpgradeChoiceInvalid`."""
    _check(found, choices)
    return tuple(
        replace(each, choice=_possible(each, _choice(each, choices), choices, target)) for each in found
    )


def _possible(each: ValueUpgrade, choice: Choice | None, choices: Choices, target: Target) -> Choice | None:
    """A value that the new version does not know can only go where it is written: a null over it would be one
    more value that is not known."""
    chain = {leaf.origin.kind: leaf for leaf in written_in(each.mine) if leaf.origin.kind in CHAIN}
    if choice is not Choice.TAKE or each.new is not None or not chain:
        return choice
    if target is Target.CONFIG and LayerKind.PARENT not in chain:
        return choice
    if not _nearest(each, choices.take):
        return None  # It is meant by `*` alone.
    leaf = chain.get(LayerKind.PARENT) or chain[LayerKind.CONFIG]
    only = leaf.origin.kind is LayerKind.CONFIG
    raise UpgradeChoiceInvalid(
        f"{each.key} is written in {leaf.origin.layer}, and can only be taken away there",
        subject=each.key,
        hint="`--to-config` does that." if only else "Edit that config, or keep it.",
        place=Place(leaf.origin.layer, leaf.origin.line, key=each.key),
    )


def written_in(leaf: Leaf | None) -> Iterator[Leaf]:
    """A leaf and those of weaker layers that it overrides."""
    while leaf is not None:
        yield leaf
        leaf = leaf.overrides


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
