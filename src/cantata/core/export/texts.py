"""What Helm would write in another way than Cantata: scalars as they are written, and subtrees as files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from cantata.core.config import SecretText
from cantata.core.delivery import Entry, entries
from cantata.core.delivery.entries import within
from cantata.core.delivery.formats import exact, format_subtree
from cantata.core.export.facts import Facts
from cantata.core.model.templates import DeliverAs, Delivery
from cantata.core.values import Effective, Leaf

LARGEST = 2**53
"""Integers above are rounded by Helm, which reads every number as a float."""

MARK = "<<cantata:{}>>"
"""What stands for a secret in the text of a file."""

PLAIN = re.compile(r"-?[0-9]+\.[0-9]+")
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def texts_of(values: Effective, facts: Facts) -> dict[str, Any]:
    """For `global.cantata`; nothing where no config is delivered."""
    deliveries = [each for service in facts.services.values() for each in service.delivery]
    known: Sequence[Entry] = entries(values) if facts.config or deliveries else ()
    return {"written": written(values.leaves, known), "files": formatted(deliveries, known)}


def by_path(entry: Entry) -> tuple[str, ...]:
    """The order in which they are delivered."""
    return entry.path


def _marked(entry: Entry) -> Entry:
    if not entry.secret:
        return entry
    mark = MARK.format(entry.key)
    return Entry(entry.path, mark, mark)


def written(leaves: Iterable[Leaf], entries: Iterable[Entry]) -> dict[str, Any]:
    """Scalars and lists by key whose text as an entry is not what Helm would print."""
    texts = {entry.key: entry for entry in entries}
    found = {}
    for leaf in leaves:
        entry = texts.get(leaf.key)
        if entry is None or entry.secret or isinstance(leaf.value, str):
            continue
        if printed(leaf.value) != entry.reveal():
            found[leaf.key] = {"value": exact(entry), "text": entry.reveal()}
    return found


def printed(value: Any) -> str | None:
    """What the exported chart makes of a value, or None where that is not certain."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) < LARGEST else None
    if isinstance(value, float):
        if value.is_integer() and abs(value) < LARGEST:
            return f"{value:.0f}"
        text = repr(value)
        return text if PLAIN.fullmatch(text) else None
    return _json(value)


def _json(value: Any) -> str | None:
    """As Go's encoder writes it: keys sorted, whole numbers without a point."""
    if isinstance(value, str):
        return None if CONTROL.search(value) else msgspec.json.encode(value).decode()
    if isinstance(value, dict):
        items = [(key, _json(key), _json(value[key])) for key in sorted(value)]
        if any(name is None or text is None for _, name, text in items):
            return None
        return "{" + ",".join(f"{name}:{text}" for _, name, text in items) + "}"
    if isinstance(value, list):
        texts = [_json(item) for item in value]
        return None if None in texts else "[" + ",".join(str(text) for text in texts) + "]"
    return "null" if value is None else printed(value)


def formatted(deliveries: Iterable[Delivery], entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """The texts of the files that hold a whole subtree, with the values that they were made from: Helm would
    write some of it in another way. Marks stand for secrets, which must be texts."""
    leaves = {entry.key for entry in entries}
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for each in deliveries:
        if each.as_ is not DeliverAs.FILE or not each.format or each.directory or each.key in leaves:
            continue
        below = sorted((entry for entry in entries if within(entry.key, each.key)), key=by_path)
        if below and all(isinstance(entry.value, str | SecretText) for entry in below if entry.secret):
            below = [_marked(entry) for entry in below]
            found[each.key, each.format] = {
                "key": each.key,
                "format": each.format,
                "value": msgspec.json.decode(format_subtree(below, each.key, "json")),
                "text": format_subtree(below, each.key, each.format),
            }
    return list(found.values())
