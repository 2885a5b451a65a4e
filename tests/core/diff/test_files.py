"""Files of templates are compared line by line where they are text, by digest where they are not."""

from __future__ import annotations

import pytest

from cantata.core.config import ChangeKind
from cantata.core.diff.files import MOST_LINES, diff_files, digest_of
from cantata.core.model.diffs import FileDiff

CASES: dict[str, tuple[bytes | None, bytes | None, FileDiff]] = {
    "changed": (
        b"a: 1\nb: 1\n",
        b"a: 1\nb: 2\n",
        FileDiff("f", ChangeKind.CHANGED, 1, 1, "--- f\n+++ f\n@@ -1,2 +1,2 @@\n a: 1\n-b: 1\n+b: 2\n"),
    ),
    "new": (
        None,
        b"a\n",
        FileDiff("f", ChangeKind.ADDED, 1, 0, "--- /dev/null\n+++ f\n@@ -0,0 +1 @@\n+a\n"),
    ),
    "gone": (
        b"a\n",
        None,
        FileDiff("f", ChangeKind.REMOVED, 0, 1, "--- f\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"),
    ),
    "no text": (
        b"\xff\x00",
        b"\xff\x01",
        FileDiff(
            "f", ChangeKind.CHANGED, old_digest=digest_of(b"\xff\x00"), new_digest=digest_of(b"\xff\x01")
        ),
    ),
    "becomes text": (
        b"\xff",
        b"a\n",
        FileDiff("f", ChangeKind.CHANGED, old_digest=digest_of(b"\xff"), new_digest=digest_of(b"a\n")),
    ),
    "too long": (
        None,
        b"a\n" * (MOST_LINES + 1),
        FileDiff("f", ChangeKind.ADDED, new_digest=digest_of(b"a\n" * (MOST_LINES + 1))),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_file(name: str) -> None:
    old, new, expected = CASES[name]
    sides = [{} if content is None else {"f": content, "same": b"x"} for content in (old, new)]
    found = [each for each in diff_files(sides[0], sides[1]) if each.path == "f"]
    assert found == [expected]


def test_what_is_equal_is_not_told() -> None:
    assert diff_files({"a": b"\xff", "b": b"1"}, {"a": b"\xff", "b": b"1"}) == ()


def test_a_file_that_moves_is_one() -> None:
    """The likest ones belong together; what has little in common does not."""
    text = b"a: 1\nb: 2\nc: 3\n"
    old = {"web": text, "api": text + b"d: 4\n", "logo": b"\xff", "x": b"x: 1\ny: 1\n"}
    new = {
        "front": text.replace(b"3", b"4"),
        "back": text + b"d: 4\n",
        "image": b"\xff",
        "z": b"x: 1\nw: 1\nv: 1\n",
    }
    found = {each.path: (each.was, each.added, each.removed) for each in diff_files(old, new)}
    assert found == {
        "back": ("api", 0, 0),
        "front": ("web", 1, 1),
        "image": ("logo", 0, 0),
        "x": ("", 0, 2),
        "z": ("", 3, 0),
    }
