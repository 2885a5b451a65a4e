"""Which files of a template differ between two versions of it."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping

from cantata.core.config import ChangeKind, diff_texts
from cantata.core.model.diffs import FileChange, FileDiff

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
    """By path, with what differs in them."""
    return tuple(
        _file_diff(path, old.get(path), new.get(path))
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    )


def _file_diff(path: str, old: bytes | None, new: bytes | None) -> FileDiff:
    before, after = _lines(old), _lines(new)
    if before is None or after is None or max(len(before), len(after)) > MOST_LINES:
        digests = ["" if content is None else digest_of(content) for content in (old, new)]
        return FileDiff(path, _kind(old, new), old_digest=digests[0], new_digest=digests[1])
    change = _change(path, old, new)
    labels = [label if content is not None else "/dev/null" for label, content in ((path, old), (path, new))]
    text = diff_texts((old or b"").decode(), (new or b"").decode(), old_label=labels[0], new_label=labels[1])
    return FileDiff(path, change.kind, change.added, change.removed, text)


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
