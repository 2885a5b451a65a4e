"""What a config text says, checked so that its keys work the same as variables, environment and files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from cantata.core.config.errors import ConfigInvalid
from cantata.core.config.secrets import SecretText
from cantata.core.model.charts import YamlDocument, YamlNode
from cantata.errors import Detail, Place

SECRET_TAG = "!secret"
TAGS = frozenset(
    {"!!str", "!!int", "!!float", "!!bool", "!!null", "!!map", "!!seq", "!!timestamp", SECRET_TAG}
)
KEY = re.compile(r"[-._a-zA-Z0-9]+")
"""What Kubernetes allows as a key of a ConfigMap."""

TEXT_LIMIT = 1024 * 1024
KEY_LIMIT = 253
REFERENCE = re.compile(r"ref:([A-Za-z0-9_-]+)")

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Secret:
    """A `!secret` scalar: a new value, or the id of one that is stored already."""

    value: SecretText | None = None
    ref: str = ""


@dataclass(frozen=True, slots=True)
class ConfigDocument:
    """`value` is the whole document as kubectl reads it, secrets as the text that stands there; `secrets` are
    by path."""

    value: Mapping[str, Any]
    secrets: Mapping[Path, Secret]


def parse_config(text: str, document: YamlDocument, *, name: str) -> ConfigDocument:
    """Raises `ConfigInvalid` with all troubles of the text."""
    file = f"config {name}"
    troubles = [Detail(message, place) for message, place in _troubles(text, document, file)]
    if troubles:
        first = troubles[0]
        more = f" (and {len(troubles) - 1} more)" if len(troubles) > 1 else ""
        raise ConfigInvalid(
            f"config {name} cannot be saved: {first.message}{more}",
            subject=file,
            place=first.place,
            hint="Correct the text and save again.",
            details=troubles,
        )
    value = msgspec.json.decode(document.value)
    return ConfigDocument(
        value=value or {},
        secrets={node.path: _secret(node) for node in document.nodes if node.tag == SECRET_TAG},
    )


def _secret(node: YamlNode) -> Secret:
    reference = REFERENCE.fullmatch(node.text.strip())
    return Secret(ref=reference[1]) if reference else Secret(value=SecretText(node.text))


def _troubles(text: str, document: YamlDocument, file: str) -> Iterator[tuple[str, Place]]:
    if len(text.encode()) > TEXT_LIMIT:
        yield f"the text is larger than {TEXT_LIMIT // 1024} KiB", Place(file)
    value = msgspec.json.decode(document.value)
    if value is not None and not isinstance(value, dict):
        yield "the document is not a map of keys", Place(file, 1)
        return
    lists: set[Path] = set()
    seen: dict[str, Path] = {}
    for node in document.nodes:
        if not node.path:
            continue
        inside_list = any(node.path[:depth] in lists for depth in range(1, len(node.path)))
        if node.kind == "list":
            lists.add(node.path)
        place = Place(file, node.key_line or node.line, node.column, ".".join(node.path))
        if node.tag not in TAGS:
            yield f"the tag {node.tag} means nothing here", place
        if node.tag == SECRET_TAG and (node.kind != "scalar" or inside_list):
            yield "only a single value outside of lists can be !secret", place
        if inside_list:
            continue
        key = node.path[-1]
        if node.key_tag != "!!str":
            yield f"the key {key!r} reads as {node.key_tag[2:]}: quote it", place
        if not KEY.fullmatch(key):
            yield f"the key {key!r} may only have letters, digits, '-', '_' and '.'", place
        dotted = ".".join(node.path)
        if len(dotted) > KEY_LIMIT:
            yield f"the key is longer than {KEY_LIMIT} characters", place
        if dotted in seen and seen[dotted] != node.path:
            yield f"{dotted!r} is written twice, once as a key with dots and once as a path", place
        seen.setdefault(dotted, node.path)
