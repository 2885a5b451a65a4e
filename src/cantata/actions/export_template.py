"""A template out as the chart that came in."""

from __future__ import annotations

from dataclasses import dataclass

from cantata.actions.ports import Ports
from cantata.core.model.configs import VersionRef
from cantata.core.model.templates import TemplateVersion
from cantata.ports import Records


@dataclass(frozen=True, slots=True)
class Source:
    """The archive as it was imported, byte for byte."""

    version: TemplateVersion
    archive: bytes


async def export_source(ports: Ports, project: str, name: str, version: VersionRef | None = None) -> Source:
    """Without a version the latest. Raises `TemplateNotFound`, `TemplateVersionNotFound`."""

    def read(records: Records) -> Source:
        found = records.templates.version(records.templates.get(project, name), version)
        return Source(found, records.templates.archive(found.chart.digest))

    return await ports.store.read(read)
