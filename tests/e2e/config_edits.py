"""Random edits of config texts: values set, retyped, removed, added and nulled."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from random import Random
from typing import Any

import yaml

Path = tuple[str, ...]
Leaves = dict[Path, str]
"""Each value as it is written in YAML, by its path."""

OTHERS = (
    "7", "0", "-1", "1.50", "1e3", "017", "true", "~", '""', "other", '"017"', "[]", "[a, b]", "{}",
    "{ a: b }", "[{ name: c }]", "!secret hunter2-hunter2", '"two\\nlines\\n"', "'{{ .Values.x }}'",
)  # fmt: skip
"""Values of every type, some of which look like another."""


def leaves_of(text: str) -> Leaves:
    """What a text says; lists are one value."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    return dict(_leaves((), node)) if node is not None else {}


def _leaves(path: Path, node: Any) -> Iterable[tuple[Path, str]]:
    if isinstance(node, yaml.MappingNode) and node.value:
        for key, value in node.value:
            yield from _leaves((*path, key.value), value)
    elif isinstance(node, yaml.ScalarNode):
        secret = "!secret " if node.tag == "!secret" else ""
        yield path, secret + (json.dumps(node.value) if secret or node.style else node.value or "~")
    else:
        yield path, json.dumps(yaml.SafeLoader("").construct_document(node))


def text_of(leaves: Mapping[Path, str]) -> str:
    """In block style, keys quoted."""
    lines: list[str] = []
    open_: Path = ()
    for path in sorted(leaves):
        shared = next((n for n, pair in enumerate(zip(open_, path[:-1], strict=False)) if pair[0] != pair[1]),
                      min(len(open_), len(path) - 1))  # fmt: skip
        lines += [f"{'  ' * depth}{json.dumps(path[depth])}:" for depth in range(shared, len(path) - 1)]
        lines.append(f"{'  ' * (len(path) - 1)}{json.dumps(path[-1])}: {leaves[path]}")
        open_ = path[:-1]
    return "\n".join(lines) + "\n" if lines else "{}\n"


class Edits:
    """From a seed. `known` are values that somebody sets or reads; `read` are those paths of them that are
    drawn more often."""

    def __init__(self, seed: int, known: Mapping[Path, str], read: Iterable[Path] = ()) -> None:
        self._random = Random(seed)
        self._known = dict(known)
        self._paths = sorted(known)
        self._read = sorted(read)

    def choose(self, *of: str) -> str:
        return self._random.choice(of)

    def of(self, leaves: Leaves) -> Leaves:
        """The same with one to three edits."""
        leaves = dict(leaves)
        for _ in range(self._random.choice((1, 1, 1, 2, 3))):
            self._random.choice((self._set, self._set, self._set, self._retype, self._remove, self._add))(
                leaves
            )
        return leaves

    def _path(self) -> Path:
        return self._random.choice(self._read if self._read and self._random.random() < 0.5 else self._paths)

    def _set(self, leaves: Leaves) -> None:
        path = self._path()
        _put(leaves, path, self._alike(leaves.get(path, self._known.get(path, "new"))))

    def _retype(self, leaves: Leaves) -> None:
        _put(leaves, self._path(), self._random.choice(OTHERS))

    def _remove(self, leaves: Leaves) -> None:
        """A value, or all that is below one of the first keys."""
        if leaves:
            gone = self._random.choice(sorted(leaves))
            gone = gone[: self._random.choice((len(gone), len(gone), 1))]
            for path in [path for path in leaves if path[: len(gone)] == gone]:
                del leaves[path]

    def _add(self, leaves: Leaves) -> None:
        _put(leaves, (*self._path()[:-1], f"extra{self._random.randint(1, 9)}"), self._random.choice(OTHERS))

    def _alike(self, value: str) -> str:
        match yaml.safe_load(value.removeprefix("!secret ")):
            case bool(now):
                return "false" if now else "true"
            case int(number):
                return str(number + 1)
            case str(text) if value.startswith("!secret "):
                return f"!secret {json.dumps(text + 'x')}"
            case str(text):
                return json.dumps(text + "x")
            case list(items):
                return json.dumps([*items, *(items[:1] or ["more"])])
        return self._random.choice(OTHERS)


def _put(leaves: Leaves, path: Path, value: str) -> None:
    """Takes the place of what is above and below it."""
    for other in [each for each in leaves if each[: len(path)] == path or path[: len(each)] == each]:
        del leaves[other]
    leaves[path] = value
