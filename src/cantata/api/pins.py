"""Versions that a request names: those of configs by number or tag, those of templates by number or semantic
version."""

from __future__ import annotations

import msgspec
from litestar.params import FromQuery

from cantata.actions.config_number import pin_number
from cantata.actions.ports import Ports
from cantata.actions.save_config import KEEP, Keep
from cantata.contract.configs import Extends
from cantata.core.model import configs

TheVersion = FromQuery[str]
"""A number, a tag, or of a template a semantic version; empty for the latest."""


def version_of(text: str) -> configs.VersionRef | None:
    return text or None


async def pinned_parent(ports: Ports, project: str, extends: Extends | None) -> configs.Extends | None:
    """Raises `ConfigNotFound`, `ConfigTagNotFound`."""
    if extends is None:
        return None
    number = await pin_number(ports, project, extends.config, extends.version)
    return configs.Extends(extends.config, number)


async def wanted_parent(
    ports: Ports, project: str, extends: Extends | msgspec.UnsetType | None
) -> configs.Extends | Keep | None:
    """The parent that an edit asks for; unset stays as it was."""
    return KEEP if isinstance(extends, msgspec.UnsetType) else await pinned_parent(ports, project, extends)
