"""A template out as the chart that came in."""

from __future__ import annotations

from dataclasses import dataclass

from cantata.actions.ports import Ports
from cantata.core.model.templates import TemplateVersion
from cantata.ports import Records


@dataclass(frozen=True, slots=True)
class Source:
    """The archive as it was imported, byte for byte."""

    version: TemplateVersion
    archive: bytes


async def export_source(ports: Ports, project: str, name: str, number: int | None = None) -> Source:
    """Without a number the latest. Raises `TemplateNotFound`, `TemplateVersionNotFound`."""

    def read(records: Records) -> Source:
        version = records.templates.version(records.templates.get(project, name), number)
        return Source(version, records.templates.archive(version.chart.digest))

    return await ports.store.read(read)
