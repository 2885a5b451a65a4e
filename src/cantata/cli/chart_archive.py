"""A chart folder packed in memory, to be sent."""

from __future__ import annotations

import gzip
import io
import os
import sys
import tarfile
from pathlib import Path

from cantata.contract.helm_ignore import FILE, PatternInvalid, Rule, ignored, parse_ignore
from cantata.errors import CantataError, Category, Place

MAX_BYTES = 100 * 1024 * 1024
"""How much a chart folder may hold, unpacked: more is another folder by mistake."""
COMPOSE_FILES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
"""What docker compose looks for in a folder, in this order."""
SKIPPED = {".git", ".svn", ".hg", "__pycache__"}


class ChartUnreadable(CantataError):
    category = Category.INVALID


class ChartTooLarge(CantataError):
    category = Category.LIMIT


def read_chart(path: Path) -> bytes:
    """The .tgz itself, or a folder packed: its regular files less those of `.helmignore`, in a fixed order
    and without times, so that equal folders give equal bytes. Links are left out, with a word on standard
    error, since they may lead anywhere.
    Raises `ChartUnreadable`, `ChartTooLarge`.
    """
    path = path.expanduser()
    try:
        return _pack(path.resolve()) if path.is_dir() else path.read_bytes()
    except OSError as error:
        raise ChartUnreadable(
            f"cannot read the chart: {error.strerror or error}",
            subject=str(path),
            place=Place(str(error.filename or path)),
        ) from error


def chart_paths(folder: Path) -> list[Path]:
    """What of a folder is the chart, in a fixed order. Raises `ChartUnreadable`, `ChartTooLarge`."""
    if not (folder / "Chart.yaml").is_file():
        composed = any((folder / name).is_file() for name in COMPOSE_FILES)
        raise ChartUnreadable(
            f"{folder} is not a chart: it has no Chart.yaml",
            subject=str(folder),
            place=Place(str(folder)),
            hint="It has a compose file: `cantata template import-compose` takes that."
            if composed
            else "Name the folder of one chart, or its .tgz.",
        )
    files = _files(folder, folder, _read_rules(folder / FILE))
    total = 0
    for file in files:
        total += file.stat().st_size
        if total > MAX_BYTES:
            raise ChartTooLarge(
                f"{folder} holds more than {MAX_BYTES >> 20} MiB",
                subject=str(folder),
                place=Place(str(file)),
            )
    return files


def _pack(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for file in chart_paths(folder):
            content = file.read_bytes()
            entry = tarfile.TarInfo(f"{folder.name}/{file.relative_to(folder).as_posix()}")
            entry.size = len(content)
            entry.mode = 0o644
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _read_rules(file: Path) -> tuple[Rule, ...]:
    try:
        return parse_ignore(file.read_text(encoding="utf-8-sig") if file.is_file() else "")
    except (PatternInvalid, UnicodeDecodeError) as error:
        line = error.line if isinstance(error, PatternInvalid) else 0
        raise ChartUnreadable(
            f"cannot read {FILE}: {error}", subject=str(file), place=Place(str(file), line)
        ) from error


def _files(root: Path, folder: Path, rules: tuple[Rule, ...]) -> list[Path]:
    found: list[Path] = []
    for entry in sorted(os.scandir(folder), key=lambda each: each.name):
        path = Path(entry.path)
        is_folder = entry.is_dir(follow_symlinks=False)
        if ignored(rules, path.relative_to(root).as_posix(), is_folder=is_folder):
            continue
        if entry.is_symlink():
            print(f"left out, a link: {entry.path}", file=sys.stderr)
        elif is_folder:
            found += _files(root, path, rules) if entry.name not in SKIPPED else []
        elif entry.is_file(follow_symlinks=False):
            found.append(path)
    return found
