"""Declarative files on this machine: found, read, and those that they name beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from cantata.cli.inputs import ArgumentInvalid, InputUnreadable, read_text
from cantata.errors import Place

if TYPE_CHECKING:
    from cantata.contract.declarations import FileReferenceInfo

STANDARD_INPUT = "standard input"
ENDINGS = (".yaml", ".yml")


def read_declared(paths: Iterable[Path], *, recursive: bool) -> dict[str, str]:
    """Texts by name: of files, of the YAML files in folders, of standard input for `-`. Raises
    `InputUnreadable`, `ArgumentInvalid`."""
    texts: dict[str, str] = {}
    for path in paths:
        if str(path) == "-":
            texts[STANDARD_INPUT] = read_text(path)
            continue
        for file in _files(path.expanduser(), recursive=recursive):
            texts[file.as_posix()] = read_text(file)
    return texts


def _files(path: Path, *, recursive: bool) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    below = path.rglob("*") if recursive else path.glob("*")
    found = sorted(
        file
        for file in below
        if file.suffix in ENDINGS and file.is_file() and not _hidden(file.relative_to(path))
    )
    if not found:
        raise ArgumentInvalid(
            f"{path} holds no YAML files",
            subject=str(path),
            hint="Their names end in .yaml or .yml; -R looks into its folders too.",
        )
    yield from found


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def read_referenced(texts: Mapping[str, str], references: Iterable[FileReferenceInfo]) -> dict[str, str]:
    """The files that the server asks for, by name. It gets only what a file of ours really names, and nothing
    from out of that file's folder, not by a link either. Raises `InputUnreadable`."""
    found: dict[str, str] = {}
    for reference in references:
        folder = Path(reference.file).parent
        path = folder / reference.path
        inside = path.resolve().is_relative_to(folder.resolve())
        named = reference.path and reference.path in texts.get(reference.file, "")
        if not (inside and named):
            raise InputUnreadable(
                f"{reference.path} is not a file in the folder of {reference.file}",
                subject=reference.path,
                place=Place(reference.file, key="spec.documentFile"),
            )
        found[reference.name] = read_text(path)
    return found
