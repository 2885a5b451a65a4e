"""Which files of a template differ between two versions of it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from cantata.core.config import ChangeKind
from cantata.core.model.diffs import FileChange


def compare_files(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> tuple[FileChange, ...]:
    """By path, with the numbers of lines that came and went."""
    return tuple(
        _change(path, old.get(path), new.get(path))
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    )


def _change(path: str, old: bytes | None, new: bytes | None) -> FileChange:
    kind = ChangeKind.ADDED if old is None else ChangeKind.REMOVED if new is None else ChangeKind.CHANGED
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
