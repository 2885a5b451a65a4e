"""Declarative files on this machine: found, read, and those that they name beside them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from cantata.cli.inputs import ArgumentInvalid, InputUnreadable, read_text
from cantata.errors import Place

if TYPE_CHECKING:
    from cantata.contract.declarations import FileReferenceInfo

STANDARD_INPUT = "standard input"
ENDINGS = (".yaml", ".yml")
CHART_FILE = "Chart.yaml"
PACKED = (".tgz", ".tar.gz")


def read_declared(paths: Iterable[Path], *, recursive: bool) -> dict[str, str]:
    """Texts by name: of files, of the YAML files in folders, of standard input for `-`; a chart declares the
    template of its name. Raises `InputUnreadable`, `ArgumentInvalid`."""
    texts: dict[str, str] = {}
    for path in paths:
        if str(path) == "-":
            texts[STANDARD_INPUT] = read_text(path)
            continue
        for file in _files(path.expanduser(), recursive=recursive):
            texts[file.as_posix()] = _declared(file)
    return texts


def _declared(file: Path) -> str:
    """A file's text. Chart.yaml and a packed chart stand for the document that declares them."""
    if file.name == CHART_FILE:
        return _chart_document(_chart_name(read_text(file), file), ".")
    if file.name.endswith(PACKED):
        return _chart_document(_chart_name(_packed_chart_file(file), file), file.name)
    return read_text(file)


def _chart_document(name: str, chart: str) -> str:
    spec = json.dumps({"chart": chart})
    return (
        f"apiVersion: cantata.dev/v1\nkind: Template\nmetadata: {json.dumps({'name': name})}\nspec: {spec}\n"
    )


def _chart_name(text: str, file: Path) -> str:
    import yaml

    try:
        head = yaml.safe_load(text)
    except yaml.YAMLError:
        head = None
    name = head.get("name") if isinstance(head, dict) else None
    if not isinstance(name, str) or not name:
        raise InputUnreadable(
            f"{file} does not say the name of its chart",
            subject=str(file),
            place=Place(str(file), key="name"),
        )
    return name


def _packed_chart_file(file: Path) -> str:
    """Chart.yaml of a packed chart."""
    import tarfile

    try:
        with tarfile.open(file, "r:gz") as archive:
            for entry in archive:
                if entry.isfile() and entry.name.count("/") == 1 and entry.name.endswith(f"/{CHART_FILE}"):
                    content = archive.extractfile(entry)
                    return content.read(1 << 20).decode() if content is not None else ""
    except (OSError, tarfile.TarError, EOFError, UnicodeDecodeError) as error:
        raise InputUnreadable(
            f"{file} cannot be read as a packed chart: {error}", subject=str(file), place=Place(str(file))
        ) from error
    return ""


def _files(path: Path, *, recursive: bool) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    if _is_chart(path):
        yield path / CHART_FILE
        return
    found = sorted(_below(path, recursive=recursive))
    if not found:
        raise ArgumentInvalid(
            f"{path} holds no YAML files",
            subject=str(path),
            hint="Their names end in .yaml or .yml; -R looks into its folders too.",
        )
    yield from found


def _below(folder: Path, *, recursive: bool) -> Iterator[Path]:
    """The YAML files of a folder; with `recursive` of its folders too, of a chart its Chart.yaml alone."""
    for entry in os.scandir(folder):
        path = Path(entry.path)
        if entry.name.startswith("."):
            continue
        if path.is_dir() and recursive:
            if _is_chart(path):
                yield path / CHART_FILE
            elif not entry.is_symlink():
                yield from _below(path, recursive=True)
        elif path.suffix in ENDINGS and path.is_file():
            yield path


def _is_chart(folder: Path) -> bool:
    return (folder / CHART_FILE).is_file()


def read_referenced(
    texts: Mapping[str, str], references: Iterable[FileReferenceInfo]
) -> tuple[dict[str, str], dict[str, bytes]]:
    """The files and the charts that the server asks for, by name. It gets only what a file of ours really
    names, and nothing from out of that file's folder, not by a link either. Raises `InputUnreadable`,
    `ChartUnreadable`, `ChartTooLarge`."""
    found: dict[str, str] = {}
    charts: dict[str, bytes] = {}
    for reference in references:
        folder = Path(reference.file).parent
        path = folder / reference.path
        inside = path.resolve().is_relative_to(folder.resolve())
        named = reference.path and reference.path in texts.get(reference.file, "")
        if not (inside and named):
            key = "spec.chart" if reference.chart else "spec.documentFile"
            raise InputUnreadable(
                f"{reference.path} is not a file in the folder of {reference.file}",
                subject=reference.path,
                place=Place(reference.file, key=key),
            )
        if reference.chart:
            from cantata.cli.chart_archive import read_chart

            charts[reference.name] = read_chart(path)
        else:
            found[reference.name] = read_text(path)
    return found, charts
