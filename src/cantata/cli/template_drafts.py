"""Edits of templates that are not saved yet: a folder with the files that the editor works on, kept until the
server has them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cantata.cli.drafts import DraftUnreadable

FOLDER = "templates"


@dataclass(frozen=True, slots=True)
class TemplateDraft:
    """`base` is the version that the files were taken from."""

    folder: Path
    base: int

    def write(self, files: Mapping[str, str]) -> None:
        """Only its owner may read it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(mode=0o700, parents=True)
        for path, text in files.items():
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_bytes(text.encode())

    def read(self) -> dict[str, str]:
        """Without what editors leave beside files. Raises `DraftUnreadable`."""
        try:
            return {
                path.relative_to(self.folder).as_posix(): path.read_bytes().decode()
                for path in sorted(self.folder.rglob("*"))
                if path.is_file() and not path.is_symlink() and not is_leftover(path.name)
            }
        except (OSError, UnicodeDecodeError) as error:
            raise DraftUnreadable(
                f"the edited files cannot be read: {error}", subject=str(self.folder)
            ) from error

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def is_leftover(name: str) -> bool:
    return name.endswith(("~", ".swp", ".bak", ".orig")) or name.startswith((".#", ".cantata"))


def draft_of(folder: Path, name: str, base: int) -> TemplateDraft:
    return TemplateDraft(folder / FOLDER / f"{name}@{base}", base)


def find_template_draft(folder: Path, name: str) -> TemplateDraft | None:
    """An edit of the template that was left; that of the newest version, should there be several."""
    found = [
        TemplateDraft(path, int(match[1]))
        for path in (folder / FOLDER).glob(f"{name}@*")
        if (match := re.fullmatch(rf"{re.escape(name)}@(\d+)", path.name)) and path.is_dir()
    ]
    return max(found, key=lambda each: each.base, default=None)
