"""Tell one secret value of a config, to somebody whose name is kept with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from cantata.actions.audit import audit
from cantata.actions.layers import config_layers
from cantata.actions.ports import Ports
from cantata.core.config import SecretText
from cantata.core.model.access import Actor
from cantata.core.model.errors import ConfigKeyNotFound
from cantata.core.values import Leaf, effective
from cantata.core.values.layers import holds_secret, revealed
from cantata.errors import CantataError, Category
from cantata.ports import Records


class ConfigKeyNotSecret(CantataError):
    """The key is there and is no secret: it is shown without being revealed."""

    category = Category.INVALID


@dataclass(frozen=True, slots=True)
class Revealed:
    """A secret, and the layer that gives it."""

    value: SecretText
    origin: str


async def reveal_secret(
    ports: Ports, actor: Actor, project: str, name: str, key: str, version: int | str | None = None
) -> Revealed:
    """The effective value of `key`, which a parent may give. It is told only once the audit has kept who
    asked for what.

    Raises `ConfigNotFound`, `ConfigVersionNotFound`, `ConfigTagNotFound`, `ConfigKeyNotFound`,
    `ConfigKeyNotSecret`.
    """
    number = await ports.store.read(lambda records: _number(records, project, name, version))
    found = _find(effective(await config_layers(ports, project, name, number)).leaves, name, key)
    detail = f"{key[:200]} of version {number}, from {found.origin}"
    await ports.store.write(
        lambda records: audit(records, actor, project, "reveal", "config", name, detail),
    )
    return found


def _number(records: Records, project: str, name: str, version: int | str | None) -> int:
    config = records.configs.get(project, name)
    if isinstance(version, str):
        return records.configs.tagged(config, version)
    return records.configs.version(config, version).number


def _find(leaves: tuple[Leaf, ...], name: str, key: str) -> Revealed:
    for leaf in leaves:
        if leaf.value is not None and (key == leaf.key or key.startswith(f"{leaf.key}.")):
            value = _inside(leaf.value, key[len(leaf.key) + 1 :])
            if value is None:
                break
            if not holds_secret(value):
                raise ConfigKeyNotSecret(
                    f"{key[:200]} is no secret of config {name}",
                    subject=f"config {name}",
                    hint=f"`cantata config show {name} --effective` shows it.",
                )
            return Revealed(SecretText(_text(value)), leaf.origin.layer)
    raise ConfigKeyNotFound(name, key, [leaf.key for leaf in leaves])


def _inside(value: Any, rest: str) -> Any:
    """An item of a list, by its index, and what is in it."""
    for part in rest.split(".") if rest else ():
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isascii() and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def _text(value: Any) -> str:
    plain = revealed(value)
    return plain if isinstance(plain, str) else msgspec.json.encode(plain).decode()
