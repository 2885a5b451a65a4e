"""Save a new version of a config."""

from __future__ import annotations

from cantata.actions.audit import audit
from cantata.actions.config_text import check_expected, check_extends, check_text
from cantata.actions.ports import Ports
from cantata.actions.request_review import review_users
from cantata.core.model.access import Actor
from cantata.core.model.configs import ConfigVersion, Extends
from cantata.ports import Records


class Keep:
    """Stands for "as it was" where None has a meaning of its own."""


KEEP = Keep()


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
    """Equal content makes no version: the latest is given back.

    `expected` is the version that the editor began with. Raises `ConfigNotFound`, `EditConflict`,
    `YamlInvalid`, `ConfigInvalid`, `ConfigExtendsCycle`.
    """
    checked = await check_text(ports, name, text)

    def write(records: Records) -> ConfigVersion:
        config = records.configs.get(project, name)
        latest = records.configs.version(config)
        check_expected(latest.number, expected, name)
        parent = latest.extends if isinstance(extends, Keep) else extends
        if latest.text == text and latest.extends == parent:
            return latest
        if parent != latest.extends:
            check_extends(records, project, name, parent)
        stored = checked.store(records, project)
        version = records.configs.add_version(
            config,
            stored.text,
            extends=parent,
            author=actor.name,
            message=message,
            entries=stored.entries,
            expected=latest.number,
        )
        audit(records, actor, project, "edit", "config", name, f"version {version.number}")
        review_users(records, actor, config, version.number)
        return version

    version = await ports.store.write(write)
    ports.wake()
    return version
