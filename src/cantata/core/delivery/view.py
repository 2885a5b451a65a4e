"""What containers see of the service's own objects: read from delivered manifests, as a kubelet would."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cantata.core.delivery.native import KEY_REFERENCES
from cantata.core.delivery.pods import all_containers, child, maps, pods
from cantata.core.delivery.volumes import FILE_SOURCES
from cantata.core.model.objects import Manifest


@dataclass(frozen=True, slots=True)
class Source:
    """One key of one object."""

    kind: str
    name: str
    key: str


@dataclass(frozen=True, slots=True)
class Variable:
    container: str
    name: str
    source: Source


@dataclass(frozen=True, slots=True)
class File:
    container: str
    path: str
    source: Source


def variables(manifests: Sequence[Manifest]) -> Iterator[Variable]:
    """Variables that refer to a key. Of two with one name the last counts, as in a container."""
    for _, pod in pods(list(manifests)):
        for container in all_containers(pod):
            name = str(container.get("name", ""))
            last = {str(item.get("name", "")): item for item in maps(container.get("env"))}
            for variable, item in last.items():
                for field in KEY_REFERENCES:
                    reference = child(child(item, "valueFrom"), field)
                    if reference:
                        yield Variable(name, variable, _source(field, reference.get("name"), reference))


def files(manifests: Sequence[Manifest]) -> Iterator[File]:
    """Files of volumes that list their items, where containers mount them."""
    for _, pod in pods(list(manifests)):
        volumes = {str(volume.get("name")): dict(_items(volume)) for volume in maps(pod.get("volumes"))}
        for container in all_containers(pod):
            name = str(container.get("name", ""))
            for mount in maps(container.get("volumeMounts")):
                for path, source in volumes.get(str(mount.get("name")), {}).items():
                    place = _place(mount, path)
                    if place:
                        yield File(name, place, source)


def _items(volume: dict[str, Any]) -> Iterator[tuple[str, Source]]:
    """By path in the volume; of equal paths the last counts."""
    for field, name_field in FILE_SOURCES.items():
        yield from _listed(field, name_field, child(volume, field))
    for source in maps(child(volume, "projected").get("sources")):
        for field in FILE_SOURCES:
            yield from _listed(field, "name", child(source, field))


def _listed(field: str, name_field: str, source: dict[str, Any]) -> Iterator[tuple[str, Source]]:
    for item in maps(source.get("items")):
        yield str(item.get("path", "")), _source(field, source.get(name_field), item)


def _source(field: str, name: Any, item: dict[str, Any]) -> Source:
    kind = "Secret" if field.startswith("secret") else "ConfigMap"
    return Source(kind, str(name or ""), str(item.get("key", "")))


def _place(mount: dict[str, Any], path: str) -> str:
    """Where a file of the volume is in the container; empty where the mount leaves it out."""
    where = str(mount.get("mountPath", "")).rstrip("/")
    below = str(mount.get("subPath") or "").strip("/")
    if not below:
        return f"{where}/{path}"
    if path == below:
        return where
    return f"{where}/{path[len(below) + 1 :]}" if path.startswith(f"{below}/") else ""
