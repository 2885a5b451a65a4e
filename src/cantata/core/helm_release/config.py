"""The values that the user of a release gave, as the text of a config."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from cantata.core.bundle.secrecy import looks_secret
from cantata.core.config.document import KEY, MAX_KEY
from cantata.core.config.quoting import quoted, yaml_lines, yaml_scalar, yaml_text
from cantata.core.config.scalars import SECRET_TAG

Path = tuple[str, ...]


class ReleaseConfig(msgspec.Struct, frozen=True):
    """`text` is the config, `shown` the same with masks for secrets. `values` are those of the config,
    `secrets` the keys that are tagged. `moved` are values that no config can hold, such as annotations with a
    `/` in their keys: they belong into the chart's values."""

    text: str
    shown: str
    values: dict[str, Any]
    secrets: tuple[str, ...]
    moved: dict[str, Any]


def config_of(values: Mapping[str, Any] | None, mask: str, comment: str) -> ReleaseConfig:
    """Values whose names look secret are tagged. `comment` is the first line."""
    kept, moved = _parted(values or {}, ())
    secrets = [path for path, text in _texts(kept, ()) if _is_secret(path, text)]
    tagged = frozenset(secrets)
    return ReleaseConfig(
        text=_text(comment, _lines(kept, (), tagged, "")),
        shown=_text(comment, _lines(kept, (), tagged, mask)),
        values=kept,
        secrets=tuple(".".join(path) for path in secrets),
        moved=moved,
    )


def _text(comment: str, lines: Iterator[str]) -> str:
    return "".join(f"{line}\n" for line in (f"# {comment}", *lines))


def merged(defaults: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Maps merge, everything else is replaced, as Helm merges values. A null deletes."""
    found = dict(defaults)
    for name, value in over.items():
        inner = found.get(name)
        if value is None:
            found.pop(name, None)
        elif isinstance(value, dict) and isinstance(inner, dict):
            found[name] = merged(inner, value)
        else:
            found[name] = value
    return found


def _parted(values: Mapping[str, Any], path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a config can hold, and what not."""
    kept: dict[str, Any] = {}
    moved: dict[str, Any] = {}
    for name, value in values.items():
        whole = (*path, name)
        if not KEY.fullmatch(name) or name.startswith("..") or name == "." or len(".".join(whole)) > MAX_KEY:
            moved[name] = value
        elif isinstance(value, dict) and value:
            inner, other = _parted(value, whole)
            kept |= {name: inner} if inner else {}
            moved |= {name: other} if other else {}
        else:
            kept[name] = value
    return kept, moved


def _texts(values: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, str]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _texts(value, (*path, name))
        elif isinstance(value, str):
            yield (*path, name), value


def _is_secret(path: Path, text: str) -> bool:
    """A reference to a secret would be taken for one of ours."""
    return looks_secret(path[-1], text) and not text.startswith("ref:") and "\x00" not in text


def _lines(values: Mapping[str, Any], path: Path, secrets: frozenset[Path], mask: str) -> Iterator[str]:
    pad = "  " * len(path)
    for name, value in values.items():
        head = f"{pad}{yaml_scalar(name)}:"
        whole = (*path, name)
        if isinstance(value, dict) and value:
            yield head
            yield from _lines(value, whole, secrets, mask)
        elif whole in secrets:
            yield f"{head} {SECRET_TAG} {quoted(mask or value)}"
        elif isinstance(value, list) and value:
            yield head
            yield from (f"{pad}  {line}" for line in yaml_lines(value))
        elif isinstance(value, str) and "\n" in value and not value.endswith("\n\n"):
            yield f"{head} {yaml_text(value, pad)}"
        else:
            yield f"{head} {yaml_scalar(value)}"
