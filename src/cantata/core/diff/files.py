"""Which files of a template differ between two versions of it."""

from __future__ import annotations

import difflib
import hashlib
from collections import Counter
from collections.abc import Mapping

from cantata.core.config import ChangeKind, diff_texts
from cantata.core.model.diffs import FileChange, FileDiff

ALIKE = 0.6
"""The share of equal lines from which a file counts as moved."""
MOST_PAIRS = 400
"""Of files that went and came that are held against each other."""
MOST_LINES = 5000
"""Of a file whose lines are compared; what they cost grows with their square."""


def compare_files(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> tuple[FileChange, ...]:
    """By path, with the numbers of lines that came and went."""
    return tuple(
        _change(path, old.get(path), new.get(path))
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    )


def diff_files(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> tuple[FileDiff, ...]:
    """By path, with what differs in them. A file that went and one that came and is much like it are one that
    moved."""
    moved = _moved(old, new)
    gone = set(moved.values())
    return tuple(
        _file_diff(path, old.get(moved.get(path, path)), new.get(path), moved.get(path, ""))
        for path in sorted(old.keys() | new.keys())
        if path not in gone and (path in moved or old.get(path) != new.get(path))
    )


def _moved(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> dict[str, str]:
    """Paths of now by those before, the likest first."""
    gone, come = sorted(old.keys() - new.keys()), sorted(new.keys() - old.keys())
    if not 0 < len(gone) * len(come) <= MOST_PAIRS:
        return {}
    likeness = {(before, after): _likeness(old[before], new[after]) for before in gone for after in come}
    moved: dict[str, str] = {}
    for (before, after), ratio in sorted(likeness.items(), key=lambda each: -each[1]):
        if ratio >= ALIKE and after not in moved and before not in moved.values():
            moved[after] = before
    return moved


def _likeness(old: bytes, new: bytes) -> float:
    """The share of lines that both have, in any order."""
    if old == new:
        return 1.0
    before, after = _lines(old), _lines(new)
    if not before or not after:
        return 0.0
    shared = (Counter(before) & Counter(after)).total()
    return 2 * shared / (len(before) + len(after))


def _file_diff(path: str, old: bytes | None, new: bytes | None, was: str = "") -> FileDiff:
    before, after = _lines(old), _lines(new)
    if before is None or after is None or max(len(before), len(after)) > MOST_LINES:
        digests = ["" if content is None else digest_of(content) for content in (old, new)]
        return FileDiff(path, _kind(old, new), old_digest=digests[0], new_digest=digests[1], was=was)
    change = _change(path, old, new)
    sides = ((was or path, old), (path, new))
    labels = [label if content is not None else "/dev/null" for label, content in sides]
    text = diff_texts((old or b"").decode(), (new or b"").decode(), old_label=labels[0], new_label=labels[1])
    return FileDiff(path, change.kind, change.added, change.removed, text, was=was)


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _kind(old: bytes | None, new: bytes | None) -> ChangeKind:
    return ChangeKind.ADDED if old is None else ChangeKind.REMOVED if new is None else ChangeKind.CHANGED


def _change(path: str, old: bytes | None, new: bytes | None) -> FileChange:
    kind = _kind(old, new)
    before, after = _lines(old), _lines(new)
    if before is None or after is None:
        return FileChange(path, kind)
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    spans = [span for span in matcher.get_opcodes() if span[0] != "equal"]
    return FileChange(
        path, kind, sum(end - at for _, _, _, at, end in spans), sum(end - at for _, at, end, _, _ in spans)
    )


def _lines(content: bytes | None) -> list[str] | None:
    try:
        return (content or b"").decode().splitlines()
    except UnicodeDecodeError:
        return None
