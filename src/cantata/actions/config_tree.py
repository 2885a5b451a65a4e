"""What a config extends, and who extends and uses it."""

from __future__ import annotations

from dataclasses import dataclass

from cantata.actions.config_number import find_number
from cantata.actions.layers import ConfigChain
from cantata.actions.ports import Ports
from cantata.core.model.configs import Config, ConfigPin, VersionRef
from cantata.ports import Page, Records

ALL = Page(limit=100_000)


@dataclass(frozen=True, slots=True)
class Branch:
    """A config that extends the one above it, at the pinned `version`, else following. `applications` name it
    themselves."""

    config: str
    version: int | None
    applications: tuple[str, ...]
    children: tuple[Branch, ...] = ()


@dataclass(frozen=True, slots=True)
class ConfigTree:
    """`parents` are the whole chain, the nearest first, as it resolves now."""

    pin: ConfigPin
    parents: tuple[ConfigPin, ...]
    below: Branch


async def config_tree(ports: Ports, project: str, name: str, version: VersionRef | None = None) -> ConfigTree:
    """The chain of a version, by default the latest; what is below is that of the latest versions. Raises
    `ConfigNotFound`, `ConfigVersionNotFound`, `ConfigTagNotFound`."""

    def read(records: Records) -> ConfigTree:
        config = records.configs.get(project, name)
        number = find_number(records, config, version)
        own, *parents = ConfigChain.read(records, project, name, number).pins
        return ConfigTree(own, tuple(parents), _branch(records, config, None, frozenset()))

    return await ports.store.read(read)


def _branch(records: Records, config: Config, version: int | None, above: frozenset[str]) -> Branch:
    """Two configs that pin old versions of each other are below each other: each is told once."""
    users = records.applications.list(config.project, config=config.name, page=ALL)
    children = []
    inside = above | {config.name}
    for child in records.configs.children(config):
        if child.name in inside:
            continue
        extends = records.configs.version(child).extends
        children.append(_branch(records, child, extends.version if extends else None, inside))
    return Branch(config.name, version, tuple(user.name for user in users), tuple(children))
