"""What is wrong with a config text."""

from __future__ import annotations

from cantata.errors import CantataError, Category


class ConfigInvalid(CantataError):
    """Every trouble of one text stands in `details`, with line, column and key."""

    category = Category.INVALID
