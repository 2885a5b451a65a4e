"""Three values of each key: the old default, the new default, and the application's own."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from cantata.core.config import Path
from cantata.core.model.variables import ChartVariables
from cantata.core.upgrade.choices import Choice
from cantata.core.upgrade.defaults import Defaults, kind_of, same
from cantata.core.values import Leaf


class UpgradeKind(enum.StrEnum):
    """What another version means for one key."""

    CONFLICT = "conflict"
    """The default is another one, and the application has a value of its own that is neither."""
    SAME = "same"
    """The default is another one, and the application's own value is the old default."""
    ORPHANED = "orphaned"
    """The application sets it, and the new version does not know it any more."""
    CHANGED = "changed"
    """The default is another one, and the application follows it."""
    ADDED = "added"
    """It is new."""
    REMOVED = "removed"
    """It is gone, and the application never set it."""


APPLICATION = ""
"""The scope of the whole application; others are the names of services with values of their own."""


@dataclass(frozen=True, slots=True)
class ValueUpgrade:
    """`old` and `new` are the defaults, `mine` is what the application sets: each None where there is none.
    `mine.overrides` leads to weaker layers that set it, too. `service` is empty for what is said of the
    whole application, else the service whose overrides say it. `type_changed` says that the new default is
    of another type than the old one, or than the application's value. `required` says that the templates
    fail without a value, and that there is none. `moved` is where a variable that is gone may be found now.
    """

    path: Path
    kind: UpgradeKind
    old: Leaf | None = None
    new: Leaf | None = None
    mine: Leaf | None = None
    service: str = ""
    type_changed: bool = False
    required: bool = False
    description: str = ""
    moved: Path | None = None
    choice: Choice | None = None

    @property
    def key(self) -> str:
        return ".".join(self.path)

    def masked(self) -> ValueUpgrade:
        """With `****` for what is secret."""
        mine = self.mine.masked() if self.mine is not None else None
        return replace(self, mine=mine)


@dataclass(frozen=True, slots=True)
class Scope:
    """The leaves that an application gives, without defaults; of the overrides of one service with its
    name."""

    leaves: tuple[Leaf, ...]
    service: str = APPLICATION


