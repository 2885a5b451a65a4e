"""Edits and merges of random texts mean to the render worker's parser exactly what was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.config.merging import merged
from tests.core.config.texts import changed, changes, is_within, lines_that_stay, texts

from cantata.core.config import (
    Change,
    ConfigDocument,
    ConfigInvalid,
    edit_text,
    infer_schema,
    parse_config,
    plan_merge,
    verify_edit,
)
from cantata.core.config.document import same_value
from cantata.core.config.scalars import LINE_BREAK
from cantata.core.model.charts import YamlDocument
from cantata.render import RenderOutOfMemory, RenderPool, RenderSettings, RenderTimedOut, YamlInvalid

Parse = Callable[[str], ConfigDocument]
Validate = Callable[[Any, Any], tuple[str, ...]]


NOTHING = YamlDocument(msgspec.Raw(b"{}"))


@pytest.fixture(scope="module")
def worker(worker_program: Path) -> Iterator[tuple[asyncio.Runner, RenderPool]]:
    """The real worker, for tests that are not async: hypothesis runs none that are."""
    with asyncio.Runner() as runner:
        pool = runner.run(_started(worker_program))
        yield runner, pool
        runner.run(pool.close())


async def _started(program: Path) -> RenderPool:
    return await RenderPool(program).__aenter__()


@pytest.fixture(scope="module")
def parse(worker: tuple[asyncio.Runner, RenderPool]) -> Parse:
    runner, pool = worker

    def parse_text(text: str) -> ConfigDocument:
        documents = runner.run(pool.parse_yaml(text, file="shop"))
        return parse_config(text, documents[0] if documents else NOTHING, name="shop")

    return parse_text


@pytest.fixture(scope="module")
def validate(worker: tuple[asyncio.Runner, RenderPool]) -> Validate:
    runner, pool = worker
    encode = msgspec.json.encode
    return lambda schema, value: runner.run(pool.validate(encode(schema), encode(value)))


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


@settings(max_examples=300)
@given(data=st.data())
def test_a_merge_has_what_both_did(data: Any, parse: Parse) -> None:
    text, value = data.draw(texts())
    theirs = data.draw(changes(value))
    mine = [each for each in data.draw(changes(value)) if _apart(each[0].path, theirs)]
    left, right = (
        edit_text(text, [change for change, _ in wanted], name="shop") for wanted in (theirs, mine)
    )
    found = merged(text, left, right, parse, (YamlInvalid, ConfigInvalid))
    assert found.plan.conflicts == ()
    expected = changed(value, [*theirs, *mine])
    assert same_value(_without_empty(found.document.value), _without_empty(expected))


@settings(max_examples=300)
@given(data=st.data())
def test_a_merge_of_any_edits_has_theirs_where_they_meet(data: Any, parse: Parse) -> None:
    text, value = data.draw(texts())
    one, other = data.draw(changes(value)), data.draw(changes(value))
    left, right = (edit_text(text, [change for change, _ in wanted], name="shop") for wanted in (one, other))
    found = merged(text, left, right, parse, (YamlInvalid, ConfigInvalid))
    theirs = {leaf.path: leaf.value for leaf in parse(left).leaves}
    result = {leaf.path: leaf.value for leaf in found.document.leaves}
    for conflict in found.plan.conflicts:
        assert (conflict.path in result) == (conflict.path in theirs)
        assert same_value(result.get(conflict.path), theirs.get(conflict.path))
    for change in found.plan.taken:
        assert same_value(result.get(change.path), change.new.value if change.new else None)
    backwards = plan_merge(parse(text), parse(right), parse(left), left)
    assert bool(backwards.conflicts) == bool(found.plan.conflicts)


def _apart(path: tuple[str, ...], others: list[tuple[Change, Any]]) -> bool:
    """Nothing in common, not even a list or a map that one of them puts there."""
    return all(path[0] != change.path[0] for change, _ in others)


def _without_empty(value: Any) -> Any:
    """Maps that are left without keys may stay or go."""
    if not isinstance(value, dict):
        return value
    return {key: inner for key, item in value.items() if (inner := _without_empty(item)) != {}}


@settings(max_examples=150)
@given(document=texts())
def test_a_config_fits_the_schema_inferred_from_it(
    document: tuple[str, dict[str, Any]], parse: Parse, validate: Validate
) -> None:
    text, value = document
    schema = infer_schema(parse(text))
    assert validate(schema, value) == ()
    for key, item in value.items():
        if item is not None:
            wrong = {**value, key: None}
            assert validate(schema, wrong) != ()


def test_a_schema_that_would_take_hours_is_given_up(worker_program: Path) -> None:
    double = {f"a{at}": {"allOf": [{"$ref": f"#/$defs/a{at + 1}"}] * 2} for at in range(40)}
    schema = {"$defs": {**double, "a40": {"type": "integer"}}, "$ref": "#/$defs/a0"}

    async def validated() -> None:
        async with RenderPool(worker_program, RenderSettings(workers=1, deadline=0.5)) as pool:
            await pool.validate(msgspec.json.encode(schema), b'"x"')

    with pytest.raises((RenderTimedOut, RenderOutOfMemory)):
        asyncio.run(validated())
