"""Patches over the manifests of a service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cantata.core.adjust.errors import PatchInvalid
from cantata.core.adjust.json_patch import Misfit, apply_operations, read_operations
from cantata.core.adjust.strategic import merge
from cantata.core.model.adjustments import Patch, PatchType
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.services.fields import as_map
from cantata.core.stamp.templates import is_workload
from cantata.errors import Place

DEEPEST = 64


def apply_patches(manifests: Sequence[Manifest], patches: Sequence[Patch], service: str) -> list[Manifest]:
    """In the order in which they were given, each over what those before it made. Raises `PatchInvalid`."""
    patched = list(manifests)
    for number, patch in enumerate(patches, start=1):
        index = _target(patched, patch, service, number)
        patched[index] = _patched(patched[index], patch, service, number)
    return patched


def check_patch(patch: Patch, service: str, number: int = 1) -> None:
    """Whether it can be read at all. Raises `PatchInvalid`."""
    try:
        _check_depth(patch.content)
        if patch.type is PatchType.JSON:
            read_operations(patch.content)
        elif not isinstance(patch.content, dict) or not patch.content:
            raise Misfit("", "it is not part of a manifest")
    except Misfit as misfit:
        raise _invalid(service, number, misfit) from misfit


def _check_depth(content: Any) -> None:
    """Far deeper than any manifest would exhaust the stack."""
    level = [content]
    for _ in range(DEEPEST):
        level = [
            inner
            for each in level
            for inner in (each.values() if isinstance(each, dict) else each if isinstance(each, list) else ())
        ]
        if not level:
            return
    raise Misfit("", f"it is nested deeper than {DEEPEST} levels")


def _target(manifests: Sequence[Manifest], patch: Patch, service: str, number: int) -> int:
    kind, _, name = patch.target.partition("/")
    found = [
        index
        for index, manifest in enumerate(manifests)
        if (manifest.get("kind") == kind if kind else is_workload(manifest))
        and name in ("", as_map(manifest.get("metadata")).get("name"))
    ]
    if len(found) == 1:
        return found[0]
    what = f"`{patch.target}`" if patch.target else "workload"
    there = ", ".join(sorted(f"{each.get('kind')}/{ObjectKey.of(each).name}" for each in manifests))
    raise PatchInvalid(
        f"patch {number} of service {service} fits {len(found) or 'no'} objects: "
        f"the service has {'no' if not found else 'more than one'} {what}",
        subject=f"service {service}",
        hint=f"Name one as target: {there or 'the service has none'}.",
    )


def _patched(manifest: Manifest, patch: Patch, service: str, number: int) -> Manifest:
    check_patch(patch, service, number)
    try:
        return _checked(manifest, _result(manifest, patch))
    except Misfit as misfit:
        raise _invalid(service, number, misfit, ObjectKey.of(manifest)) from misfit


def _result(manifest: Manifest, patch: Patch) -> Any:
    if patch.type is PatchType.JSON:
        return apply_operations(manifest, read_operations(patch.content))
    return merge(manifest, patch.content)


def _checked(before: Manifest, after: Any) -> Manifest:
    """A patch changes an object; it does not make another one of it."""
    if not isinstance(after, dict) or after.get("apiVersion") != before.get("apiVersion"):
        raise Misfit("/apiVersion", "a patch cannot make another object of it")
    if ObjectKey.of(after) != ObjectKey.of(before):
        raise Misfit("/metadata", "a patch cannot make another object of it")
    return after


def _invalid(service: str, number: int, misfit: Misfit, key: ObjectKey | None = None) -> PatchInvalid:
    of = f" does not fit {key}" if key is not None else " cannot be read"
    return PatchInvalid(
        f"patch {number} of service {service}{of}: {misfit.why}",
        subject=f"service {service}",
        place=Place(key=misfit.path),
        hint="`cantata service edit` changes it: `--patch` gives patches anew, `--no-patches` drops them.",
    )