class Paths:
    """Many paths, asked for those that are at, above or below another one."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = frozenset(paths)
        self._above = {path[:length] for path in self._paths for length in range(len(path))}

    def touch(self, path: Path) -> bool:
        return path in self._above or any(path[:length] in self._paths for length in range(1, len(path) + 1))


@dataclass(frozen=True)
class Side:
    """One version: its defaults, what its templates read, and which config keys it asks to be delivered."""

    defaults: Defaults
    variables: ChartVariables
    delivered: Collection[Path] = ()

    def reads(self, path: Path) -> bool:
        """Whether a template or a delivery names it, or what it is in. Who reads all values names none."""
        return self._read.touch(path)

    def describes(self, path: Path) -> str:
        return self._words.get(path, "")

    @cached_property
    def demanded(self) -> Collection[Path]:
        """What the templates fail without, in the order in which they read it."""
        return dict.fromkeys(
            read.path for template in self.variables.templates for read in template.reads if read.required
        )

    @cached_property
    def _read(self) -> Paths:
        reads = (read.path for each in self.variables.templates for read in each.reads if read.path)
        return Paths((*self.delivered, *reads))

    @cached_property
    def _words(self) -> Mapping[Path, str]:
        return {each.path: each.description or each.title for each in self.variables.values}


def compare_values(old: Side, new: Side, scopes: Iterable[Scope]) -> tuple[ValueUpgrade, ...]:
    """What is to be said, the most urgent first; keys of which nothing is to be said are left out. Scopes of
    services say only what they set themselves."""
    found: list[ValueUpgrade] = []
    for scope in scopes:
        found += _of_given(old, new, scope)
        if scope.service == APPLICATION:
            found += _of_defaults(old, new, Paths(leaf.path for leaf in scope.leaves if leaf.value != {}))
    order = {kind: rank for rank, kind in enumerate(UpgradeKind)}
    return tuple(sorted(found, key=lambda each: order[each.kind]))


def _of_given(old: Side, new: Side, scope: Scope) -> Iterator[ValueUpgrade]:
    above = {leaf.path[:length] for leaf in scope.leaves for length in range(1, len(leaf.path))}
    for mine in scope.leaves:
        path = mine.path
        if mine.value == {} and (path in above or old.defaults.is_map(path) or new.defaults.is_map(path)):
            continue  # An empty map over another one says nothing, nor does one that holds nulls.
        before = old.defaults.at(path) or old.defaults.holder(path)
        after = new.defaults.at(path) or new.defaults.holder(path)
        kind = _kind_of_given(old, new, mine, before, after)
        if kind is not None:
            yield ValueUpgrade(
                path,
                kind,
                before,
                after,
                mine,
                scope.service,
                type_changed=after is not None
                and (len(after.path) < len(path) or _retyped(before, after) or _retyped(mine, after)),
                description=new.describes(path),
            )


def _kind_of_given(
    old: Side, new: Side, mine: Leaf, before: Leaf | None, after: Leaf | None
) -> UpgradeKind | None:
    if after is None:
        known = before is not None or old.reads(mine.path)
        return UpgradeKind.ORPHANED if known and not new.reads(mine.path) else None
    if same(before, after) or same(mine, after):
        return None
    if before is None:
        return UpgradeKind.CONFLICT if _retyped(mine, after) else UpgradeKind.ADDED
    return UpgradeKind.SAME if same(mine, before) else UpgradeKind.CONFLICT


def _of_defaults(old: Side, new: Side, given: Paths) -> Iterator[ValueUpgrade]:
    for after in new.defaults.leaves:
        path = after.path
        if given.touch(path):
            continue
        before = old.defaults.at(path)
        if before is None or (before.value is None and after.value is not None):
            holder = old.defaults.holder(path)
            if holder is None or given.touch(holder.path):  # Else it is told at the holder.
                yield _added(new, path, before, after)
        elif not same(before, after) and not _both_maps(before, after):
            retyped = _retyped(before, after)
            yield ValueUpgrade(path, UpgradeKind.CHANGED, before, after, type_changed=retyped)
    for before in old.defaults.leaves:
        path = before.path
        holder = new.defaults.holder(path)
        if given.touch(path) or (holder is not None and not given.touch(holder.path)):
            continue
        after_ = new.defaults.at(path)
        if after_ is None and before.value is not None and before.value != {}:
            kind = UpgradeKind.CHANGED if holder is None and new.reads(path) else UpgradeKind.REMOVED
            yield ValueUpgrade(path, kind, before)
        elif after_ is not None and isinstance(after_.value, dict) and _is_value(before):
            yield ValueUpgrade(path, UpgradeKind.CHANGED, before, after_, type_changed=True)
    for path in new.demanded:
        if not given.touch(path) and new.defaults.at(path) is None and path not in old.demanded:
            yield ValueUpgrade(path, UpgradeKind.ADDED, required=True, description=new.describes(path))


def _added(new: Side, path: Path, before: Leaf | None, after: Leaf) -> ValueUpgrade:
    return ValueUpgrade(
        path,
        UpgradeKind.ADDED,
        before,
        after,
        required=after.value in (None, "") and path in new.demanded,
        description=new.describes(path),
    )


def _is_value(leaf: Leaf) -> bool:
    return leaf.value is not None and not isinstance(leaf.value, dict)


def _both_maps(one: Leaf, other: Leaf) -> bool:
    """Their keys are told one by one."""
    return isinstance(one.value, dict) and isinstance(other.value, dict)


def _retyped(one: Leaf | None, other: Leaf | None) -> bool:
    """Whether both are there and of different types; null is of every type."""
    kinds = {kind_of(each.value) for each in (one, other) if each is not None and not each.secret}
    return len(kinds - {"null"}) > 1
