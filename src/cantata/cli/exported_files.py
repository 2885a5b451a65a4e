"""What is exported, written into files: whole or not at all, and never over what is there unless asked.

ExportTargetExists     something is there already
ExportUnwritable       the file system refuses
ExportPathInvalid      a path of a chart leaves its folder
"""

from __future__ import annotations

import io
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from cantata.errors import CantataError, Category, Place

MAX_BYTES = 256 << 20
"""How much an archive may unpack to: more than any that can be imported."""


class ExportTargetExists(CantataError):
    category = Category.CONFLICT


class ExportUnwritable(CantataError):
    category = Category.REFUSED


class ExportPathInvalid(CantataError):
    """A file of the chart would be written outside of the folder that was named."""

    category = Category.INVALID


def chart_files(archive: bytes) -> dict[str, bytes]:
    """The files of a .tgz by their path inside the chart's folder, byte for byte. Raises
    `ExportPathInvalid`."""
    files: dict[str, bytes] = {}
    total = 0
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as opened:
        for member in opened:
            if not member.isfile():
                continue
            total += member.size
            if total > MAX_BYTES:
                raise ExportPathInvalid(f"the chart unpacks to more than {MAX_BYTES >> 20} MiB")
            content = opened.extractfile(member)
            if content is not None:
                files[_inside(member.name)] = content.read()
    return files


def _inside(name: str) -> str:
    """Without the name of the chart's folder. Archives of other systems have backslashes."""
    path = PurePosixPath(name.replace("\\", "/"))
    parts = path.parts[1:]
    if path.is_absolute() or not parts or any(part in ("..", "") or ":" in part for part in path.parts):
        raise ExportPathInvalid(
            f"the chart has a file {name[:200]!r}, which stands in no folder of a chart",
            subject=name[:200],
            hint="`-o FILE.tgz` writes the archive as it is.",
        )
    return "/".join(parts)


def write_file(path: Path, content: bytes, *, force: bool = False, private: bool = False) -> None:
    """`private` makes it its owner's alone, from its first byte on. Raises `ExportTargetExists`,
    `ExportUnwritable`."""
    path = path.expanduser()
    with _writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        written = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            if not private:
                written.chmod(0o666 & ~_umask())
            if force:
                written.replace(path)
            else:
                os.link(written, path)
        finally:
            written.unlink(missing_ok=True)


def refuse_existing(paths: Iterable[Path]) -> None:
    """Before the first of several files is written. Raises `ExportTargetExists`."""
    for path in paths:
        with _writing(path):
            if path.expanduser().exists():
                raise FileExistsError


def write_folder(
    folder: Path, files: Mapping[str, bytes], *, force: bool = False, private: bool = False
) -> None:
    """The folder appears with all of its files at once. One that is there and not empty is refused; with
    `force` the files are written into it one by one, and what else is there stays. `private` makes it, and
    what is written, its owner's alone. Raises
    `ExportTargetExists`, `ExportUnwritable`, `ExportPathInvalid`."""
    folder = folder.expanduser()
    with _writing(folder):
        if force and folder.is_dir():
            for path, content in files.items():
                _refuse_links(folder, path)
                write_file(folder / path, content, force=True, private=private)
            return
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise FileExistsError
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
        try:
            for path, content in files.items():
                file = made / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
            made.chmod(0o700 if private else 0o777 & ~_umask())
            made.replace(folder)
        finally:
            shutil.rmtree(made, ignore_errors=True)


def _refuse_links(folder: Path, path: str) -> None:
    """A link in a folder that was there may lead anywhere."""
    root = folder.resolve()
    if not (folder / path).parent.resolve().is_relative_to(root):
        raise ExportPathInvalid(
            f"{folder / path} would be written through a link that leaves {folder}",
            subject=str(folder),
            hint="Name another folder, or take the link away.",
        )


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError as error:
        raise ExportTargetExists(
            f"{path} is there already",
            subject=str(path),
            hint="Name another one, or write over it with --force.",
        ) from error
    except OSError as error:
        raise ExportUnwritable(
            f"cannot write {path}: {error.strerror or error}",
            subject=str(path),
            place=Place(str(error.filename or path)),
        ) from error


def _umask() -> int:
    """What the process leaves out of the modes of new files; it can only be asked for by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
