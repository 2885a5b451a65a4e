"""Whether a change of values reaches what a template reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from cantata.core.config import Path, SecretText
from cantata.core.model.variables import ChartVariables, Read, ReadHow, TemplateReads
from cantata.core.values import Effective, LayerKind, Leaf
from cantata.core.variables.changes import Change, changes


def related(one: Path, other: Path) -> bool:
    """Whether one is the other, or stands above or below it."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def readers(paths: Iterable[Path], variables: ChartVariables) -> frozenset[str]:
    """The template files that read a value at one of these paths, or what holds it, or part of it."""
    wanted = tuple(paths)
    return frozenset(
        template.path
        for template in variables.templates
        if any(related(path, read.path) for read in template.reads for path in wanted)
    )


def concerns(
    path: Path, files: Collection[str], keys: Collection[str], variables: ChartVariables, *, code: bool
) -> bool:
    """Whether a service that is made of these template files, and that these config entries reach, depends on
    the value at `path`. `code` says that values hold template text of a user's own: a file that executes such
    a text may read anything."""
    return (
        any(related(path, tuple(key.split("."))) for key in keys)
        or not readers([path], variables).isdisjoint(files)
        or (
            code
            and any(read.dynamic for each in variables.templates if each.path in files for read in each.reads)
        )
    )


def reaches(change: Change, read: Read) -> bool:
    """A value depends on all that is above and below it. Presence does not depend on a value below that is
    replaced by another."""
    if not related(change.path, read.path):
        return False
    below = len(change.path) > len(read.path)
    return not (below and change.replaced and read.how is ReadHow.PRESENCE)


def opened(template: TemplateReads, leaves: Iterable[Leaf]) -> tuple[Leaf, ...]:
    """The values that hold template text of a user's own where the file executes it: with one of these the
    file may read anything."""
    dynamic = [read.path for read in template.reads if read.dynamic]
    return tuple(
        leaf
        for leaf in leaves
        if leaf.origin.kind is not LayerKind.CHART
        and any(related(leaf.path, path) for path in dynamic)
        and _holds_code(leaf.value)
    )


def files_reached(variables: ChartVariables, before: Effective, after: Effective) -> frozenset[str]:
    """The template files that may render to something else. The others do not, as long as both renders
    succeed; what is reached may still come out the same."""
    changed = changes(before, after, variables)
    if not changed:
        return frozenset()
    return frozenset(
        template.path
        for template in variables.templates
        if any(reaches(change, read) for read in template.reads for change in changed)
        or opened(template, before.leaves)
        or opened(template, after.leaves)
    )


def _holds_code(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_code, value.values()))
    if isinstance(value, list):
        return any(map(_holds_code, value))
    text = value.reveal() if isinstance(value, SecretText) else value
    return isinstance(text, str) and "{{" in text
