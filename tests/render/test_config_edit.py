"""Edits of random texts mean to the render worker's parser exactly what was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.config.texts import changed, changes, is_within, lines_that_stay, texts

from cantata.core.config import (
    ConfigDocument,
    edit_text,
    parse_config,
    verify_edit,
)
from cantata.core.config.document import same_value
from cantata.core.config.scalars import LINE_BREAK
from cantata.core.model.charts import YamlDocument
from cantata.render import RenderPool

Parse = Callable[[str], ConfigDocument]


@pytest.fixture(scope="module")
def parse(worker_program: Path) -> Iterator[Parse]:
    """Parses with the real worker, from tests that are not async."""
    with asyncio.Runner() as runner:
        pool = runner.run(_started(worker_program))

        def parse_text(text: str) -> ConfigDocument:
            documents = runner.run(pool.parse_yaml(text, file="shop"))
            return parse_config(text, documents[0] if documents else NOTHING, name="shop")

        yield parse_text
        runner.run(pool.close())


NOTHING = YamlDocument(msgspec.Raw(b"{}"))


async def _started(program: Path) -> RenderPool:
    return await RenderPool(program).__aenter__()


@settings(max_examples=500)
@given(data=st.data())
def test_an_edit_changes_what_was_asked_and_nothing_else(data: Any, parse: Parse) -> None:
    text, value = data.draw(texts())
    before = parse(text)
    assert same_value(before.value, value)
    wanted = data.draw(changes(value))
    asked = [change for change, _ in wanted]
    edited = edit_text(text, asked, name="shop")
    after = parse(edited)
    assert same_value(after.value, changed(value, wanted))
    verify_edit(before, after, asked, name="shop")
    assert text.startswith("\ufeff") == edited.startswith("\ufeff")
    assert is_within(lines_that_stay(text, asked), LINE_BREAK.split(edited.removeprefix("\ufeff")))
