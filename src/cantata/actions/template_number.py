"""Which version of a template is meant: people give its number or its semantic version, or neither for the
latest."""

from __future__ import annotations

from cantata.actions.config_number import LONGEST_NUMBER
from cantata.actions.ports import Ports
from cantata.core.model.configs import VersionRef
from cantata.core.model.errors import TemplateVersionNotFound
from cantata.core.model.templates import Template
from cantata.ports import Records


def find_template_number(records: Records, template: Template, version: VersionRef | None) -> int | None:
    """None for the latest. What is all digits is a number, and whether there is a version of that number is
    not looked at; of several versions with one semantic version the newest is meant. Raises
    `TemplateVersionNotFound`."""
    if version is None or isinstance(version, int):
        return version
    if version.isascii() and version.isdecimal():
        if len(version) > LONGEST_NUMBER:
            raise TemplateVersionNotFound(f"{template.name}@{version[:40]}", of=template.name)
        return int(version)
    return records.templates.semantic(template, version)


async def template_number(ports: Ports, project: str, name: str, version: VersionRef | None) -> int | None:
    """Raises `TemplateNotFound`, `TemplateVersionNotFound`."""
    if version is None or isinstance(version, int):
        return version
    return await ports.store.read(
        lambda records: find_template_number(records, records.templates.get(project, name), version)
    )
