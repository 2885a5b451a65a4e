"""Rendering the written text of a template with the defaults gives the objects again, whatever is in them."""

from __future__ import annotations

import asyncio
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cantata.core.chart_text import Text, Value, places_in, template_text, values_text
from cantata.core.config.quoting import UNPRINTABLE
from cantata.core.model.charts import Capabilities, Numbers, Release, RenderInputs
from cantata.render import RenderPool

TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.lists(
        st.sampled_from(
            ["{", "{{", "}}", "{{-", " ", "\n", "\t", "a", ":", "#", "- ", '"', "\\", "%", "'", "|"]
        ),
        max_size=10,
    ).map("".join),
    st.sampled_from(["yes", "1e3", "0777", "null", "~", "a\n\nb\n", "  a\nb", "{{ .Values }}", "a\n \nb"]),
)
NUMBERS = st.integers(-(2**53), 2**53)


def trees(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        st.one_of(texts, NUMBERS, st.booleans()),
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
        max_leaves=8,
    )


TREES = trees(TEXTS)
YAML_TREES = trees(TEXTS.filter(lambda text: not UNPRINTABLE.search(text) and not text.endswith("\n")))
"""Helm's `toYaml` cannot write the others, or adds a line where they end a document."""


@st.composite
def objects(draw: st.DrawFn) -> list[dict[str, Any]]:
    """ConfigMaps, so to say, with values at random places; each value has a path of its own."""
    count = 0

    def value(default: Any) -> Value:
        nonlocal count
        count += 1
        folder = draw(st.sampled_from(["web", "my-db", "a.b"]))
        return Value((folder, f"v{count}", draw(TEXTS)), default, draw(st.sampled_from(["", "One.\n\nTwo."])))

    def leaf() -> Any:
        match draw(st.integers(0, 3)):
            case 0:
                return value(draw(st.one_of(TEXTS, YAML_TREES)))
            case 1:
                parts = draw(st.lists(st.one_of(TEXTS, st.tuples(st.one_of(TEXTS, NUMBERS))), max_size=4))
                return Text(tuple(part if isinstance(part, str) else value(part[0]) for part in parts))
        return draw(TREES)

    def tree(depth: int) -> Any:
        if depth == 0 or draw(st.booleans()):
            return leaf()
        if draw(st.booleans()):
            return [tree(depth - 1) for _ in range(draw(st.integers(0, 3)))]
        return {key: tree(depth - 1) for key in draw(st.lists(TEXTS, max_size=3, unique=True))}

    def one(number: int) -> dict[str, Any]:
        head = {"apiVersion": "v1", "kind": "Thing", "metadata": {"name": f"t{number}"}}
        return {"body": [tree(3), {"in": tree(2)}], **head}

    return [one(number) for number in range(draw(st.integers(1, 3)))]


def resolved(value: Any) -> Any:
    """What the places stand for."""
    match value:
        case Value():
            return value.default
        case Text():
            return "".join(part if isinstance(part, str) else str(resolved(part)) for part in value.parts)
        case dict():
            return {key: resolved(item) for key, item in value.items()}
        case list():
            return [resolved(item) for item in value]
    return value


def pack(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as archive:
        for path, text in files.items():
            member = tarfile.TarInfo(f"shop/{path}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


@pytest.fixture(scope="module")
def worker(worker_program: Path) -> Iterator[tuple[asyncio.Runner, RenderPool]]:
    """The real worker, for a test that is not async: hypothesis runs none that are."""
    with asyncio.Runner() as runner:
        pool = runner.run(RenderPool(worker_program).__aenter__())
        yield runner, pool
        runner.run(pool.close())


@settings(max_examples=200, deadline=None)
@given(things=objects(), comment=TEXTS)
def test_a_written_template_renders_to_its_objects(
    things: list[dict[str, Any]], comment: str, worker: tuple[asyncio.Runner, RenderPool]
) -> None:
    runner, pool = worker
    archive = pack(
        {
            "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
            "values.yaml": values_text(places_in(things)),
            "templates/things.yaml": template_text(things, comment),
        }
    )

    async def fetch() -> bytes:
        return archive

    async def render() -> list[Any]:
        chart = await pool.load(archive)
        inputs = RenderInputs(
            chart=chart.digest,
            values=msgspec.Raw(b"{}"),
            release=Release("rel", "space"),
            capabilities=Capabilities(""),
            numbers=Numbers.EXACT,
        )
        rendered = await pool.render(inputs, fetch)
        return [item.manifest for item in rendered.objects]

    found = {each["metadata"]["name"]: each for each in runner.run(render())}
    assert found == {each["metadata"]["name"]: each for each in resolved(things)}
