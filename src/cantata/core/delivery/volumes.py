"""Volumes that hold entries: filled once the names of the objects are known.

A volume whose files all come from one object names it as what it is. Where a ConfigMap and a Secret meet, or
entries stand in several objects, it is a projected one with a source for each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cantata.core.delivery.entries import Entry
from cantata.core.model.templates import UpdateMode

FILE_SOURCES = {"configMap": "name", "secret": "secretName"}
"""Kinds of volumes, and the field of the name; projected sources name both by `name`."""

NameOf = Callable[[Entry, UpdateMode], str]


@dataclass(frozen=True, slots=True)
class Files:
    """Entries as files: each with the other fields of its item, such as `path`."""

    items: tuple[tuple[Entry, dict[str, Any]], ...]
    update: UpdateMode

    def sources(self, name_of: NameOf) -> list[dict[str, Any]]:
        """Projected sources, one for each object, ConfigMaps first."""
        made: dict[tuple[bool, str], dict[str, Any]] = {}
        for entry, item in self.items:
            name = name_of(entry, self.update)
            source = made.setdefault((entry.secret, name), {"name": name, "items": []})
            source["items"].append({"key": entry.key, **item})
        return [{_field(secret): source} for (secret, _), source in sorted(made.items(), key=_secrets_last)]


def _secrets_last(made: tuple[tuple[bool, str], dict[str, Any]]) -> bool:
    return made[0][0]


def _field(secret: bool) -> str:
    return "secret" if secret else "configMap"


@dataclass(frozen=True, slots=True)
class FileVolume:
    """A volume of nothing but entries. `mode` holds its `defaultMode`, if any."""

    volume: dict[str, Any]
    files: Files
    mode: dict[str, Any]

    def fill(self, name_of: NameOf) -> None:
        sources = self.files.sources(name_of)
        if len(sources) != 1:
            self.volume["projected"] = {**self.mode, "sources": sources}
            return
        ((field, source),) = sources[0].items()
        named = {FILE_SOURCES[field]: source["name"], "items": source["items"]}
        self.volume[field] = {**self.mode, **named}


@dataclass(frozen=True, slots=True)
class ProjectedVolume:
    """A projected volume of the chart's own, in which `Files` stand for references to the config."""

    projected: dict[str, Any]
    sources: tuple[Any, ...]

    def fill(self, name_of: NameOf) -> None:
        self.projected["sources"] = [
            made
            for source in self.sources
            for made in (source.sources(name_of) if isinstance(source, Files) else [source])
        ]
