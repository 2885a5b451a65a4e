"""Save the whole text of a config's next version."""

from __future__ import annotations

from cantata.actions.ports import Ports
from cantata.actions.save_config import KEEP, Keep, Save, save_config
from cantata.core.model.access import Actor
from cantata.core.model.configs import ConfigVersion, Extends


async def edit_config(
    ports: Ports,
    actor: Actor,
    project: str,
    name: str,
    text: str,
    *,
    extends: Extends | Keep | None = KEEP,
    message: str = "",
    expected: int | None = None,
) -> ConfigVersion:
    """`expected` is the version that the editor began with. Raises what `save_config` raises."""
    return await save_config(ports, actor, project, Save(name, text, extends, message, expected))
