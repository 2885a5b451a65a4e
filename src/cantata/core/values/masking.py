"""Secret values taken out of what is shown: a template may write them anywhere."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from cantata.core.config import MASK, Path
from cantata.core.values.effective import Effective

SHORTEST = 4
"""A shorter secret is masked only where it is the whole text: inside of others it says nothing, and would
mask half of them."""


def secret_texts(values: Mapping[str, Any], paths: Collection[Path]) -> frozenset[str]:
    """The texts at these paths of nested values, those inside of lists and maps included, also as base64."""
    found = {text for path in paths for text in _texts(_at(values, path)) if text}
    return frozenset(found | {base64.b64encode(text.encode()).decode() for text in found})


def secrets_of(effective: Effective) -> frozenset[str]:
    return secret_texts(effective.values(), [leaf.path for leaf in effective.leaves if leaf.secret])


def mask(value: Any, secrets: Collection[str]) -> Any:
    """The same JSON with `****` in the place of every secret text, keys of maps included."""
    if isinstance(value, str):
        return _masked(value, secrets)
    if isinstance(value, Mapping):
        return {mask(key, secrets): mask(item, secrets) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [mask(item, secrets) for item in value]
    return value


def _masked(text: str, secrets: Collection[str]) -> str:
    if text in secrets:
        return MASK
    # The longest first: one secret may be a part of another.
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST:
            text = text.replace(secret, MASK)
    return text


def _at(value: Any, path: Path) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
