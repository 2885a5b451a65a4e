"""Which version is meant: people give its number or one of its tags, or neither for the latest."""

from __future__ import annotations

from cantata.actions.ports import Ports
from cantata.core.model.configs import Config, VersionRef
from cantata.core.model.errors import ConfigVersionNotFound
from cantata.ports import Records

LONGEST_NUMBER = 9


def find_number(records: Records, config: Config, version: VersionRef | None) -> int | None:
    """None for the latest. Whether there is a version of that number is not looked at. Raises
    `ConfigTagNotFound`, `ConfigVersionNotFound`."""
    if version is None or isinstance(version, int):
        return version
    if version.isascii() and version.isdecimal():
        if len(version) > LONGEST_NUMBER:
            raise ConfigVersionNotFound(f"{config.name}@{version[:40]}", of=config.name)
        return int(version)
    return records.configs.tagged(config, version)


async def pin_number(ports: Ports, project: str, name: str, version: VersionRef | None) -> int | None:
    """The number that a tag is on now. Raises `ConfigNotFound`, `ConfigTagNotFound`."""
    if version is None or isinstance(version, int):
        return version
    return await ports.store.read(
        lambda records: find_number(records, records.configs.get(project, name), version)
    )
