"""A template's folder on this machine: its files read, and what changed in them written back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cantata.cli.chart_archive import ChartUnreadable, chart_paths
from cantata.errors import CantataError, Category, Detail, Place


class FolderTaken(CantataError):
    """There are files already where new ones would be written."""

    category = Category.CONFLICT


class FolderUnwritable(CantataError):
    category = Category.INVALID


def write_new(folder: Path, files: Mapping[str, bytes]) -> None:
    """Writes all files or none. Raises `FolderTaken`, `FolderUnwritable`."""
    root = folder.expanduser()
    taken = [path for path in files if (root / path).exists() or (root / path).is_symlink()]
    if taken:
        raise FolderTaken(
            f"{folder} has {', '.join(taken[:5])} already",
            subject=str(folder),
            hint="Name a new folder.",
            details=[Detail("this file is there already", Place(str(folder / path))) for path in taken],
        )
    _write(root, files)


def read_folder(folder: Path) -> dict[str, bytes]:
    """The files of the chart in a folder, by path. Raises `ChartUnreadable`, `ChartTooLarge`."""
    root = folder.expanduser()
    try:
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in chart_paths(root)}
    except OSError as error:
        raise ChartUnreadable(
            f"cannot read the chart: {error.strerror or error}",
            subject=str(folder),
            place=Place(str(error.filename or folder)),
        ) from error


def write_changes(folder: Path, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[str]:
    """What was done, a line for each file: new files first, so that nothing is lost half-way. Raises
    `FolderUnwritable`."""
    root = folder.expanduser()
    written = {path: content for path, content in after.items() if before.get(path) != content}
    gone = [path for path in before if path not in after]
    _write(root, written)
    for path in gone:
        (root / path).unlink(missing_ok=True)
        if not any((root / path).parent.iterdir()):
            (root / path).parent.rmdir()
    signs = {path: "+" if path not in before else "~" for path in written} | dict.fromkeys(gone, "-")
    return [f"  {sign} {folder / path}" for path, sign in sorted(signs.items())]


def _write(root: Path, files: Mapping[str, bytes]) -> None:
    try:
        for path, content in files.items():
            _refuse_link(root, path)
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
    except OSError as error:
        raise FolderUnwritable(
            f"cannot write: {error.strerror or error}",
            subject=str(root),
            place=Place(str(error.filename or root)),
        ) from error


def _refuse_link(root: Path, path: str) -> None:
    """A link in the folder may lead anywhere."""
    if not (root / path).resolve().is_relative_to(root.resolve()):
        raise FolderUnwritable(
            f"{path} would be written through a link that leaves the folder",
            subject=str(root),
            place=Place(str(root / path)),
        )
