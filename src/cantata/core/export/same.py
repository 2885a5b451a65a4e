"""Do two renders give the same objects, and do their pods see the same config? Names of generated ConfigMaps
and Secrets do not count: what counts is the content that a reference to them leads to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cantata.core.delivery.names import base_name
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.stamp.marks import DEPENDS_ON, SERVICE

HOLDERS = ("ConfigMap", "Secret")
Names = Mapping[str, Mapping[str, Any]]


def differences(wanted: Sequence[Manifest], made: Sequence[Manifest], release: str) -> list[str]:
    """In words, one for each object that is missing, too many, or other than wanted."""
    ours, theirs = _objects(wanted, release), _objects(made, release)
    told = [f"{key} is missing" for key in ours.keys() - theirs.keys()]
    told += [f"{key} is there beside what Cantata deploys" for key in theirs.keys() - ours.keys()]
    for key in ours.keys() & theirs.keys():
        path = first_difference(ours[key], theirs[key])
        if path is not None:
            told.append(f"{key} differs at {path or 'its root'}")
    return sorted(told)


def _objects(manifests: Sequence[Manifest], release: str) -> dict[str, Any]:
    """By their names, generated ones put in where they are referred to."""
    names = {
        str(ObjectKey.of(each).name): each.get("data", {})
        for each in manifests
        if _is_generated(each, release)
    }
    return {
        str(ObjectKey.of(each)): _seen(_unmarked(each), names)
        for each in manifests
        if not _is_generated(each, release)
    }


def _is_generated(manifest: Manifest, release: str) -> bool:
    """By the form of its name: `<release>-<service>-config[-<hash>]`."""
    key = ObjectKey.of(manifest)
    if key.kind not in HOLDERS or key.group or not key.name.startswith(base_name(release, "")[:30]):
        return False
    word = {"ConfigMap": "-config", "Secret": "-secret"}[key.kind]
    return word in key.name and (manifest.get("immutable") is True or key.name.endswith(word))


def _unmarked(manifest: Manifest) -> Manifest:
    """Without the annotations that tell service and order."""
    metadata = manifest.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if not isinstance(metadata, dict) or not isinstance(annotations, dict):
        return manifest
    kept = {key: value for key, value in annotations.items() if key not in (DEPENDS_ON, SERVICE)}
    bare = {key: value for key, value in metadata.items() if key != "annotations"}
    return {**manifest, "metadata": {**bare, **({"annotations": kept} if kept else {})}}


def _seen(value: Any, names: Names) -> Any:
    """References to generated objects as what they lead to."""
    if isinstance(value, list):
        return [_seen(item, names) for item in value]
    if not isinstance(value, dict):
        return value
    name = value.get("secretName", value.get("name"))
    data = names.get(name) if isinstance(name, str) else None
    if data is not None and "key" in value:
        return {**value, "name": "", "content": data.get(value["key"])}
    if data is not None and isinstance(value.get("items"), list):
        items = [{**item, "content": data.get(item["key"])} for item in value["items"]]
        return {"items": items, **{key: item for key, item in value.items() if key not in NAMED}}
    return {key: _seen(item, names) for key, item in value.items()}


NAMED = ("name", "secretName", "items")


def first_difference(left: Any, right: Any) -> str | None:
    """The path of the first field that differs, None where nothing does."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in sorted({*left, *right}, key=str):
            found = first_difference(left.get(key), right.get(key))
            if found is not None:
                return _joined(str(key), found)
        return None
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for index, (one, other) in enumerate(zip(left, right, strict=True)):
            found = first_difference(one, other)
            if found is not None:
                return _joined(f"[{index}]", found)
        return None
    return None if left == right else ""


def _joined(*parts: str) -> str:
    return ".".join(part for part in parts if part).replace(".[", "[")
