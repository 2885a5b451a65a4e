"""Create a config with its first version."""

from __future__ import annotations

from cantata.actions.audit import audit
from cantata.actions.config_text import check_extends, check_text
from cantata.actions.ports import Ports
from cantata.core.model.access import Actor
from cantata.core.model.configs import ConfigVersion, Extends
from cantata.core.model.errors import check_name
from cantata.ports import Records


async def create_config(
    ports: Ports,
    actor: Actor,
    project: str,
    name: str,
    text: str,
    *,
    extends: Extends | None = None,
    message: str = "",
) -> ConfigVersion:
    """Raises `NameInvalid`, `NameTaken`, `YamlInvalid`, `ConfigInvalid`, `ConfigNotFound` (a
    parent), `ConfigExtendsCycle`."""
    check_name("config", name)
    checked = await check_text(ports, name, text)

    def write(records: Records) -> ConfigVersion:
        config = records.configs.create(project, name)
        check_extends(records, project, name, extends)
        stored = checked.store(records, project)
        version = records.configs.add_version(
            config, stored.text, extends=extends, author=actor.name, message=message, entries=stored.entries
        )
        audit(records, actor, project, "create", "config", name)
        return version

    return await ports.store.write(write)
