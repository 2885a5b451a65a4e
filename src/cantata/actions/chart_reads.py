"""Which values each template of a chart reads, kept by chart."""

from __future__ import annotations

from cantata.core.impact import ChartReads
from cantata.core.model.templates import TemplateVersion
from cantata.ports import Renderer


class Reads:
    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer

    async def of(self, template: TemplateVersion) -> ChartReads:
        return ChartReads({}, whole=True)
