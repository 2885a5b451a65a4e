"""What the templates of charts read, kept by chart: it depends on nothing else."""

from __future__ import annotations

from collections import OrderedDict

from cantata.core.model.variables import ChartVariables
from cantata.ports import Renderer, Store


class Variables:
    """Asks the renderer, and remembers the last `size` charts."""

    def __init__(self, renderer: Renderer, store: Store, size: int = 64) -> None:
        self._renderer = renderer
        self._store = store
        self._size = size
        self._known: OrderedDict[str, ChartVariables] = OrderedDict()

    async def of(self, chart: str) -> ChartVariables:
        """By the chart's digest. Raises `TemplateFailed`, `ChartInvalid`."""
        found = self._known.get(chart)
        if found is None:
            found = await self._renderer.variables(
                chart, lambda: self._store.read(lambda records: records.templates.archive(chart))
            )
            self._known[chart] = found
            if len(self._known) > self._size:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(chart)
        return found
