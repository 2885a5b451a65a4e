"""The leaves of a config as the rows that search and history keep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from cantata.core.config.document import ConfigDocument, ConfigLeaf, Path, Secret
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
