"""What is exported or imported is read back by the render worker's parser as what it was."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cantata.core.config import Secret, SecretText, import_objects, parse_config
from cantata.core.config.quoting import yaml_text
from cantata.core.declaration import SourceFile, config_yaml, read_config, read_declaration
from cantata.core.model.charts import YamlDocument
from cantata.core.model.configs import Config, ConfigVersion, Extends
from cantata.errors import Place
from cantata.render import RenderPool

Worker = tuple[asyncio.Runner, RenderPool]


@pytest.fixture(scope="module")
def worker(worker_program: Path) -> Iterator[Worker]:
    """The real worker, for tests that are not async: hypothesis runs none that are."""
    with asyncio.Runner() as runner:
        pool = runner.run(_started(worker_program))
        yield runner, pool
        runner.run(pool.close())


async def _started(program: Path) -> RenderPool:
    return await RenderPool(program).__aenter__()


def parse(worker: Worker, text: str) -> tuple[YamlDocument, ...]:
    runner, pool = worker
    return runner.run(pool.parse_yaml(text, file="f"))


LINES = st.lists(
    st.one_of(
        st.sampled_from(
            ["", " ", "\t", "  a", "a: 1", "# b", "---", "- x", "...", "\r", " b ", "é🎈", "\ta"]
        ),
        st.text(max_size=5),
    ),
    max_size=6,
)
TEXTS = st.builds(
    lambda lines, end: "\n".join(lines) + end, LINES, st.sampled_from(["", "\n", "\n\n"])
).filter(lambda text: text.isprintable() or not any(0xD800 <= ord(char) < 0xE000 for char in text))


@settings(max_examples=500)
@given(text=TEXTS, indent=st.sampled_from(["", "  "]))
@example(text="\n\n a: 1\n", indent="  ")
@example(text="a: 1\n\n\n", indent="")
def test_a_text_is_a_value_that_every_parser_reads_back(text: str, indent: str, worker: Worker) -> None:
    written = f"{indent}text: {yaml_text(text, indent)}\n{indent}after: 1\n"
    if indent:
        written = f"top:\n{written}"
    (document,) = parse(worker, written)
    value = msgspec.json.decode(document.value)
    assert (value["top"] if indent else value) == {"text": text, "after": 1}
    assert next(node.text for node in document.nodes if node.path[-1:] == ("text",)) == text


LABELS = st.dictionaries(st.sampled_from(["app", "yes", "a.b/c"]), st.sampled_from(["", "1", "no", "shop"]))
EXTENDS = st.none() | st.builds(
    Extends, st.sampled_from(["base", "null", "1"]), st.none() | st.integers(1, 9)
)


@settings(max_examples=200)
@given(text=TEXTS, schema=st.just("") | TEXTS, labels=LABELS, extends=EXTENDS)
def test_an_exported_config_declares_the_same(
    text: str, schema: str, labels: dict[str, str], extends: Extends | None, worker: Worker
) -> None:
    config = Config("id", "default", "shop", 1, "", labels=labels, schema=schema)
    version = ConfigVersion("id", "id", 1, text, extends, "me", "", "")
    exported = config_yaml(config, version, note="One\nand two.")
    file = SourceFile("f", f"{exported}---\n{exported}")
    documents = parse(worker, file.text)
    assert len(documents) == 2
    for document in documents:
        found = read_config(read_declaration(file, document, {"Config"}), lambda _: None)
        assert (found.document.text, found.schema, found.extends) == (text, schema, extends)
        assert (found.name, found.declaration.labels) == ("shop", labels)


def test_the_places_of_a_block_are_lines_of_the_file(worker: Worker) -> None:
    text = "a: 1\n\nbad: {x\n"
    config = Config("id", "default", "shop", 1, "")
    exported = config_yaml(config, ConfigVersion("id", "id", 1, text, None, "me", "", ""), note="One.")
    file = SourceFile("f", exported * 1)
    (document,) = parse(worker, exported)
    moved = read_config(read_declaration(file, document, {"Config"}), lambda _: None).document.moved
    place = moved(Place("config shop", 3, 6))
    assert exported.split("\n")[place.line - 1][place.column - 1 :] == "{x"


KEYS = st.text("abcyYnN01._-", min_size=1, max_size=4).filter(lambda key: not key.startswith(".."))
VALUES = TEXTS.filter(lambda text: "\x00" not in text and not text.startswith("ref:"))


@settings(max_examples=300)
@given(
    plain=st.dictionaries(KEYS.filter(lambda key: key != "."), VALUES, max_size=5),
    hidden=st.dictionaries(KEYS.map(lambda key: f"s{key}"), VALUES, max_size=5),
)
def test_imported_objects_are_a_config_with_their_values(
    plain: dict[str, str], hidden: dict[str, str], worker: Worker
) -> None:
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in hidden.items()}
    text = import_objects(
        [
            {"kind": "ConfigMap", "metadata": {"name": "a"}, "data": plain},
            {"kind": "Secret", "metadata": {"name": "b"}, "data": encoded},
        ]
    )
    documents = parse(worker, text)
    value = parse_config(text, documents[0], name="shop").value if documents else {}
    assert value == plain | {key: Secret(value=SecretText(each)) for key, each in hidden.items()}
