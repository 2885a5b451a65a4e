"""Which labels a thing must have: `app=shop,tier=web`."""

from __future__ import annotations

from cantata.core.model.errors import check_labels
from cantata.errors import CantataError, Category


class SelectorInvalid(CantataError):
    category = Category.INVALID


def parse_selector(text: str) -> dict[str, str]:
    """An empty text selects nothing, and is an error like every other that is no list of labels. Raises
    `SelectorInvalid`, `LabelInvalid`."""
    labels: dict[str, str] = {}
    for part in text.split(","):
        key, equals, value = (word.strip() for word in part.partition("="))
        if not key or not equals or key in labels:
            raise SelectorInvalid(
                f"{text[:80]!r} does not select by labels",
                subject="selector",
                hint="Write `key=value`, several with commas between them: `app=shop,tier=web`.",
            )
        labels[key] = value
    check_labels("selector", labels)
    return labels
