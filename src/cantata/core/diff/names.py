"""Two applications of one template differ in the names that come from release and namespace: those count as
the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Names:
    """The release and namespace of both sides. Called with a text of each, it says whether they are equal but
    for these names, each of which counts where it stands as a word by itself."""

    old: tuple[str, ...]
    new: tuple[str, ...]
    _patterns: Mapping[str, re.Pattern[str]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        named = {name for name in (*self.old, *self.new) if name}
        patterns = {name: re.compile(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])") for name in named}
        object.__setattr__(self, "_patterns", patterns)

    def __call__(self, old: str, new: str) -> bool:
        if old == new:
            return True
        left, right = self._ends(old, self.old), self._ends(new, self.new)
        if not left or not right:
            return False
        return _match(old, new, left, right)

    def _ends(self, text: str, names: Iterable[str]) -> dict[int, set[int]]:
        """Where a name begins, and where it ends: several names may begin at one place."""
        found: dict[int, set[int]] = {}
        for name in names:
            if name and name in text:
                for match in self._patterns[name].finditer(text):
                    found.setdefault(match.start(), set()).add(match.end())
        return found


def _match(old: str, new: str, left: dict[int, set[int]], right: dict[int, set[int]]) -> bool:
    """Whether the texts can be read alike to their ends, a name for a name or a letter for a letter."""
    open_ = [(0, 0)]
    seen = set(open_)
    while open_:
        at, other = open_.pop()
        if (at, other) == (len(old), len(new)):
            return True
        following = [(end, last) for end in left.get(at, ()) for last in right.get(other, ())]
        if at < len(old) and other < len(new) and old[at] == new[other]:
            following.append((at + 1, other + 1))
        for each in following:
            if each not in seen:
                seen.add(each)
                open_.append(each)
    return False
