"""Renders that cannot be split.

SplitInvalid
├── DuplicateObject       two templates make the same object
├── ObjectNameless        an object without a name, which cannot be applied
└── ServiceNameInvalid    the annotation `cantata.dev/service` holds no name
"""

from __future__ import annotations

from cantata.core.model.charts import RenderedObject
from cantata.core.model.objects import ObjectKey
from cantata.core.stamp.marks import SERVICE
from cantata.errors import CantataError, Category, Detail, Place


class SplitInvalid(CantataError):
    """A render out of which no services can be made."""

    category = Category.INVALID


class DuplicateObject(SplitInvalid):
    """Two templates, or two documents of one, make the same object: which of them is meant?"""

    def __init__(self, key: ObjectKey, first: RenderedObject, second: RenderedObject) -> None:
        places = [Place(item.path, key=f"document {item.index + 1}") for item in (first, second)]
        super().__init__(
            f"{key} is rendered twice, by {first.path} and by {second.path}",
            subject=str(key),
            hint="Give one of them another name, or render only one of them.",
            place=places[1],
            details=[Detail(f"{key} is rendered here", place) for place in places],
        )


class ObjectNameless(SplitInvalid):
    """`generateName` makes a new object with each apply, so only hooks may use it."""

    def __init__(self, item: RenderedObject) -> None:
        kind = item.manifest.get("kind") or "object"
        super().__init__(
            f"a {kind} has no name",
            subject=f"{kind} in {item.path}",
            hint="Set metadata.name; generateName is for hooks only.",
            place=Place(item.path, key="metadata.name"),
        )


class ServiceNameInvalid(SplitInvalid):
    def __init__(self, name: str, item: RenderedObject) -> None:
        super().__init__(
            f"annotation {SERVICE}: {name[:80]!r} is not a name for a service",
            subject=str(ObjectKey.of(item.manifest)),
            hint="Use at most 53 lower-case letters, digits and hyphens, no hyphen at either end.",
            place=Place(item.path, key=f"metadata.annotations.{SERVICE}"),
        )
