"""What makes a config impossible to save."""

from __future__ import annotations

from cantata.errors import CantataError, Category


class ConfigInvalid(CantataError):
    """A config text breaks one or more rules; `details` lists every trouble with its line, column and key."""

    category = Category.INVALID


class ConfigExtendsCycle(CantataError):
    """A config would extend itself through its parents; the message says the chain."""

    category = Category.INVALID
