"""Namespaces: what a chart leaves open is the release's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from cantata.core.model.charts import RenderedObject
from cantata.core.model.objects import GVK, Manifest


def place(
    objects: Sequence[RenderedObject], namespace: str, namespaced: Callable[[str, str], bool]
) -> tuple[RenderedObject, ...]:
    """Sets `namespace` on objects of namespaced kinds that name none, and takes a namespace off
    cluster-scoped ones. `namespaced(group, kind)` answers from discovery. A `List` becomes its items.
    """
    return tuple(
        msgspec.structs.replace(item, manifest=_placed(item.manifest, namespace, namespaced))
        for listed in objects
        for item in _flatten(listed)
    )


def _flatten(item: RenderedObject) -> Iterator[RenderedObject]:
    """As kubectl does: what has `items` and a kind that ends in List is the items."""
    manifest = item.manifest
    inner = manifest.get("items")
    if not isinstance(inner, list) or not str(manifest.get("kind", "")).endswith("List"):
        yield item
        return
    for child in inner:
        if isinstance(child, dict):
            yield from _flatten(msgspec.structs.replace(item, manifest=child))


def _placed(manifest: Manifest, namespace: str, namespaced: Callable[[str, str], bool]) -> Manifest:
    gvk = GVK.of(manifest)
    metadata = manifest.get("metadata") or {}
    if not isinstance(metadata, dict):
        return manifest
    if namespaced(gvk.group, gvk.kind):
        if metadata.get("namespace"):
            return manifest
        return {**manifest, "metadata": {**metadata, "namespace": namespace}}
    if "namespace" not in metadata:
        return manifest
    bare = {key: value for key, value in metadata.items() if key != "namespace"}
    return {**manifest, "metadata": bare}
