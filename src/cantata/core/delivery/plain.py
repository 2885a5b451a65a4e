"""Secrets that a template writes where everyone may read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cantata.core.config import SecretText
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.values import Leaf

WHOLE, PART = 4, 8
"""Characters from which on a text that is the secret, or has it in it, is no accident."""


def plain_places(manifests: Sequence[Manifest], leaves: Iterable[Leaf]) -> dict[str, str]:
    """By key the first place outside of a Secret that holds its value: object and field."""
    secrets = {
        leaf.key: texts for leaf in leaves if leaf.secret and (texts := tuple(_secret_texts(leaf.value)))
    }
    found: dict[str, str] = {}
    if not secrets:
        return found
    for manifest in manifests:
        if (manifest.get("apiVersion"), manifest.get("kind")) == ("v1", "Secret"):
            continue
        for path, text in _strings(manifest, ""):
            for key, texts in secrets.items():
                if key not in found and any(_holds(text, secret) for secret in texts):
                    found[key] = f"{ObjectKey.of(manifest)}, {path}"
    return found


def _secret_texts(value: Any) -> Iterator[str]:
    if isinstance(value, SecretText):
        yield value.reveal()
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _secret_texts(item)


def _holds(text: str, secret: str) -> bool:
    return (len(secret) >= WHOLE and text == secret) or (len(secret) >= PART and secret in text)


def _strings(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _strings(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strings(item, f"{path}[{index}]")
