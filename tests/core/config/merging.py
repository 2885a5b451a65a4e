"""The steps of a merge, strung together as the caller does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cantata.core.config import (
    ConfigDocument,
    MergePlan,
    SameSecret,
    edit_text,
    merge_impossible,
    merge_texts,
    plan_merge,
)
from cantata.core.config.document import never_same

Parse = Callable[[str], ConfigDocument]


@dataclass
class Merged:
    text: str
    document: ConfigDocument
    plan: MergePlan
    by_lines: bool


def merged(
    base: str,
    theirs: str,
    mine: str,
    parse: Parse,
    broken: type[Exception] | tuple[type[Exception], ...],
    same: SameSecret = never_same,
) -> Merged:
    """`broken` is what the parser raises."""
    plan = plan_merge(parse(base), parse(theirs), parse(mine), mine, same_secret=same)
    text = merge_texts(base, theirs, mine)
    try:
        document = parse(text)
        if plan.agrees(document):
            return Merged(text, document, plan, True)
    except broken:
        pass
    text = edit_text(theirs, plan.changes, name="shop")
    document = parse(text)
    if not plan.agrees(document):
        raise merge_impossible("shop")
    return Merged(text, document, plan, False)
