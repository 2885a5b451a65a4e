"""Parsed texts are kept, within bounds."""

from __future__ import annotations

import asyncio

from cantata.actions.documents import Documents
from cantata.server.compose import Composed


async def test_a_text_is_parsed_once_and_kept_by_what_it_says(parts: Composed) -> None:
    documents = Documents(parts.ports.renderer)
    first = await documents.parse("a: 1\n", "config dev")
    assert await documents.parse("a: 1\n", "config dev") is first
    assert await documents.parse("a: 2\n", "config dev") is not first
    assert bytes((await documents.parse("", "config dev")).value) == b"{}"


async def test_the_last_ones_are_kept_by_number_and_by_weight(parts: Composed) -> None:
    few = Documents(parts.ports.renderer, size=2)
    light = Documents(parts.ports.renderer, heaviest=25)
    for documents, text in ((few, "a: 1\n"), (light, "[" + "1, " * 15 + "1]")):
        first = await documents.parse(text, "first")
        second = await documents.parse(text, "second")
        assert await documents.parse(text, "second") is second
        third = await documents.parse(text, "third")
        assert await documents.parse(text, "third") is third
        assert await documents.parse(text, "first") is not first


async def test_what_is_too_heavy_alone_is_not_kept(parts: Composed) -> None:
    documents = Documents(parts.ports.renderer, heaviest=10)
    kept = await documents.parse("a: 1\n", "light")
    long = "a: " + "x" * 10_000
    assert await documents.parse(long, "long") is not await documents.parse(long, "long")
    again = await documents.parse("a: 1\n", "light")
    assert again is not kept
    assert await documents.parse("a: 1\n", "light") is again


async def test_the_same_text_asked_for_twice_at_once_counts_once(parts: Composed) -> None:
    documents = Documents(parts.ports.renderer, heaviest=5)
    await asyncio.gather(*(documents.parse("a: 1\n", "config dev") for _ in range(20)))
    kept = await documents.parse("a: 1\n", "config dev")
    assert await documents.parse("a: 1\n", "config dev") is kept
