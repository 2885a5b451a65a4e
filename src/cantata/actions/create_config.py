"""Create a config with its first version."""

from __future__ import annotations

from collections.abc import Mapping

from cantata.actions.ports import Ports
from cantata.actions.save_config import Save, save_config
from cantata.core.model.access import Actor
from cantata.core.model.configs import ConfigVersion, Extends
from cantata.core.model.errors import check_labels, check_name


async def create_config(
    ports: Ports,
    actor: Actor,
    project: str,
    name: str,
    text: str,
    *,
    extends: Extends | None = None,
    message: str = "",
    labels: Mapping[str, str] | None = None,
) -> ConfigVersion:
    """Raises `NameInvalid`, `LabelInvalid`, `NameTaken`, and what `save_config` raises."""
    check_name("config", name)
    check_labels(f"config {name}", labels or {})
    save = Save(name, text, extends, message, new=True, labels=dict(labels or {}), verb="create")
    return await save_config(ports, actor, project, save)
