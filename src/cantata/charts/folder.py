"""A folder on the server's machine with archives or chart folders in it, directly or one folder down.

Links are not followed, whatever they point to, and the folder itself must lie below one that the server may
read: else whoever adds a repository could read the server's disk. An index.yaml there is not needed and not
read: the charts themselves say more.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cantata.charts.limits import Limits
from cantata.contract.helm_ignore import FILE, PatternInvalid, ignored, parse_ignore
from cantata.core.repositories.errors import (
    ChartAlreadyPublished,
    RepositoryAnswerInvalid,
    RepositoryAnswerTooLarge,
    RepositoryFolderClosed,
    RepositoryUnreachable,
)

FILES = 20_000
INDEX = "index.yaml"


@dataclass(frozen=True, slots=True)
class Found:
    """An archive, or the folder of a chart, by its path inside of the repository."""

    path: str
    packed: bool


def open_folder(path: str, roots: Sequence[Path]) -> Path:
    """The real path of a folder that may be read. Raises `RepositoryFolderClosed`,
    `RepositoryUnreachable`."""
    real = Path(os.path.realpath(path))
    if not any(real.is_relative_to(os.path.realpath(root)) for root in roots):
        raise RepositoryFolderClosed(
            f"the server may not read charts in {path}",
            subject="url",
            hint="The server's CANTATA_MARKET_FOLDERS names the folders below which it may.",
        )
    if not real.is_dir():
        raise RepositoryUnreachable(f"there is no folder {path} on the server's machine", subject="url")
    return real


def find_charts(root: Path) -> tuple[list[Found], str]:
    """All charts, and a mark that changes when one of their files does."""
    whole = _is_file(root / "Chart.yaml")
    found = [Found("", packed=False)] if whole else list(_look(root, root, deeper=True))
    sum_ = hashlib.sha256()
    for each in found:
        for path in (root / each.path,) if each.packed else _files(root / each.path):
            about = path.lstat()
            sum_.update(f"{path.relative_to(root)}\0{about.st_size}\0{about.st_mtime_ns}\0".encode())
    return found, sum_.hexdigest()


def _look(root: Path, folder: Path, *, deeper: bool) -> Iterator[Found]:
    for entry in _entries(folder):
        path = Path(entry.path)
        inside = path.relative_to(root).as_posix()
        if entry.is_file(follow_symlinks=False):
            if entry.name.endswith(".tgz"):
                yield Found(inside, packed=True)
        elif entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
            if _is_file(path / "Chart.yaml"):
                yield Found(inside, packed=False)
            elif deeper:
                yield from _look(root, path, deeper=False)


def read_archive(root: Path, found: Found, limits: Limits) -> bytes:
    return _read(root / found.path, limits.archive_bytes)


def read_files(root: Path, found: Found, limits: Limits) -> dict[str, bytes]:
    """The files of a chart folder less those of its .helmignore, by their path inside of it."""
    folder = root / found.path
    try:
        text = _read(folder / FILE, limits.answer_bytes).decode() if _is_file(folder / FILE) else ""
        rules = parse_ignore(text)
    except (PatternInvalid, UnicodeDecodeError) as error:
        raise RepositoryAnswerInvalid(
            f"{folder / FILE} cannot be read: {error}", subject=found.path
        ) from error
    files: dict[str, bytes] = {}
    left = limits.archive_bytes
    for path in _files(folder):
        inside = path.relative_to(folder)
        parents = [str(each) for each in inside.parents][:-1]
        if ignored(rules, inside.as_posix(), is_folder=False) or any(
            ignored(rules, each, is_folder=True) for each in parents
        ):
            continue
        content = _read(path, left)
        left -= len(content)
        files[inside.as_posix()] = content
    return files


def write_archive(root: Path, name: str, archive: bytes) -> Path:
    """Whole or not at all. Raises `ChartAlreadyPublished` when other content is there."""
    target = root / name
    fresh = root / f".{name}.{os.getpid()}"
    try:
        fresh.write_bytes(archive)
        try:
            os.link(fresh, target, follow_symlinks=False)
        except FileExistsError as error:
            same = target.lstat().st_size == len(archive) and _read(target, len(archive)) == archive
            if not same:
                raise ChartAlreadyPublished(
                    f"{target} is there with other content",
                    subject=name,
                    hint="Raise the version in Chart.yaml.",
                ) from error
        finally:
            fresh.unlink()
    except OSError as error:
        raise RepositoryUnreachable(f"cannot write {target}: {error.strerror}", subject="url") from error
    return target


def lock_folder(root: Path) -> IO[bytes]:
    """Waits until nobody else writes an index there. Closing the file ends that."""
    try:
        file = os.fdopen(os.open(root / ".index.lock", os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o644), "r+b")
    except OSError as error:
        raise RepositoryUnreachable(f"cannot write in {root}: {error.strerror}", subject="url") from error
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


def write_index(root: Path, index: bytes) -> None:
    """Whole or not at all; under the lock."""
    fresh = root / f".{INDEX}.{os.getpid()}"
    try:
        fresh.write_bytes(index)
        fresh.replace(root / INDEX)
    except OSError as error:
        raise RepositoryUnreachable(
            f"cannot write {root / INDEX}: {error.strerror}", subject="url"
        ) from error


def _read(path: Path, longest: int) -> bytes:
    """A regular file, and no link, even one that has just taken its place."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise RepositoryAnswerInvalid(f"{path} is not a file", subject=path.name)
            content = file.read(longest + 1)
    except OSError as error:
        raise RepositoryUnreachable(f"cannot read {path}: {error.strerror}", subject=path.name) from error
    if len(content) > longest:
        raise RepositoryAnswerTooLarge(f"{path} is larger than {longest} bytes", subject=path.name)
    return content


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted((each for each in entries if not each.is_symlink()), key=lambda each: each.name)
    except OSError as error:
        raise RepositoryUnreachable(f"cannot read {folder}: {error.strerror}", subject="url") from error


def _files(folder: Path) -> Iterator[Path]:
    """The regular files below, in order. Raises `RepositoryAnswerTooLarge` for a folder without end."""
    waiting, count = [folder], 0
    while waiting:
        for entry in _entries(waiting.pop()):
            count += 1
            if count > FILES:
                raise RepositoryAnswerTooLarge(f"{folder} holds more than {FILES} files", subject="url")
            if entry.is_dir(follow_symlinks=False):
                waiting.append(Path(entry.path))
            elif entry.is_file(follow_symlinks=False):
                yield Path(entry.path)


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
