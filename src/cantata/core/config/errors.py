"""What makes a config impossible to save."""

from __future__ import annotations

from cantata.errors import CantataError, Category


class ConfigInvalid(CantataError):
    """A config text breaks one or more rules; `details` lists every trouble with its line, column and key."""

    category = Category.INVALID


class ConfigExtendsCycle(CantataError):
    """A config would extend itself through its parents; the message says the chain."""

    category = Category.INVALID


class ConfigChangeInvalid(CantataError):
    """A change of a single key asks for what no text could give: a value that is no YAML, a key in what is no
    map, the removal of a key that is not there."""

    category = Category.INVALID


class ConfigEditImpossible(CantataError):
    """A change of a single key cannot be written without touching more than it: the text shares the value by
    an anchor, or is written in a way that is not understood well enough. Editing the text itself works."""

    category = Category.INVALID


class ConfigSchemaViolated(CantataError):
    """The effective config does not fit its JSON Schema; `details` lists every violation, with the layer, the
    line and the key that it is about."""

    category = Category.INVALID


class ImportInvalid(CantataError):
    """A text that is to become a config is not what it is said to be, or holds what a config cannot."""

    category = Category.INVALID
