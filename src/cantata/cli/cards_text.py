"""Failure cards as text: from what failed down to what to change."""

from __future__ import annotations

from collections.abc import Iterator

from cantata.contract.cards import FailureCardInfo, RemedyInfo

INDENT = "  "


def card_lines(card: FailureCardInfo) -> Iterator[str]:
    yield f"failure: {card.service or 'the application'}: {card.reason} ({card.kind})"
    rows = list(_rows(card))
    width = max(len(name) for name, _ in rows)
    for name, text in rows:
        yield f"{INDENT}{name:<{width}}  {text}".rstrip()
    if card.log:
        yield f"{INDENT}its last lines:"
        yield from (f"{INDENT * 2}| {line}".rstrip() for line in card.log)


def _rows(card: FailureCardInfo) -> Iterator[tuple[str, str]]:
    pod = f"pod {card.pod}" if card.pod else ""
    container = f"container {card.container}" if card.container else ""
    where = [card.object, pod, container]
    yield "where", ", ".join(filter(None, where)) or "-"
    yield "said", " ".join(card.message.split())
    if card.likely:
        yield "likely", card.likely
    if card.advice:
        yield "do", card.advice
    for remedy in card.remedies:
        yield "change", _place(remedy)
    for fact in card.facts:
        yield fact.name, fact.value


def _place(remedy: RemedyInfo) -> str:
    """`web.image.tag: 9 (config shop-dev@3:4), used in shop/templates/web.yaml:17`."""
    line = f":{remedy.origin_line}" if remedy.origin_line else ""
    template = f"{remedy.file}:{remedy.line}" if remedy.line else remedy.file
    if not remedy.key:
        return template
    used = f", used in {template}" if template else ""
    origin = f" ({remedy.origin}{line})" if remedy.origin else ""
    return f"{remedy.key}: {remedy.value}{origin}{used}"
