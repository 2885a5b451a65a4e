"""The leaves of a config as the rows that search and history keep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from cantata.core.config.document import REFERENCE, ConfigDocument, ConfigLeaf, Path, Secret
from cantata.core.model.configs import ConfigEntry


def config_entries(document: ConfigDocument, ids: Mapping[Path, str]) -> tuple[ConfigEntry, ...]:
    """`ids` are the ids of the secrets that are new in the text, by path; a secret's text is its reference,
    so that a new value is a change and no value shows."""

    def reference(path: Path) -> str:
        return f"ref:{ids.get(path) or document.secrets[path].ref}"

    def plain(value: Any, path: Path) -> Any:
        if isinstance(value, Secret):
            return reference(path)
        if isinstance(value, dict):
            return {key: plain(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [plain(item, (*path, str(index))) for index, item in enumerate(value)]
        return value

    def text(leaf: ConfigLeaf) -> str:
        if leaf.path in document.secrets:
            return reference(leaf.path)
        value: Any = document.value
        for part in leaf.path:
            value = value[part]
        if isinstance(value, dict | list):
            return msgspec.json.encode(plain(value, leaf.path)).decode()
        return leaf.text

    return tuple(
        ConfigEntry(leaf.key, text(leaf), leaf.tag.lstrip("!"), leaf.line, leaf.secret)
        for leaf in document.leaves
    )


def entry_references(entries: Iterable[ConfigEntry]) -> dict[str, str]:
    """The ids of the secrets in the rows, by the parts of their paths joined by `.`. Where a list holds
    secrets, a plain text in it that looks like a reference is taken for one."""
    return {
        key: match[1]
        for entry in entries
        if entry.secret
        for key, text in _texts(
            entry.key, entry.text if entry.type == "secret" else msgspec.json.decode(entry.text)
        )
        if (match := REFERENCE.fullmatch(text))
    }


def _texts(key: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _texts(f"{key}.{name}", item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(f"{key}.{index}", item)
