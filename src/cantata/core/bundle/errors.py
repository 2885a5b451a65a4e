"""Objects of which no template can be made.

BundleInvalid
├── BundleEmpty             there is nothing to make a template of
├── BundleObjectInvalid     a document that is no Kubernetes object, or one that cannot be named
└── BundleDuplicate         the same object is there twice
BundleTooLarge              more objects than one template may have
"""

from __future__ import annotations

from cantata.core.model.objects import ObjectKey
from cantata.errors import CantataError, Category, Detail, Place


class BundleInvalid(CantataError):
    category = Category.INVALID


class BundleEmpty(BundleInvalid):
    pass


class BundleObjectInvalid(BundleInvalid):
    def __init__(self, trouble: str, place: Place) -> None:
        super().__init__(
            trouble,
            subject=str(place) or "object",
            hint="Every document needs apiVersion, kind and metadata.name, as `kubectl apply` does.",
            place=place,
        )


class BundleDuplicate(BundleInvalid):
    def __init__(self, key: ObjectKey, first: Place, second: Place) -> None:
        super().__init__(
            f"{key} is there twice",
            subject=str(key),
            hint="Leave one of them out: which of them is meant?",
            place=second,
            details=[Detail(f"{key} stands here", place) for place in (first, second)],
        )


class BundleTooLarge(BundleInvalid):
    category = Category.LIMIT
