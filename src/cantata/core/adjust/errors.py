"""What cannot be asked of a service.

AdjustmentImpossible    its objects cannot be scaled, paused or restarted
PatchInvalid            a patch cannot be read, or does not fit its object
DependencyUndeployed    a service would run without one that it depends on
"""

from __future__ import annotations

from cantata.errors import CantataError, Category


class AdjustmentImpossible(CantataError):
    """The objects of the service do not allow it."""

    category = Category.INVALID


class PatchInvalid(CantataError):
    """A patch that cannot be read, or that does not apply to what the template makes now."""

    category = Category.INVALID


class DependencyUndeployed(CantataError):
    """A deployed service would depend on one that is not deployed on purpose."""

    category = Category.CONFLICT
