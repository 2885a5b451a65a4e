"""Documents of any source as single objects, each with the place that it came from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from cantata.core.bundle.errors import BundleDuplicate, BundleEmpty, BundleObjectInvalid, BundleTooLarge
from cantata.core.model.objects import GVK, Manifest, ObjectKey
from cantata.errors import Place

MOST = 10_000
"""Objects of one template. Larger than any system that people deploy as one."""
DEEPEST = 100
"""How deep maps and lists may stand in each other, as the renderer has it."""


class Source(msgspec.Struct, frozen=True):
    """One object. `file` and `document` (from 1) say where it was read; without a file it is a live one."""

    manifest: Manifest
    file: str = ""
    document: int = 0

    @property
    def key(self) -> ObjectKey:
        return ObjectKey.of(self.manifest)

    @property
    def place(self) -> Place:
        if self.file or not _is_map(self.manifest):
            return Place(self.file, key=f"document {self.document}")
        return Place(key=str(self.key))


def _is_map(value: Any) -> bool:
    """Asked of what is only said to be one."""
    return isinstance(value, dict)


def gather(documents: Iterable[Source]) -> tuple[Source, ...]:
    """Every object once, Lists taken apart, empty documents left out, in the order in which they come.

    Raises `BundleObjectInvalid`, `BundleDuplicate`, `BundleTooLarge`, `BundleEmpty`.
    """
    found: list[Source] = []
    seen: dict[ObjectKey, Source] = {}
    for source in (item for document in documents for item in items(document)):
        if len(found) >= MOST:
            raise BundleTooLarge(
                f"there are more than {MOST} objects", hint="Make several templates of them, by label."
            )
        check(source)
        if source.key in seen:
            raise BundleDuplicate(source.key, seen[source.key].place, source.place)
        seen[source.key] = source
        found.append(source)
    if not found:
        raise BundleEmpty("there is no object to make a template of", hint="Name files, or a namespace.")
    return tuple(found)


def items(document: Source) -> Iterator[Source]:
    """As kubectl does: what has `items` and a kind that ends in List is its items. Their kind may be left to
    the list."""
    ahead: list[Any] = [document.manifest]
    if _depth(document.manifest) > DEEPEST:
        raise BundleObjectInvalid(f"it is nested deeper than {DEEPEST}", document.place)
    while ahead:
        manifest = ahead.pop()
        if manifest is None or manifest == {}:
            continue
        if not isinstance(manifest, dict):
            raise BundleObjectInvalid("a document is no map of keys to values", document.place)
        kind, items = str(manifest.get("kind") or ""), manifest.get("items")
        if not kind.endswith("List") or not (isinstance(items, list) or items is None):
            yield msgspec.structs.replace(document, manifest=manifest)
            continue
        head = {"apiVersion": manifest.get("apiVersion"), "kind": kind.removesuffix("List")}
        ahead += reversed(
            [{**head, **each} if head["kind"] and isinstance(each, dict) else each for each in items or []]
        )


def check(source: Source) -> None:
    """Raises `BundleObjectInvalid` for what the API server could not name."""
    manifest = source.manifest
    for field in ("apiVersion", "kind"):
        if not isinstance(manifest.get(field), str) or not manifest[field]:
            raise BundleObjectInvalid(f"an object has no {field}", source.place)
    metadata = manifest.get("metadata")
    if not isinstance(metadata, dict):
        raise BundleObjectInvalid(f"a {GVK.of(manifest).kind} has no metadata", source.place)
    name, namespace = metadata.get("name"), metadata.get("namespace")
    if not isinstance(name, str) or not name:
        word = "only generateName" if metadata.get("generateName") else "no name"
        raise BundleObjectInvalid(f"a {GVK.of(manifest).kind} has {word}", source.place)
    if namespace is not None and not isinstance(namespace, str):
        raise BundleObjectInvalid(f"the namespace of {source.key} is no text", source.place)
    for field in ("labels", "annotations"):
        if not isinstance(metadata.get(field) or {}, dict):
            raise BundleObjectInvalid(f"the {field} of {source.key} are no map", source.place)


def _depth(value: Any) -> int:
    """Without recursion: what is too deep must be told, not break the one who counts."""
    level, depth = [value], 0
    while level and depth <= DEEPEST:
        level = [
            item
            for each in level
            for item in (each.values() if isinstance(each, dict) else each if isinstance(each, list) else ())
            if isinstance(item, dict | list)
        ]
        depth += 1
    return depth
