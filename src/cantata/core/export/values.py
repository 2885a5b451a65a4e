"""The values of one environment as a file for `helm install -f`, secrets apart, and what Helm reads of them
in another way than Cantata."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from cantata.core.config import Path
from cantata.core.config.quoting import yaml_lines, yaml_scalar, yaml_text
from cantata.core.delivery.entries import Entry, within
from cantata.core.delivery.formats import exact, format_subtree
from cantata.core.model.templates import DeliverAs, Delivery
from cantata.core.values import Effective, LayerKind, Leaf
from cantata.core.values.layers import revealed

LARGEST = 2**53
"""Integers above are rounded by Helm, which reads every number as a float."""

PLAIN = re.compile(r"-?[0-9]+\.[0-9]+")
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
PATH = ("global", "cantata")


@dataclass(frozen=True, slots=True)
class Values:
    """`plain` are values without secrets, `secrets` those alone, `keys` their keys; `settings` is what stands
    below `global.cantata`."""

    plain: dict[str, Any]
    secrets: dict[str, Any]
    keys: tuple[str, ...]
    settings: dict[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Without secrets."""
        document = dict(self.plain)
        settings = {name: each for name, each in self.settings.items() if each}
        if self.keys:
            settings["secrets"] = list(self.keys)
        if settings:
            document["global"] = {**_map(document.get("global")), "cantata": settings}
        return document

    def whole(self) -> dict[str, Any]:
        """With them, as Helm merges the two files."""
        return _merged(self.document(), self.secrets)

    def text(self, head: str) -> str:
        return head + _yaml(self.document())

    def secrets_text(self, head: str) -> str:
        return head + _yaml(self.secrets) if self.secrets else ""


def _merged(under: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        both = isinstance(below, dict) and isinstance(value, dict)
        merged[key] = _merged(below, value) if both and below is not None else value
    return merged


def split_values(values: Effective) -> Values:
    """What the user gives over the chart's defaults. In place of a secret stands null, which takes the
    chart's default away, so that it must be given."""
    hidden = {leaf.path: leaf for leaf in values.leaves if leaf.secret}
    given = values.values()
    return Values(
        plain=_without(given, (), hidden),
        secrets=_only(given, (), hidden) or {},
        keys=tuple(sorted(leaf.key for leaf in hidden.values())),
    )


def layer_values(values: Effective) -> Values:
    """What the overrides of a service say, the strongest layer alone."""
    own = [leaf for leaf in values.leaves if leaf.origin.kind is LayerKind.SERVICE]
    plain: dict[str, Any] = {}
    secrets: dict[str, Any] = {}
    for leaf in own:
        _put(plain, leaf.path, None if leaf.secret else leaf.value)
        if leaf.secret:
            _put(secrets, leaf.path, revealed(leaf.value))
    return Values(plain, secrets, tuple(leaf.key for leaf in own if leaf.secret))


def _put(into: dict[str, Any], path: Path, value: Any) -> None:
    *above, last = path
    for part in above:
        into = into.setdefault(part, {})
    into[last] = value


def _without(value: Any, path: Path, hidden: Mapping[Path, Leaf]) -> Any:
    if path in hidden:
        return None
    if isinstance(value, dict):
        return {key: _without(item, (*path, key), hidden) for key, item in value.items()}
    return value


def _only(value: Any, path: Path, hidden: Mapping[Path, Leaf]) -> Any:
    """The secrets alone, None where there are none."""
    if path in hidden:
        return value
    if not isinstance(value, dict):
        return None
    found = {key: _only(item, (*path, key), hidden) for key, item in value.items()}
    return {key: item for key, item in found.items() if item is not None} or None


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
    write the same in another order. None with a secret in it."""
    leaves = {entry.key for entry in entries}
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for each in deliveries:
        if each.as_ is not DeliverAs.FILE or not each.format or each.directory or each.key in leaves:
            continue
        below = [entry for entry in entries if within(entry.key, each.key)]
        if below and not any(entry.secret for entry in below):
            found[each.key, each.format] = {
                "key": each.key,
                "format": each.format,
                "value": msgspec.json.decode(format_subtree(below, each.key, "json")),
                "text": format_subtree(below, each.key, each.format),
            }
    return list(found.values())


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _yaml(document: Mapping[str, Any]) -> str:
    return "".join(f"{line}\n" for line in _lines(dict(document), ""))


def _lines(value: Mapping[str, Any], pad: str) -> Iterator[str]:
    """Texts of several lines as blocks that people can read."""
    for key, item in value.items():
        head = f"{pad}{yaml_scalar(key)}:"
        if isinstance(item, dict) and item:
            yield head
            yield from _lines(item, f"{pad}  ")
        elif isinstance(item, str) and "\n" in item:
            yield f"{head} {yaml_text(item, pad)}"
        elif isinstance(item, list) and item:
            yield head
            yield from (f"{pad}  {line}" for line in yaml_lines(item))
        else:
            yield f"{head} {yaml_scalar(item)}"
