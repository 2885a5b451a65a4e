"""Make a new config from a version of another."""

from __future__ import annotations

from collections.abc import Mapping

from cantata.actions.create_config import create_config
from cantata.actions.ports import Ports
from cantata.actions.show_config import show_config
from cantata.core.model.access import Actor
from cantata.core.model.configs import ConfigVersion, VersionRef


async def copy_config(
    ports: Ports,
    actor: Actor,
    project: str,
    source: str,
    name: str,
    *,
    version: VersionRef | None = None,
    message: str = "",
    labels: Mapping[str, str] | None = None,
) -> ConfigVersion:
    """Text and parent of that version, by default the latest; secrets are the same ones, by reference.
    Raises `ConfigNotFound`, `ConfigVersionNotFound`, `ConfigTagNotFound`, and what `create_config` raises."""
    found = await show_config(ports, project, source, version)
    return await create_config(
        ports,
        actor,
        project,
        name,
        found.text,
        extends=found.extends,
        message=message or f"copied from {source}@{found.number}",
        labels=labels,
    )
