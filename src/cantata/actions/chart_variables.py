"""What the templates of charts read, kept by the chart's digest: it depends on nothing else."""

from __future__ import annotations

from collections import OrderedDict

from cantata.core.model.variables import ChartVariables
from cantata.ports import Archive, Renderer


class ChartReads:
    """Asks the renderer once for each chart and remembers the last `size` answers."""

    def __init__(self, renderer: Renderer, size: int = 64) -> None:
        self._renderer = renderer
        self._size = size
        self._known: OrderedDict[str, ChartVariables] = OrderedDict()

    async def of(self, chart: str, archive: Archive) -> ChartVariables:
        """`chart` is the digest. Raises what `Renderer.variables` raises."""
        found = self._known.get(chart)
        if found is None:
            found = self._known[chart] = await self._renderer.variables(chart, archive)
            if len(self._known) > self._size:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(chart)
        return found
