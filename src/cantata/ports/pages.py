"""How lists are asked for in parts."""

from __future__ import annotations

import msgspec


class Page(msgspec.Struct, frozen=True):
    """Cursor pagination: `after` is the cursor of the page before, empty for the first.

    The cursor is what the last item of that page is sorted by: its name (`project/name` in a list over all
    projects), its number, or its id. A cursor of another kind of list raises an error of category INVALID.
    """

    limit: int = 100
    after: str = ""
