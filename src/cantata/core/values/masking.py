"""Secret values taken out of what is shown: a template may write them anywhere."""

from __future__ import annotations

import base64
import urllib.parse
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import msgspec

from cantata.core.config import MASK, Path, SecretText
from cantata.core.values.effective import Effective
from cantata.errors import CantataError, Detail

SHORTEST = 4
"""A shorter secret is masked only where it is the whole text: inside of others it says nothing, and would
mask half of them."""
LINE = 8
"""Characters from which on a line of a secret is one by itself."""


def secret_texts(values: Mapping[str, Any], paths: Collection[Path]) -> frozenset[str]:
    """The texts at these paths of nested values, those inside of lists and maps included, in all forms."""
    found = {text for path in paths for text in _texts(_at(values, path)) if text}
    return frozenset(form for text in found for form in secret_forms(text))


def secret_forms(text: str) -> Iterator[str]:
    """A secret as it is, and as it often stands in other texts: as base64, quoted, in a URL, or one line of
    it."""
    yield text
    yield base64.b64encode(text.encode()).decode()
    yield msgspec.json.encode(text).decode()[1:-1]
    yield urllib.parse.quote(text, safe="")
    yield urllib.parse.quote_plus(text)
    if "\n" in text:
        yield from (line for each in text.split("\n") if len(line := each.strip()) >= LINE)


def secrets_of(effective: Effective) -> frozenset[str]:
    return secret_texts(effective.values(), [leaf.path for leaf in effective.leaves if leaf.secret])


def secret_keys(effective: Effective) -> dict[str, str]:
    """The config's key of every secret text, in all forms."""
    keys: dict[str, str] = {}
    for leaf in effective.leaves:
        for path, text in _secret_scalars(leaf.value, leaf.path):
            keys |= dict.fromkeys(secret_forms(text), ".".join(path))
    return keys


def mask(value: Any, secrets: Collection[str]) -> Any:
    """The same JSON with `****` in the place of every secret text, keys of maps included."""
    if isinstance(value, str):
        return _masked(value, secrets)
    if isinstance(value, Mapping):
        return {mask(key, secrets): mask(item, secrets) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [mask(item, secrets) for item in value]
    return value


def mask_error(error: CantataError, secrets: Collection[str]) -> None:
    """Takes the secrets out of all that an error says: an engine quotes what it cannot read."""
    error.message = _masked(error.message, secrets)
    error.args = (error.message,)
    error.subject, error.hint = _masked(error.subject, secrets), _masked(error.hint, secrets)
    error.details = tuple(Detail(_masked(each.message, secrets), each.place) for each in error.details)


def _masked(text: str, secrets: Collection[str]) -> str:
    if text in secrets:
        return MASK
    # The longest first: one secret may be a part of another.
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST:
            text = text.replace(secret, MASK)
    return text


def _secret_scalars(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Those that are not empty."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _secret_scalars(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _secret_scalars(item, (*path, str(index)))
    elif isinstance(value, SecretText) and value.reveal():
        yield path, value.reveal()


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
