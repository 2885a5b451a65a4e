"""What carries one key: lines of templates, entries of objects, variables and files of containers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cantata.core.config import Path
from cantata.core.delivery.names import HASH, object_name
from cantata.core.delivery.pods import child
from cantata.core.delivery.subtrees import holds
from cantata.core.delivery.view import Source, files, variables
from cantata.core.model.applications import ServiceVersion
from cantata.core.model.objects import GVK, Manifest, ObjectKey
from cantata.core.model.parity import EnvironmentRendering, FileRendering
from cantata.core.model.variables import ChartVariables, ReadHow
from cantata.core.model.where import KeyEntry, Line
from cantata.core.services import SHARED
from cantata.core.stamp import pod_template
from cantata.core.variables import Change
from cantata.core.variables.reach import reaches


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose objects are meant: one service of one release. `config_name` is what manifests call the
    config, `former_names` what the service was called before."""

    release: str
    service: str
    config_name: str = ""
    former_names: tuple[str, ...] = ()

    def owns(self, manifest: Manifest) -> bool:
        """Whether this is an object that holds config for the service, and not one of the chart's own."""
        gvk, name = GVK.of(manifest), ObjectKey.of(manifest).name
        if gvk.group or gvk.kind not in ("ConfigMap", "Secret"):
            return False
        if self.service == SHARED and gvk.kind == "ConfigMap" and name == self.config_name:
            return True
        names = (object_name(self.release, each, gvk.kind) for each in (self.service, *self.former_names))
        if manifest.get("immutable") is not True:
            return name in names
        return any(name.startswith(f"{plain}-") and len(name) == len(plain) + 1 + HASH for plain in names)


@dataclass(frozen=True, slots=True)
class Carried:
    entries: tuple[KeyEntry, ...] = ()
    environment: tuple[EnvironmentRendering, ...] = ()
    files: tuple[FileRendering, ...] = ()

    @property
    def sources(self) -> Mapping[Source, KeyEntry]:
        return {Source(each.kind, each.object, each.entry): each for each in self.entries}


def carried(owner: Owner, version: ServiceVersion, manifests: Sequence[Manifest], key: str) -> Carried:
    """Of one recorded version of a service. What it did not deliver is not in a subtree's file either."""
    return _carried(owner, manifests, key) if key in version.keys else Carried()


def carried_by_hooks(release: str, hooks: Sequence[Manifest], key: str) -> Carried:
    """Each hook has objects of its own, called after it."""
    found = [
        _carried(Owner(release, f"{ObjectKey.of(hook).name}.hook"), hooks, key)
        for hook in hooks
        if pod_template(hook) is not None
    ]
    return Carried(
        tuple(entry for each in found for entry in each.entries),
        tuple(variable for each in found for variable in each.environment),
        tuple(file for each in found for file in each.files),
    )


def _carried(owner: Owner, manifests: Sequence[Manifest], key: str) -> Carried:
    entries = tuple(_entries(owner, manifests, key))
    sources = {Source(each.kind, each.object, each.entry) for each in entries}
    environment = dict.fromkeys(
        EnvironmentRendering(each.container, each.name)
        for each in variables(manifests)
        if each.source in sources
    )
    placed = dict.fromkeys(
        FileRendering(each.container, each.path, _format(each.source.key, key))
        for each in files(manifests)
        if each.source in sources
    )
    return Carried(entries, tuple(environment), tuple(placed))


def _entries(owner: Owner, manifests: Sequence[Manifest], key: str) -> Iterator[KeyEntry]:
    for manifest in filter(owner.owns, manifests):
        name = ObjectKey.of(manifest).name
        in_place = manifest.get("immutable") is not True
        for entry in child(manifest, "data"):
            if holds(entry, key):
                yield KeyEntry(manifest["kind"], name, entry, in_place)


def _format(entry: str, key: str) -> str:
    return "" if entry == key else entry.rpartition("..")[2]


def pod_sources(pod: Manifest) -> frozenset[Source]:
    """The keys of objects that a live pod takes as variables or files."""
    typed: list[dict[str, Any]] = [{**pod, "apiVersion": "v1", "kind": "Pod"}]
    return frozenset(each.source for each in variables(typed)) | {each.source for each in files(typed)}


def template_lines(variables: ChartVariables, path: Path) -> dict[str, tuple[Line, ...]]:
    """The lines to which another value at a path would show, by the template file that they end up in: those
    that read it, or what holds it. That a map is there says nothing of the values in it."""
    another = Change(path, replaced=True)
    found: dict[str, tuple[Line, ...]] = {}
    for template in variables.templates:
        how: dict[tuple[str, int], ReadHow] = {}
        for read in template.reads:
            if reaches(another, read):
                for spot in read.places:
                    place = (spot.file, spot.line)
                    how[place] = ReadHow.VALUE if how.get(place) is ReadHow.VALUE else read.how
        if how:
            found[template.path] = tuple(Line(*place, how[place]) for place in sorted(how))
    return found
