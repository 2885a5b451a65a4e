"""The market, as far as it is decided without asking anyone.

addresses  what people write for a repository, and for a chart in it
listing    rows of an index become charts, and which version of each is shown
"""

from cantata.core.market.addresses import (
    ChartReference,
    ChartReferenceInvalid,
    below,
    parse_reference,
    repository_kind,
)
from cantata.core.market.listing import by_chart, is_stable, newer, newest_first, semantic

__all__ = [
    "ChartReference",
    "ChartReferenceInvalid",
    "below",
    "by_chart",
    "is_stable",
    "newer",
    "newest_first",
    "parse_reference",
    "repository_kind",
    "semantic",
]
