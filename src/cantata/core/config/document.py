"""A config text, checked and taken apart: what it holds, key by key, and which values are secret."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from cantata.core.config.errors import ConfigInvalid
from cantata.core.config.scalars import SECRET_TAG, find_span, line_starts
from cantata.core.config.secret_text import MASK, SecretText
from cantata.core.model.charts import YamlDocument, YamlNode
from cantata.errors import Detail, Place

Path = tuple[str, ...]
"""Map keys and list indexes, as text."""

MAX_BYTES = 1 << 20
MAX_DEPTH = 64
MAX_KEY = 253
"""Of a ConfigMap's key, which a path joined by `.` becomes."""

KEY = re.compile(r"[-._a-zA-Z0-9]+")
REFERENCE = re.compile(r"ref:([A-Za-z0-9_-]+)")
TAGS = frozenset({"!!map", "!!seq", "!!str", "!!int", "!!float", "!!bool", "!!null", SECRET_TAG})
BEFORE_DOCUMENT = re.compile(r"\ufeff?(?:%.*|\s*(?:#.*)?)")
MARKER = re.compile(r"---(?:\s|\Z)")


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret in a text: a new `value`, or the id (`ref`) of one that is already kept."""

    ref: str = ""
    value: SecretText | None = None


@dataclass(frozen=True, slots=True)
class ConfigLeaf:
    """A scalar, a list, or an empty map. `text` is a scalar's content as written, `value` its JSON; of
    secrets both are the mask. `secret` says that the leaf is or holds a secret."""

    path: Path
    text: str
    value: Any
    tag: str
    line: int
    column: int
    secret: bool = False

    @property
    def key(self) -> str:
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class ConfigDocument:
    """`value` is the document as JSON with a `Secret` where one stands; `leaves` come in the order of the
    text; `secrets` are those by path, list items included."""

    value: dict[str, Any]
    leaves: tuple[ConfigLeaf, ...]
    secrets: dict[Path, Secret] = field(default_factory=dict)


def parse_config(text: str, document: YamlDocument, *, name: str) -> ConfigDocument:
    """Raises `ConfigInvalid` with every trouble of the text in `details`."""
    return _Reading(text, document, name).document()


def mask(document: ConfigDocument) -> dict[str, Any]:
    """The document for showing: plain JSON, every secret `****`."""
    shown: dict[str, Any] = _masked(document.value)
    return shown


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_masked(item) for item in value]
    return MASK if isinstance(value, Secret) else value


SameSecret = Callable[[Secret, Secret], bool]
"""Whether two secrets that are written differently have the same value. Only who can open them knows."""


def never_same(_one: Secret, _other: Secret) -> bool:
    return False


def same_value(one: Any, other: Any, same_secret: SameSecret = never_same) -> bool:
    """Equal with equal types: 1 is not true."""
    if isinstance(one, Secret) and isinstance(other, Secret):
        return one == other or same_secret(one, other)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(
            same_value(value, other[key], same_secret) for key, value in one.items()
        )
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(
            same_value(*pair, same_secret) for pair in zip(one, other, strict=True)
        )
    return type(one) is type(other) and bool(one == other)


class _Reading:
    """One text on its way through the rules. One use."""

    def __init__(self, text: str, document: YamlDocument, name: str) -> None:
        self._text = text
        self._document = document
        self._name = name
        self._starts = line_starts(text)
        self._troubles: list[Detail] = []
        self._lists: set[Path] = set()

    def document(self) -> ConfigDocument:
        self._check_whole()
        value = msgspec.json.decode(self._document.value)
        if value is None:
            value = {}
        if not isinstance(value, dict):
            root = self._document.nodes[0] if self._document.nodes else YamlNode((), "", "", 1, 1)
            self._trouble(root, "a config must be a map of keys to values at its top")
            self._raise()
        self._lists = {node.path for node in self._document.nodes if node.kind == "list"}
        for node in self._document.nodes:
            self._check_node(node)
        self._check_collisions()
        secrets = {node.path: secret for node in self._secret_nodes() if (secret := self._secret(node))}
        self._raise()
        return ConfigDocument(
            value=_placed(value, (), secrets), leaves=tuple(self._leaves(value, secrets)), secrets=secrets
        )

    def _raise(self) -> None:
        if not self._troubles:
            return
        first, more = self._troubles[0], len(self._troubles) - 1
        also = f" (and {more} more)" if more else ""
        raise ConfigInvalid(
            f"{first.message}{also}",
            subject=f"config {self._name}",
            hint="Correct the text and save it again.",
            place=first.place,
            details=self._troubles,
        )

    def _trouble(self, node: YamlNode, message: str, *, at_key: bool = False) -> None:
        line, column = (node.key_line, 0) if at_key and node.key_line else (node.line, node.column)
        if at_key:
            column = self._key_column(node)
        place = Place(f"config {self._name}", line, column, ".".join(node.path))
        self._troubles.append(Detail(message, place))

    def _key_column(self, node: YamlNode) -> int:
        """Where the key begins in its line. A line may hold the same word twice (`a: {a: 1}`): the last one
        before the value counts."""
        if not 0 < node.key_line <= len(self._starts) or not node.path:
            return node.column
        start = self._starts[node.key_line - 1]
        if node.line == node.key_line:
            before = self._text[start : start + node.column - 1]
        else:
            before = self._text[start:].partition("\n")[0]
        found = before.rfind(node.path[-1] or '""')
        return found + 1 if found >= 0 else 1

    def _check_whole(self) -> None:
        size = len(self._text.encode())
        top = YamlNode((), "map", "!!map", 1, 1)
        if size > MAX_BYTES:
            self._trouble(top, f"the text has {size} bytes, allowed are {MAX_BYTES}")
            self._raise()
        begun = False
        for number, line in enumerate(self._text.split("\n"), 1):
            if begun and MARKER.match(line):
                self._trouble(YamlNode((), "", "", number, 1), "a config is one document: take `---` away")
                break
            begun = begun or not BEFORE_DOCUMENT.fullmatch(line)

    def _in_list(self, path: Path) -> bool:
        return any(path[:length] in self._lists for length in range(len(path)))

    def _check_node(self, node: YamlNode) -> None:
        if len(node.path) > MAX_DEPTH:
            if len(node.path) == MAX_DEPTH + 1:
                self._trouble(node, f"the text is nested deeper than {MAX_DEPTH}")
            return
        if node.path and node.path[:-1] not in self._lists:
            self._check_key(node)
        if node.tag not in TAGS:
            self._trouble(node, f"the tag {node.tag} is not known; a secret is written `!secret`")
        elif node.tag == SECRET_TAG and node.kind != "scalar":
            self._trouble(node, f"`!secret` belongs to a single value, not to a {node.kind}")
        elif node.kind == "scalar" and "\x00" in node.text:
            self._trouble(node, "a value cannot hold a NUL character")

    def _check_key(self, node: YamlNode) -> None:
        key = node.path[-1]
        if node.key_tag != "!!str":
            kind = node.key_tag.removeprefix("!!")
            message = f'the key {key} is read as {kind}, not as text: write "{key}" in quotes'
            self._trouble(node, message, at_key=True)
        elif self._in_list(node.path):
            return
        elif not KEY.fullmatch(key):
            shown = key if key.isprintable() and key else repr(key)
            message = f"the key {shown} may only have letters, digits, `-`, `_` and `.`"
            self._trouble(node, message, at_key=True)
        elif key.startswith("..") or key == ".":
            self._trouble(node, f"the key {key} cannot be the name of a file", at_key=True)
        elif len(".".join(node.path)) > MAX_KEY:
            message = f"the key's path has {len('.'.join(node.path))} characters, allowed are {MAX_KEY}"
            self._trouble(node, message, at_key=True)

    def _check_collisions(self) -> None:
        """`a.b` written as one key and `b` inside of `a` would be one entry."""
        known: dict[str, YamlNode] = {}
        for node in self._document.nodes:
            if not node.path or self._in_list(node.path):
                continue
            first = known.setdefault(".".join(node.path), node)
            if first is not node:
                message = f"the key {'.'.join(node.path)} is already set in line {first.key_line}"
                self._trouble(node, message, at_key=True)

    def _secret_nodes(self) -> Iterator[YamlNode]:
        return (node for node in self._document.nodes if node.tag == SECRET_TAG and node.kind == "scalar")

    def _secret(self, node: YamlNode) -> Secret | None:
        if find_span(self._text, self._starts, node) is None:
            message = "`!secret` must stand right before its value (an anchor before it, a comment behind)"
            self._trouble(node, message)
            return None
        if not node.text.startswith("ref:"):
            return Secret(value=SecretText(node.text))
        match = REFERENCE.fullmatch(node.text)
        if match is None:
            message = "a reference to a secret is `!secret ref:<id>`; a new value cannot begin with `ref:`"
            self._trouble(node, message)
            return None
        return Secret(ref=match[1])

    def _leaves(self, value: dict[str, Any], secrets: dict[Path, Secret]) -> Iterator[ConfigLeaf]:
        holders = {path[:length] for path in secrets for length in range(1, len(path) + 1)}
        for node in self._document.nodes:
            if not node.path or self._in_list(node.path):
                continue
            found = value_at(value, node.path)
            if isinstance(found, dict) and found:
                continue
            secret = node.path in holders
            shown = _masked(_placed(found, node.path, secrets))
            text = MASK if secret else node.text
            yield ConfigLeaf(node.path, text, shown, node.tag, node.line, node.column, secret)


def value_at(value: Any, path: Path) -> Any:
    """What stands at a path of a `ConfigDocument.value`."""
    for part in path:
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def _placed(value: Any, path: Path, secrets: dict[Path, Secret]) -> Any:
    """A copy with the secrets in their places."""
    if path in secrets:
        return secrets[path]
    if isinstance(value, dict):
        return {key: _placed(item, (*path, key), secrets) for key, item in value.items()}
    if isinstance(value, list):
        return [_placed(item, (*path, str(index)), secrets) for index, item in enumerate(value)]
    return value
