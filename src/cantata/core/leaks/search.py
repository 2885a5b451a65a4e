"""What of a render depends on secrets: what differs from the render with sentinels, everything else equal.

A hash differs too and is no leak: charts put hashes of their Secrets into annotations, so that pods roll.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from cantata.core.config import MASK
from cantata.core.leaks.sentinels import Sentinels
from cantata.core.model.charts import RenderedObject
from cantata.core.model.leaks import Leak
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.plan import by_identity
from cantata.core.values import mask

HASH = re.compile(r"[0-9a-f]*|(?:\$2[aby]\$[0-9]+\$)?[./A-Za-z0-9]{50,60}")
"""Hexadecimal, or bcrypt."""
SECRET_FIELDS = frozenset({"data", "stringData"})
LONG = 8
"""A shorter value is not looked for by itself: it stands in too many texts by chance."""

Difference = tuple[str, str, str]
"""The path of a field, its text, and its text with sentinels."""


def find_leaks(
    real: Sequence[RenderedObject],
    marked: Sequence[RenderedObject],
    sentinels: Sentinels,
    secrets: Mapping[str, str],
) -> tuple[Leak, ...]:
    """Objects stand for each other by template and number, since a name may be made from a secret. `secrets`
    are the real values by key, for objects that the marked render does not have."""
    others: dict[tuple[str, int], list[Manifest]] = defaultdict(list)
    for item in reversed(marked):
        others[item.path, item.index].append(item.manifest)
    found: list[Leak] = []
    alone: list[RenderedObject] = []
    texts = frozenset(secrets)
    for item in real:
        same = others[item.path, item.index]
        if not same:
            alone.append(item)
            continue
        for field, text, other in _differences(item.manifest, same.pop()):
            keys = sentinels.find(other)
            if keys or not _hashes(text, other):
                whole = mask(text, texts) != mask(other, sentinels.texts)
                found.append(Leak(ObjectKey.of(item.manifest), field, keys, whole, item.path))
    return (*found, *find_values(alone, secrets))


def find_values(objects: Sequence[RenderedObject], secrets: Mapping[str, str]) -> tuple[Leak, ...]:
    """Where the values themselves stand, for want of a render with sentinels: less is found so, and a value
    that is an everyday word is found too often."""
    known = {text: key for text, key in secrets.items() if len(text) >= LONG}
    return tuple(
        Leak(ObjectKey.of(item.manifest), field, keys, file=item.path)
        for item in objects
        for field, text in _texts("", _open_part(item.manifest), str(item.manifest.get("kind", "")), "")
        if (keys := tuple(sorted({key for value, key in known.items() if value in text})))
    )


def hide_lines(text: str, marked: str, sentinels: Sentinels, secrets: Collection[str]) -> str:
    """A text without the secrets in it: values become `****`, and so does a whole line that shows more."""
    lines, others = mask(text, secrets).split("\n"), mask(marked, sentinels.texts).split("\n")
    if len(lines) != len(others):
        return MASK
    return "\n".join(line if line == other else MASK for line, other in zip(lines, others, strict=True))


def _open_part(manifest: Manifest) -> Manifest:
    """Without the fields that are there for secrets."""
    if (manifest.get("apiVersion"), manifest.get("kind")) != ("v1", "Secret"):
        return manifest
    return {key: value for key, value in manifest.items() if key not in SECRET_FIELDS}


def _differences(real: Manifest, marked: Manifest) -> Iterator[Difference]:
    kind = str(real.get("kind", ""))
    yield from _compare("", _open_part(real), _open_part(marked), kind, "")


def _compare(path: str, real: Any, marked: Any, kind: str, field: str) -> Iterator[Difference]:
    if real == marked:
        return
    if isinstance(real, dict) and isinstance(marked, dict):
        for name in sorted(real.keys() & marked.keys()):
            inner = f"{path}.{name}" if path else name
            yield from _compare(inner, real[name], marked[name], kind, name)
        if real.keys() != marked.keys():
            yield path, _text(_without(real, marked)), _text(_without(marked, real))
        return
    if isinstance(real, list) and isinstance(marked, list) and len(real) == len(marked):
        items, others = by_identity(field, kind, real), by_identity(field, kind, marked)
        if items is None and others is None:
            for index, pair in enumerate(zip(real, marked, strict=True)):
                yield from _compare(f"{path}[{index}]", *pair, kind, "")
            return
        if items is not None and others is not None and list(items) == list(others):
            for name in items:
                yield from _compare(f"{path}[{name}]", items[name], others[name], kind, "")
            return
    yield path, _text(real), _text(marked)


def _without(one: Manifest, other: Manifest) -> Manifest:
    return {name: item for name, item in one.items() if name not in other}


def _texts(path: str, value: Any, kind: str, field: str) -> Iterator[tuple[str, str]]:
    """Every scalar by its path, and of every map its keys."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield path, str(name)
            yield from _texts(f"{path}.{name}" if path else str(name), item, kind, str(name))
    elif isinstance(value, list):
        items = by_identity(field, kind, value)
        named = items.items() if items is not None else ((str(i), item) for i, item in enumerate(value))
        for name, item in named:
            yield from _texts(f"{path}[{name}]", item, kind, "")
    elif isinstance(value, str):
        yield path, value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value, order="sorted").decode()


def _hashes(one: str, other: str) -> bool:
    """Whether two texts differ only in what may be hashes."""
    start = _common(one, other)
    one, other = one[start:], other[start:]
    end = _common(one[::-1], other[::-1])
    return all(HASH.fullmatch(text[: len(text) - end]) for text in (one, other))


def _common(one: str, other: str) -> int:
    """How many characters two texts begin with together."""
    shorter = min(len(one), len(other))
    return next((i for i in range(shorter) if one[i] != other[i]), shorter)
