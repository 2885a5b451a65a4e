"""ConfigMaps and Secrets of a cluster as a config text."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence

from cantata.core.config.errors import ImportInvalid
from cantata.core.config.quoting import quoted, yaml_scalar, yaml_text
from cantata.core.config.scalars import SECRET_TAG
from cantata.core.model.objects import Manifest
from cantata.errors import Place


def import_objects(objects: Sequence[Manifest]) -> str:
    """Their keys in the order given, all values strings, those of Secrets marked `!secret`. Raises
    `ImportInvalid` for a value that is no text, and for a key that two of them have."""
    origins: dict[str, str] = {}
    lines: list[str] = []
    for manifest in objects:
        kind = str(manifest.get("kind", ""))
        title = f"{kind} {(manifest.get('metadata') or {}).get('name', '')}"
        lines.append(f"# {title}")
        for key, value in _secrets(manifest, title) if kind == "Secret" else _texts(manifest, title):
            if key in origins:
                raise _invalid(f"the key {key} is in {origins[key]} too", title, key)
            origins[key] = title
            tag = f"{SECRET_TAG} " if kind == "Secret" else ""
            lines.append(f"{yaml_scalar(key)}: {tag}{_written(value, secret=bool(tag))}")
    return "".join(f"{line}\n" for line in lines)


def _texts(manifest: Manifest, title: str) -> Iterator[tuple[str, str]]:
    for key in manifest.get("binaryData") or {}:
        raise _binary(title, key)
    for key, value in (manifest.get("data") or {}).items():
        if "\x00" in value:
            raise _binary(title, key)
        yield key, value


def _secrets(manifest: Manifest, title: str) -> Iterator[tuple[str, str]]:
    for key, value in (manifest.get("data") or {}).items():
        try:
            text = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise _binary(title, key) from None
        if "\x00" in text:
            raise _binary(title, key)
        if text.startswith("ref:"):
            raise _invalid(f"the value of {key} begins with `ref:`, as references to secrets do", title, key)
        yield key, text


def _written(value: str, *, secret: bool) -> str:
    if "\n" in value:
        return yaml_text(value)
    return quoted(value) if secret else yaml_scalar(value)


def _binary(title: str, key: str) -> ImportInvalid:
    return _invalid(f"the value of {key} is binary, and a config holds text", title, key)


def _invalid(message: str, title: str, key: str) -> ImportInvalid:
    return ImportInvalid(
        message,
        subject=title,
        hint="Leave this object out, and write its other keys by hand.",
        place=Place(title, key=key),
    )
