"""Edits that are not saved yet: the files that the editor works on, kept until the server has the text."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cantata.cli.session import Target
from cantata.errors import CantataError, Category
from cantata.settings import data_dir

MARK = "#cantata! "
"""Begins a line that we write into a draft for its editor; such lines are not saved."""


class DraftUnreadable(CantataError):
    category = Category.INVALID


@dataclass(frozen=True, slots=True)
class Note:
    """What the editor should know: about a line, counted from 1, or 0 for the whole text."""

    message: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Draft:
    """One text on its way to a new version; `base` is the version that it was made from."""

    path: Path
    base: int

    def read(self) -> str:
        """Without our notes. Raises `DraftUnreadable`."""
        try:
            return without_notes(self.path.read_bytes().decode())
        except (OSError, UnicodeDecodeError) as error:
            raise DraftUnreadable(
                f"the edited text cannot be read: {error}", subject=str(self.path)
            ) from error

    def write(self, text: str, notes: Iterable[Note] = ()) -> None:
        """Only its owner may read it: there may be secrets in it."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)
        with open(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(with_notes(text, notes).encode())

    def rebased(self, base: int, text: str, notes: Iterable[Note] = ()) -> Draft:
        """The same draft, made from another version now."""
        moved = Draft(draft_path(self.path.parent, config_of(self.path), base), base)
        moved.write(text, notes)
        if moved.path != self.path:
            self.remove()
        return moved

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


def drafts_dir(target: Target, environ: Mapping[str, str] = os.environ) -> Path:
    """A folder for each server and project."""
    place = hashlib.sha256(f"{target.url}\0{target.project}".encode()).hexdigest()[:12]
    return data_dir(environ) / "drafts" / place


def draft_path(folder: Path, name: str, base: int) -> Path:
    return folder / f"{name}@{base}.yaml"


def config_of(path: Path) -> str:
    return path.name.partition("@")[0]


def find_draft(folder: Path, name: str) -> Draft | None:
    """An edit of the config that was left; the newest, should there be several."""
    found = [
        (path.stat().st_mtime, Draft(path, int(match[1])))
        for path in folder.glob(f"{name}@*.yaml")
        if (match := re.fullmatch(rf"{re.escape(name)}@(\d+)\.yaml", path.name))
    ]
    return max(found, key=lambda each: each[0])[1] if found else None


def with_notes(text: str, notes: Iterable[Note]) -> str:
    """Each note above the line that it is about, those of the whole text at the top."""
    above: dict[int, list[str]] = {}
    lines = text.split("\n")
    last = len(lines) - 1 if not lines[-1] and len(lines) > 1 else len(lines)
    for note in notes:
        words = [f"{MARK}{line}" for line in note.message.split("\n")]
        above.setdefault(max(min(note.line, last), 0), []).extend(words)
    noted = above.get(0, [])
    for number, line in enumerate(lines, 1):
        noted += [*above.get(number, ()), line]
    return "\n".join(noted)


def without_notes(text: str) -> str:
    return "\n".join(line for line in text.split("\n") if not line.startswith(MARK.rstrip()))
