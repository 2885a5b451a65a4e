"""The files of a docker compose project on this machine: below its folder, and only those asked for."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from cantata.cli.chart_archive import COMPOSE_FILES
from cantata.cli.inputs import ArgumentInvalid
from cantata.contract.compose import ComposeImportInfo, ComposeImportRequest, SourceStateName, WantedPath
from cantata.errors import CantataError, Category, Detail, Place

OVERRIDES = (
    "compose.override.yaml",
    "compose.override.yml",
    "docker-compose.override.yaml",
    "docker-compose.override.yml",
)
FILE_BYTES = 1024 * 1024
FOLDER_BYTES = 1024 * 1024
FOLDER_FILES = 200


class ComposeFileUnreadable(CantataError):
    category = Category.INVALID


class ComposeFileMissing(CantataError):
    """Files that services mount are not there; `details` name them."""

    category = Category.INVALID


def refuse_missing(found: ComposeImportInfo) -> None:
    """Raises `ComposeFileMissing`."""
    missing = [finding for finding in found.findings if finding.rule == "compose-missing"]
    if missing:
        raise ComposeFileMissing(
            "files that services mount are not there",
            subject="compose project",
            hint="Put them there, or take empty ones in their place with --allow-missing.",
            details=[Detail(finding.message, Place(key=finding.key)) for finding in missing],
        )


class ComposeFolder:
    """A project's folder. Nothing that leads out of it, by a link or by its name, is read."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """`paths` are compose files, or the one folder that has them. Raises `ComposeFileUnreadable`,
        `ArgumentInvalid`."""
        given = [path.expanduser() for path in paths] or [Path()]
        if len(given) == 1 and given[0].is_dir():
            given = _found_in(given[0])
        self.root = given[0].parent.resolve()
        self.files: dict[str, str] = {}
        self.states: dict[str, SourceStateName] = {}
        self.environment: dict[str, str | None] = {}
        self.compose = tuple(self._compose_file(path) for path in given)
        self.look(WantedPath(".env"))

    def _compose_file(self, path: Path) -> str:
        name = os.path.relpath(path.parent.resolve() / path.name, self.root).replace(os.sep, "/")
        self.look(WantedPath(name))
        if name not in self.files:
            state = self.states[name]
            why = {"absent": "is not there", "outside": f"is outside of {self.root}"}.get(state, "is no text")
            raise ComposeFileUnreadable(
                f"{path} {why}",
                subject="compose project",
                place=Place(str(path)),
                hint="Name compose files of one folder, the first of which is the project's.",
            )
        return name

    def request(
        self, *, env_files: Iterable[Path], profiles: Iterable[str], allow_missing: bool
    ) -> ComposeImportRequest:
        """All that was read so far."""
        names = tuple(self._named(path) for path in env_files)
        return ComposeImportRequest(
            self.compose, self.files, self.states, self.environment, names, tuple(profiles), allow_missing
        )

    def _named(self, path: Path) -> str:
        name = os.path.relpath(path.expanduser().resolve(), self.root).replace(os.sep, "/")
        self.look(WantedPath(name))
        if self.states.get(name) == "outside":
            raise ArgumentInvalid(f"{path} is outside of the project's folder {self.root}")
        return name

    def look(self, wanted: WantedPath) -> None:
        """Read a path, or note why it has no text."""
        path = self.root / wanted.path
        if not self._inside(path):
            self.states[wanted.path] = "outside"
        elif path.is_dir():
            self.states[wanted.path] = "folder"
            if wanted.contents:
                self._look_below(path, wanted.path)
        else:
            self._read(path, wanted.path)

    def look_up(self, variables: Iterable[str], environ: Mapping[str, str] = os.environ) -> None:
        """Only the variables that the project names leave this machine."""
        self.environment |= {name: environ.get(name) for name in variables}

    def _inside(self, path: Path) -> bool:
        return path.resolve().is_relative_to(self.root)

    def _look_below(self, folder: Path, name: str) -> None:
        total = count = 0
        for path in sorted(folder.rglob("*")):
            if path.is_dir():
                continue
            inner = path.relative_to(self.root).as_posix()
            count += 1
            total += path.stat().st_size if self._inside(path) and path.exists() else 0
            if count > FOLDER_FILES or total > FOLDER_BYTES:
                self._forget(f"{name}/")
                self.states[name] = "large"
                return
            if self._inside(path):
                self._read(path, inner)
            else:
                self.states[inner] = "outside"

    def _forget(self, prefix: str) -> None:
        for known in [path for path in self.files if path.startswith(prefix) and path not in self.compose]:
            del self.files[known]

    def _read(self, path: Path, name: str) -> None:
        try:
            if not path.is_file():
                self.states[name] = "absent"
                return
            if path.stat().st_size > FILE_BYTES:
                self.states[name] = "large"
                return
            text = path.read_bytes().decode()
        except UnicodeDecodeError:
            self.states[name] = "binary"
            return
        except OSError as error:
            raise ComposeFileUnreadable(
                f"cannot read {name}: {error.strerror or error}",
                subject="compose project",
                place=Place(str(path)),
            ) from error
        if "\0" in text:
            self.states[name] = "binary"
        else:
            self.files[name] = text


def _found_in(folder: Path) -> list[Path]:
    found = [folder / name for name in COMPOSE_FILES if (folder / name).is_file()]
    if found:
        overrides = [folder / name for name in OVERRIDES if (folder / name).is_file()]
        return [found[0], *overrides[:1]]
    raise ComposeFileUnreadable(
        f"{folder} has no compose file",
        subject="compose project",
        place=Place(str(folder)),
        hint=f"Name the file, or the folder that has a {COMPOSE_FILES[0]}.",
    )
