"""Which template files make which service's objects, and the variables of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from cantata.core.config import Path
from cantata.core.model.templates import TemplateSpec
from cantata.core.model.variables import ChartVariables, Read, ReadHow, Spot, Unknown, Variable
from cantata.core.services import Split
from cantata.core.services.layout import service_of_path
from cantata.core.values import Leaf

APPLICATION = ""
"""Stands for the application as a whole: hooks, notes, and files that render nothing now."""

NOTES = "NOTES.txt"


class Use(msgspec.Struct, frozen=True):
    """A value that some files read.

    `variable` is what the chart says of it, None where it says nothing; `defined` says that the chart knows
    the value, or values below or above it. `leaf` is the effective value, None where nobody sets one. The
    other fields are those of `Read`, over all its reads.
    """

    path: Path
    how: ReadHow
    places: tuple[Spot, ...] = ()
    fallback: Any = msgspec.UNSET
    required: bool = False
    dynamic: bool = False
    defined: bool = False
    variable: Variable | None = None
    leaf: Leaf | None = None

    @property
    def key(self) -> str:
        return ".".join(self.path)


def owners(variables: ChartVariables, parts: Split, spec: TemplateSpec) -> dict[str, tuple[str, ...]]:
    """The services of each template file, by what the file renders in this split.

    A file may make objects of several services. One that renders nothing now is of the service that its path
    says (`files:`, `layout: file`); else only a render with other values can tell whose it is, and it is of
    the application, as hooks and notes are.
    """
    found: defaultdict[str, set[str]] = defaultdict(set)
    for service, items in parts.services.items():
        for item in items:
            found[item.path].add(service)
    others = {item.path for item in (*parts.hooks, *parts.tests)}
    owned = {}
    for template in variables.templates:
        path = template.path
        by_path = None
        if path not in others and not path.endswith(f"/{NOTES}"):
            by_path = service_of_path(path, spec)
        owned[path] = tuple(sorted(found.get(path) or {by_path or APPLICATION}))
    return owned


def files_of(owned: Mapping[str, Collection[str]], service: str) -> frozenset[str]:
    return frozenset(path for path, services in owned.items() if service in services)


def used_by(
    variables: ChartVariables, files: Collection[str], leaves: Iterable[Leaf] = ()
) -> tuple[tuple[Use, ...], tuple[Unknown, ...]]:
    """The values that these files read, by path, and the uses that cannot be followed. A map that is read as
    a whole is there with all that is known below it; the empty path stands for all values."""
    known = {variable.path: variable for variable in variables.values}
    effective = {leaf.path: leaf for leaf in leaves}
    paths = sorted({*known, *(path for path, leaf in effective.items() if leaf.value is not None)})
    found: dict[Path, Use] = {}
    unknown: set[Unknown] = set()
    for template in variables.templates:
        if template.path not in files:
            continue
        unknown.update(template.unknown)
        for read in template.reads:
            for path in _rows(read, paths):
                use = found.get(path) or Use(path, ReadHow.PRESENCE)
                found[path] = _joined(use, read)
    stems = {path[:length] for path in known for length in range(1, len(path) + 1)}
    uses = tuple(
        msgspec.structs.replace(
            found[path],
            defined=not path
            or path in stems
            or any(path[:length] in known for length in range(1, len(path))),
            variable=known.get(path),
            leaf=_leaf_at(path, effective),
        )
        for path in sorted(found)
    )
    return uses, tuple(sorted(unknown, key=lambda each: (each.file, each.line, each.path, each.reason)))


def _rows(read: Read, paths: Iterable[Path]) -> Iterator[Path]:
    """The read path itself, and the values below a map that is read as a whole."""
    yield read.path
    if read.how is ReadHow.VALUE:
        depth = len(read.path)
        yield from (path for path in paths if len(path) > depth and path[:depth] == read.path)


def _joined(use: Use, read: Read) -> Use:
    exact = use.path == read.path
    return msgspec.structs.replace(
        use,
        how=read.how if read.how is ReadHow.VALUE else use.how,
        places=tuple(sorted({*use.places, *read.places})),
        fallback=read.default if exact and read.default is not msgspec.UNSET else use.fallback,
        required=use.required or (exact and read.required),
        dynamic=use.dynamic or read.dynamic,
    )


def _above(path: Path) -> Iterator[Path]:
    return (path[:length] for length in range(1, len(path)))


def _leaf_at(path: Path, effective: Mapping[Path, Leaf]) -> Leaf | None:
    """The leaf at a path, or the list or null above it that holds it."""
    for length in range(len(path), 0, -1):
        if path[:length] in effective:
            return effective[path[:length]]
    return None
