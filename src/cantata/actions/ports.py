"""What every use case is handed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cantata.actions.chart_variables import ChartReads
from cantata.actions.documents import Documents
from cantata.actions.streams import Streams
from cantata.core.network.addresses import Network
from cantata.ports import ClusterSessions, LiveState, Renderer, Store
from cantata.ports.charts import ChartSources

if TYPE_CHECKING:
    from cantata.actions.card_desk import CardDesk


@dataclass(frozen=True, slots=True)
class Ports:
    """The edges of one running server. `wake` tells the loops that there is work, `call_came` that of
    triggers, since calls may come by the hundred a second."""

    store: Store
    renderer: Renderer
    clusters: ClusterSessions
    live: LiveState
    documents: Documents
    reads: ChartReads
    charts: ChartSources
    streams: Streams
    cards: CardDesk
    wake: Callable[[], None]
    call_came: Callable[[], None]
    callable: tuple[Network, ...] = ()
    """Networks that webhooks may call although they are closed to them."""
    refresh_seconds: float = 3600.0
    """How often repositories of charts are read again by themselves; 0 for never."""
