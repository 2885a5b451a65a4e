"""Fields that are left to others when drift is taken back."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.stamp import Difference, Item, differences
from cantata.core.stamp.merge_keys import identities
from cantata.errors import CantataError, Category

MOST = 50
LONGEST = 200


class DriftExceptInvalid(CantataError):
    category = Category.INVALID


def check_patterns(patterns: Sequence[str]) -> None:
    """Raises `DriftExceptInvalid`."""
    for pattern in patterns:
        if not pattern or len(pattern) > LONGEST or not pattern.isprintable() or " " in pattern:
            raise DriftExceptInvalid(
                f"{pattern[:80]!r} is not the path of a field",
                subject="drift except",
                hint="Write it as drift is shown: spec.template.spec.containers[web].image; * is any name.",
            )
    if len(patterns) > MOST:
        raise DriftExceptInvalid(
            f"{len(patterns)} paths are too many; {MOST} are possible", subject="drift except"
        )


class Leave(msgspec.Struct, frozen=True):
    """`patterns` are paths in which `*` is any name or part of one; each means all that is below it. `places`
    are single fields (object, path)."""

    patterns: tuple[str, ...] = ()
    places: frozenset[tuple[str, str]] = frozenset()

    def has(self, object_: str, field: str) -> bool:
        if (object_, field) in self.places:
            return True
        return any(_compiled(pattern).match(field) for pattern in self.patterns) if field else False


NOTHING = Leave()


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(r"[^.\[\]]*".join(map(re.escape, pattern.split("*"))) + r"(?=$|[.\[])")


def with_left(desired: Manifest, live: Manifest, leave: Leave) -> Manifest:
    """`desired` with the live values of the fields that are left."""
    key = str(ObjectKey.of(desired))
    left = [each for each in differences(desired, live) if leave.has(key, each.path)]
    if not left:
        return desired
    made = copy.deepcopy(desired)
    for difference in left:
        _take_over(made, difference, str(desired.get("kind") or ""))
    return made


def _take_over(made: Manifest, difference: Difference, kind: str) -> None:
    """A list whose items come in another order stays in ours."""
    at: Any = made
    field = ""
    *ahead, last = difference.steps
    for step in ahead:
        at = at[_index(at, step, field, kind)]
        field = step if isinstance(step, str) else ""
    place = _index(at, last, field, kind)
    if difference.live is None:
        del at[place]
    elif _at(at, place) == difference.desired:
        at[place] = difference.live


def _at(container: Any, place: Any) -> Any:
    return container[place]


def _index(container: Any, step: str | Item, field: str, kind: str) -> Any:
    if not isinstance(step, Item):
        return step
    names: Iterable[str] = map("/".join, identities(field, container, kind) or ())
    return next(number for number, name in enumerate(names) if name == step.name)
