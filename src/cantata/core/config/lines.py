"""Texts compared line by line: as a unified diff, and merged three ways."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import Literal

MAX_COMPARED = 2_000
"""Lines between the equal beginning and end of two texts that are compared one by one. More count as
replaced: the time grows with their square."""
CONTEXT = 3
NO_BREAK = "\n\\ No newline at end of file\n"

Word = Literal["replace", "delete", "insert", "equal"]
Opcode = tuple[Word, int, int, int, int]


class _Matcher(difflib.SequenceMatcher[str]):
    """Of the lines between what is equal at both ends."""

    def __init__(self, one: Sequence[str], other: Sequence[str]) -> None:
        shorter = min(len(one), len(other))
        self.top = next((at for at in range(shorter) if one[at] != other[at]), shorter)
        rest = shorter - self.top
        self.bottom = next((at for at in range(rest) if one[-1 - at] != other[-1 - at]), rest)
        self.lengths = len(one), len(other)
        self.inner = one[self.top : len(one) - self.bottom], other[self.top : len(other) - self.bottom]
        if max(map(len, self.inner)) > MAX_COMPARED:
            super().__init__()
        else:
            super().__init__(None, *self.inner)

    def blocks(self) -> list[tuple[int, int, int]]:
        """Equal stretches: offsets in both, and the length. The last one is empty, at both ends."""
        found = [(0, 0, self.top)]
        if max(map(len, self.inner)) <= MAX_COMPARED:
            found += [
                (self.top + one, self.top + other, size) for one, other, size in self.get_matching_blocks()
            ]
        one, other = self.lengths
        found += [(one - self.bottom, other - self.bottom, self.bottom), (one, other, 0)]
        return [block for block in found if block[2] or block is found[-1]]

    def get_opcodes(self) -> list[Opcode]:
        return list(_opcodes(self.blocks()))


def _opcodes(blocks: Sequence[tuple[int, int, int]]) -> Iterator[Opcode]:
    one = other = 0
    for at_one, at_other, size in blocks:
        if one < at_one or other < at_other:
            yield (_word(one < at_one, other < at_other), one, at_one, other, at_other)
        if size:
            yield ("equal", at_one, at_one + size, at_other, at_other + size)
        one, other = at_one + size, at_other + size


def _word(goes: bool, comes: bool) -> Word:
    if goes and comes:
        return "replace"
    return "delete" if goes else "insert"


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def diff_texts(old: str, new: str, *, old_label: str, new_label: str) -> str:
    """A unified diff; empty where the texts are equal.

    Give sealed texts: it shows what is in them. References to secrets are harmless.
    """
    before, after = _lines(old), _lines(new)
    written = [f"--- {old_label}\n", f"+++ {new_label}\n"]
    for group in _Matcher(before, after).get_grouped_opcodes(CONTEXT):
        first, last = group[0], group[-1]
        written.append(f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@\n")
        for word, start, end, new_start, new_end in group:
            if word == "equal":
                written += [f" {line}" for line in before[start:end]]
            else:
                written += [f"-{line}" for line in before[start:end]]
                written += [f"+{line}" for line in after[new_start:new_end]]
    if len(written) == 2:
        return ""
    return "".join(line if line.endswith("\n") else line + NO_BREAK for line in written)


def _range(start: int, stop: int) -> str:
    """As `diff` writes it: an empty one names the line before it."""
    length = stop - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


def merge_texts(base: str, theirs: str, mine: str) -> str:
    """Both sides' changed lines; where they meet, theirs.

    Comments, order and looks of both sides come along. What the result means is not looked at: parse it.
    """
    origin, left, right = _lines(base), _lines(theirs), _lines(mine)
    merged: list[str] = []
    at = at_left = at_right = 0
    for start, start_left, start_right, size in _common(origin, left, right):
        was, theirs_now = origin[at:start], left[at_left:start_left]
        mine_now = right[at_right:start_right]
        merged += mine_now if theirs_now == was else theirs_now
        merged += origin[start : start + size]
        at, at_left, at_right = start + size, start_left + size, start_right + size
    return "".join(merged)


def _common(
    origin: Sequence[str], left: Sequence[str], right: Sequence[str]
) -> Iterator[tuple[int, int, int, int]]:
    """Stretches that all three have: offsets in each, and the length. The last one is empty, at the ends."""
    ours, yours = _Matcher(origin, left).blocks(), _Matcher(origin, right).blocks()
    at = other = 0
    while at < len(ours) and other < len(yours):
        start, start_left, size = ours[at]
        begin, begin_right, length = yours[other]
        top, bottom = max(start, begin), min(start + size, begin + length)
        if top < bottom:
            yield top, start_left + top - start, begin_right + top - begin, bottom - top
        if start + size < begin + length:
            at += 1
        else:
            other += 1
    yield len(origin), len(left), len(right), 0
