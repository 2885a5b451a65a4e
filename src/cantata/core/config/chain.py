"""Which configs a config extends."""

from __future__ import annotations

from collections.abc import Callable

from cantata.core.config.errors import ConfigExtendsCycle
from cantata.core.model.configs import Extends


def resolve_chain(
    name: str, parent: Extends | None, extends_of: Callable[[Extends], Extends | None]
) -> tuple[Extends, ...]:
    """Everything that the config `name` with this parent extends, the nearest first.

    `extends_of` gives the parent of a parent, at its pinned version or at its latest; its errors (an unknown
    config) pass through. Raises `ConfigExtendsCycle` where the chain comes back to one of its own.
    """
    chain: list[Extends] = []
    while parent is not None:
        names = [name, *(each.config for each in chain)]
        if parent.config in names:
            raise ConfigExtendsCycle(
                f"config {name} would extend itself: {' → '.join((*names, parent.config))}",
                subject=f"config {name}",
                hint=f"Take `extends: {parent.config}` away from config {names[-1]}.",
            )
        chain.append(parent)
        parent = extends_of(parent)
    return tuple(chain)


def extends_cycle(name: str, follower: str) -> ConfigExtendsCycle:
    """The config would extend, at a version that is pinned, one that follows it."""
    return ConfigExtendsCycle(
        f"config {name} would extend {follower}, which follows {name}",
        subject=f"config {name}",
        hint=f"Take the parent away from config {follower} first, or pin it there.",
    )
