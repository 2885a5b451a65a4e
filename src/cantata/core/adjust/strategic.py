"""Strategic merge: a part of a manifest, laid over it.

Maps are merged, null takes a field away, and the lists that server-side apply takes as maps are merged by
their keys (`core.stamp.merge_keys`), in built-in kinds. Other lists are replaced. Of the directives of
`kubectl patch`, `$patch: delete | replace | merge` is known; others are refused, since ignoring one would
give something else than was asked for.
"""

from __future__ import annotations

from typing import Any

from cantata.core.adjust.json_patch import Misfit
from cantata.core.model.objects import GVK, Manifest
from cantata.core.stamp.merge_keys import identity
from cantata.core.stamp.subset import BUILT_IN

DIRECTIVE = "$patch"
DIRECTIVES = ("delete", "merge", "replace")


def merge(manifest: Manifest, patch: Manifest) -> Manifest:
    """Raises `Misfit`."""
    gvk = GVK.of(manifest)
    merged: Manifest = _Merge(gvk.kind, keyed=gvk.group in BUILT_IN).map(manifest, patch, "")
    return merged


class _Merge:
    def __init__(self, kind: str, *, keyed: bool) -> None:
        self._kind = kind
        self._keyed = keyed

    def map(self, old: dict[str, Any], patch: dict[str, Any], path: str) -> dict[str, Any]:
        directive = _directive(patch, path)
        if directive == "delete":
            raise Misfit(path, f"`{DIRECTIVE}: delete` belongs to an item of a list; a field goes by `null`")
        merged = {} if directive == "replace" else dict(old)
        for field, item in patch.items():
            if field == DIRECTIVE:
                continue
            inner = f"{path}.{field}" if path else field
            if item is None:
                merged.pop(field, None)
            elif isinstance(item, dict):
                below = merged.get(field)
                merged[field] = self.map(below if isinstance(below, dict) else {}, item, inner)
            elif isinstance(item, list):
                merged[field] = self.list(merged.get(field), item, field, inner)
            else:
                merged[field] = item
        return merged

    def list(self, old: Any, patch: list[Any], field: str, path: str) -> list[Any]:
        """Items keep their places, new ones come last. `- $patch: replace` takes the list as it is given."""
        whole = [item for item in patch if isinstance(item, dict) and item.keys() == {DIRECTIVE}]
        rest = [item for item in patch if item not in whole]
        if any(_directive(item, path) != "replace" for item in whole):
            raise Misfit(path, f"an item with `{DIRECTIVE}` alone can only be `replace`")
        keys = [identity(field, item, self._kind) if self._keyed else None for item in rest]
        present = old if isinstance(old, list) and not whole else []
        by_key = {identity(field, item, self._kind): index for index, item in enumerate(present)}
        if any(key is None for key in keys) or None in by_key:
            return [self._bare(item, path) for item in rest]
        merged: list[Any] = list(present)
        gone: set[int] = set()
        for key, item in zip(keys, rest, strict=True):
            at, inner = by_key.get(key), f"{path}[{'/'.join(key or ())}]"
            directive = _directive(item, inner)
            if directive == "delete":
                if at is None:
                    raise Misfit(inner, "there is no such item to delete")
                gone.add(at)
            elif at is None:
                merged.append(self._bare(item, inner))
            else:
                merged[at] = self.map(present[at], item, inner)
        return [item for index, item in enumerate(merged) if index not in gone]

    def _bare(self, item: Any, path: str) -> Any:
        """A new item, without nulls and directives."""
        if isinstance(item, list):
            return [self._bare(inner, path) for inner in item]
        return self.map({}, item, path) if isinstance(item, dict) else item


def _directive(patch: dict[str, Any], path: str) -> str:
    for field in patch:
        if field.startswith("$") and field != DIRECTIVE:
            raise Misfit(path, f"the directive `{field}` is not known")
    directive = patch.get(DIRECTIVE, "merge")
    if directive not in DIRECTIVES:
        raise Misfit(path, f"`{DIRECTIVE}` is one of {', '.join(DIRECTIVES)}")
    return str(directive)
