"""Bring an older version of a config back, as its newest."""

from __future__ import annotations

from cantata.actions.ports import Ports
from cantata.actions.save_config import Save, save_config
from cantata.actions.show_config import show_config
from cantata.core.model.access import Actor
from cantata.core.model.configs import ConfigVersion, VersionRef


async def rollback_config(
    ports: Ports,
    actor: Actor,
    project: str,
    name: str,
    version: VersionRef,
    *,
    message: str = "",
    expected: int | None = None,
) -> ConfigVersion:
    """Text and parent are those of that version. Raises `ConfigVersionNotFound`, `ConfigTagNotFound`, and
    what `save_config` raises: a parent may be gone by now."""
    found = await show_config(ports, project, name, version)
    message = message or f"rolled back to {name}@{found.number}"
    save = Save(name, found.text, found.extends, message, expected, verb="roll back")
    return await save_config(ports, actor, project, save)
