"""The values of one environment as a file for `helm install -f`, secrets apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cantata.core.config import Path
from cantata.core.config.quoting import yaml_lines, yaml_scalar, yaml_text
from cantata.core.values import Effective, LayerKind, Leaf
from cantata.core.values.layers import revealed


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
