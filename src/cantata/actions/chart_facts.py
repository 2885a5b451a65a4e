"""What the Chart.yaml of an archive says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from cantata.actions.ports import Ports
from cantata.core.model.market import ChartRow
from cantata.core.repositories.metadata import row_of
from cantata.core.versions import find_version
from cantata.errors import CantataError, Category, Place

FILE = "Chart.yaml"


class ChartUnnamed(CantataError):
    """Without a proper name and version nobody can ask for it."""

    category = Category.INVALID


@dataclass(frozen=True, slots=True)
class ChartFacts:
    """`metadata` is Chart.yaml as it stands, `row` what an index would list of it."""

    row: ChartRow
    metadata: Mapping[str, Any]


async def chart_facts(ports: Ports, files: Mapping[str, bytes], subject: str) -> ChartFacts:
    """Of the files of a chart. Raises `YamlInvalid`, `ChartUnnamed`."""
    document = await ports.documents.parse(files.get(FILE, b"").decode(errors="replace"), FILE)
    metadata: dict[str, Any] = msgspec.json.decode(document.value)
    row = row_of(metadata)
    if row.name and find_version(row.version):
        return ChartFacts(row, metadata)
    raise ChartUnnamed(
        f"{subject} has no proper name or version",
        subject=subject,
        hint="A version is MAJOR.MINOR.PATCH, such as 1.4.0.",
        place=Place(FILE),
    )
