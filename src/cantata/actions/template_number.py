"""Which version of a template is meant: people give its number or its semantic version, or neither for the
latest."""

from __future__ import annotations

from cantata.actions.ports import Ports
from cantata.core.model.configs import VersionRef


async def template_number(ports: Ports, project: str, name: str, version: VersionRef | None) -> int | None:
    """None for the latest. Raises `TemplateNotFound`, `TemplateVersionNotFound`."""
    if version is None or isinstance(version, int):
        return version
    found = await ports.store.read(
        lambda records: records.templates.version(records.templates.get(project, name), version)
    )
    return found.number
