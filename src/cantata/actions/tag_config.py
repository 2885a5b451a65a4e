"""Tags: names for versions of a config."""

from __future__ import annotations

from collections.abc import Sequence

from cantata.actions.audit import audit
from cantata.actions.config_number import find_number
from cantata.actions.ports import Ports
from cantata.core.model.access import Actor
from cantata.core.model.configs import ConfigTag, VersionRef
from cantata.core.model.errors import check_tag
from cantata.ports import Records


async def list_tags(ports: Ports, project: str, name: str) -> Sequence[ConfigTag]:
    """By name. Raises `ConfigNotFound`."""
    return await ports.store.read(lambda records: records.configs.tags(records.configs.get(project, name)))


async def tag_config(
    ports: Ports, actor: Actor, project: str, name: str, tag: str, version: VersionRef | None
) -> ConfigTag:
    """By default the latest version. A tag that is there already stays where it is. Raises `TagInvalid`,
    `NameTaken`, `ConfigNotFound`, `ConfigVersionNotFound`, `ConfigTagNotFound`."""
    check_tag(f"config {name}", tag)

    def write(records: Records) -> ConfigTag:
        config = records.configs.get(project, name)
        made = records.configs.tag(config, tag, find_number(records, config, version) or config.latest)
        audit(records, actor, project, "tag", "config", name, f"version {made.number} as {tag}")
        return made

    return await ports.store.write(write)


async def untag_config(ports: Ports, actor: Actor, project: str, name: str, tag: str) -> None:
    """The version stays. Raises `ConfigNotFound`, `ConfigTagNotFound`."""

    def write(records: Records) -> None:
        records.configs.untag(records.configs.get(project, name), tag)
        audit(records, actor, project, "untag", "config", name, tag)

    await ports.store.write(write)
