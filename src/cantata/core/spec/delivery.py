"""One item of `delivery:` and which of its fields fit together."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from cantata.core.model.templates import DeliverAs, Delivery, UpdateMode
from cantata.core.spec.reading import Path, Reading, describe, suggest

FORMATS = ("yaml", "json", "properties", "dotenv")
FIELDS: Mapping[str, str] = {
    "as": "as_",
    "prefix": "prefix",
    "keys": "keys",
    "mountPath": "mount_path",
    "key": "key",
    "format": "format",
    "directory": "directory",
    "containers": "containers",
    "update": "update",
}
"""The field of `Delivery` for each key of an item."""

FITTING: Mapping[DeliverAs, frozenset[str]] = {
    DeliverAs.ENV: frozenset({"as", "prefix", "keys", "containers", "update"}),
    DeliverAs.FILE: frozenset(FIELDS) - {"prefix"},
}
ENV_PREFIX = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def read_delivery(reading: Reading, value: Any, path: Path) -> Delivery | None:
    """None when the item is too broken to mean anything; its troubles are noted."""
    readers: dict[str, Callable[[Any, Path], Any]] = {
        "as": lambda item, at: reading.word(DeliverAs, item, at, DeliverAs.ENV),
        "prefix": reading.text,
        "keys": reading.texts,
        "mountPath": reading.text,
        "key": reading.text,
        "format": lambda item, at: _format(reading, item, at),
        "directory": reading.flag,
        "containers": reading.texts,
        "update": lambda item, at: reading.word(UpdateMode, item, at, UpdateMode.ROLLOUT),
    }
    before = len(reading.troubles)
    given = reading.fields(value, path, readers)
    if "as" not in given and len(reading.troubles) == before:
        reading.trouble(path, "a delivery needs `as: env` or `as: file`", at_key=False)
    if len(reading.troubles) > before:
        return None
    for key in given:
        if key not in FITTING[given["as"]]:
            reading.trouble((*path, key), f"`{key}` does not fit `as: {given['as']}`")
    delivery = Delivery(**{FIELDS[key]: item for key, item in given.items()})
    check = _check_env if delivery.as_ is DeliverAs.ENV else _check_file
    check(reading, delivery, path)
    return delivery


def _format(reading: Reading, value: Any, path: Path) -> str:
    text = reading.text(value, path)
    if text and text not in FORMATS:
        hint = suggest(text, FORMATS)
        reading.trouble(path, f"`format` cannot be {describe(value)}; {hint}", at_key=False)
    return text


def _check_env(reading: Reading, delivery: Delivery, path: Path) -> None:
    if delivery.prefix and not ENV_PREFIX.fullmatch(delivery.prefix):
        rule = "only letters, digits and `_`, no digit first"
        reading.trouble((*path, "prefix"), f"`{delivery.prefix}` cannot begin a variable's name: {rule}")
    if delivery.update is UpdateMode.IN_PLACE:
        message = "`update: inPlace` does not fit `as: env`: a running process keeps its environment"
        reading.trouble((*path, "update"), message)


def _check_file(reading: Reading, delivery: Delivery, path: Path) -> None:
    mount = delivery.mount_path
    if not mount:
        reading.trouble(path, "a delivery `as: file` needs `mountPath`", at_key=False)
    elif not mount.startswith("/") or mount.strip("/") == "" or ":" in mount or ".." in mount.split("/"):
        rule = "an absolute path below `/`, without `..` or `:`"
        reading.trouble((*path, "mountPath"), f"`{mount}` is not a place to mount at: give {rule}")
    if delivery.directory:
        for name, given in (("key", delivery.key), ("format", delivery.format)):
            if given:
                hint = "choose the files of a folder by `keys`, or leave `directory` away"
                reading.trouble((*path, name), f"`{name}` does not fit `directory: true`; {hint}")
        return
    if not delivery.key and not delivery.format:
        hint = "`key` for one entry, `format` for the whole config as one file, or `directory: true`"
        reading.trouble(path, f"a delivery `as: file` must say what the file holds: {hint}", at_key=False)
    if delivery.keys:
        hint = "for one file say `key`, for a folder of files add `directory: true`"
        reading.trouble((*path, "keys"), f"`keys` does not fit a single file; {hint}")
    if delivery.update is UpdateMode.IN_PLACE:
        message = "`update: inPlace` needs `directory: true`: a file that is mounted alone never changes"
        reading.trouble((*path, "update"), message)
