"""The annotation `cantata.dev/depends-on: "gateway, migrate:completed"`."""

from __future__ import annotations

from cantata.core.model.templates import Condition
from cantata.core.order.errors import DependsOnInvalid
from cantata.errors import Place

ANNOTATION = "cantata.dev/depends-on"


def parse_depends_on(text: str, *, place: Place | None = None) -> dict[str, Condition]:
    """Service → condition, in the order of the text; without a condition it is `ready`.

    Entries are parted by commas, spaces around them are ignored, and an empty text has none. Raises
    `DependsOnInvalid`, which quotes the entry, for an unknown condition, a missing name, or a service that
    stands there twice.
    """
    found: dict[str, Condition] = {}
    if not text.strip():
        return found
    for entry in text.split(","):
        name, colon, word = (part.strip() for part in entry.partition(":"))
        if not name or any(letter.isspace() for letter in name):
            raise invalid(text, f"{entry.strip()!r} names no service", place)
        if colon and word not in list(Condition):
            raise invalid(text, f"{entry.strip()!r} has no known condition", place)
        if name in found:
            raise invalid(text, f"{name!r} stands there twice", place)
        found[name] = Condition(word) if colon else Condition.READY
    return found


def invalid(text: str, trouble: str, place: Place | None) -> DependsOnInvalid:
    words = ", ".join(Condition)
    return DependsOnInvalid(
        f"annotation {ANNOTATION}: {text[:200]!r} cannot be read: {trouble}",
        subject=f"annotation {ANNOTATION}",
        hint=f'Write names parted by commas, each with an optional condition ({words}): "a, b:started".',
        place=place,
    )
