"""Values by their paths, in a form that can be compared and hashed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import msgspec

from cantata.core.config import Path
from cantata.core.model.variables import ChartVariables
from cantata.core.variables import related

_encode = msgspec.json.Encoder(order="deterministic").encode


def changed_paths(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Path, ...]:
    """The paths of the values that are not the same, types included; lists count as one value."""
    old, new = dict(_leaves(before)), dict(_leaves(after))
    return tuple(sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path)))


def encoded_at(values: Mapping[str, Any], path: Path) -> bytes:
    """What stands at a path, as JSON; empty where nothing does."""
    found: Any = values
    for part in path:
        if not isinstance(found, Mapping) or part not in found:
            return b""
        found = found[part]
    return _encode(found)


def read_by(
    variables: ChartVariables, files: Collection[str], keys: Collection[str], paths: Collection[Path]
) -> tuple[Path, ...]:
    """Those that a service reads: by its template `files`, or as delivered `keys`. All, where a use of
    values cannot be followed."""
    templates = [template for template in variables.templates if template.path in files]
    if not templates or any(template.unknown for template in templates):
        return tuple(paths)
    reads = [read.path for template in templates for read in template.reads]
    return tuple(
        path for path in paths if ".".join(path) in keys or any(related(path, read) for read in reads)
    )


def _leaves(value: Mapping[str, Any], parent: Path = ()) -> Iterator[tuple[Path, bytes]]:
    for name, item in value.items():
        path = (*parent, str(name))
        if isinstance(item, Mapping) and item:
            yield from _leaves(item, path)
        else:
            yield path, _encode(item)
