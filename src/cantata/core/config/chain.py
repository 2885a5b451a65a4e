"""Which configs a config extends."""

from __future__ import annotations

from collections.abc import Callable

from cantata.core.config.errors import ConfigExtendsCycle
from cantata.core.model.configs import Extends


def resolve_chain(name: str, extends_of: Callable[[str], Extends | None]) -> tuple[str, ...]:
    """The config and all that it extends, the child first.

    `extends_of` gives the parent of a config by name; its errors (an unknown config) pass through.
    Raises `ConfigExtendsCycle` where the chain comes back to one of its own.
    """
    chain = [name]
    while (parent := extends_of(chain[-1])) is not None:
        if parent.config in chain:
            shown = " → ".join((*chain, parent.config))
            raise ConfigExtendsCycle(
                f"config {name} would extend itself: {shown}",
                subject=f"config {name}",
                hint=f"Take `extends: {parent.config}` away from config {chain[-1]}.",
            )
        chain.append(parent.config)
    return tuple(chain)
