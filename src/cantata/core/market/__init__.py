"""The market, as far as it is decided without asking anyone.

listing  rows of an index become charts, and which version of each is shown
"""

from cantata.core.market.listing import by_chart, is_stable, newest_first, semantic

__all__ = ["by_chart", "is_stable", "newest_first", "semantic"]
