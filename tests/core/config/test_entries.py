"""The rows that search and history keep of a config."""

from __future__ import annotations

from collections.abc import Callable

from cantata.core.config import config_entries, entry_references, parse_config
from cantata.core.model.charts import YamlDocument
from cantata.core.model.configs import ConfigEntry


def test_entries_are_the_leaves_with_references_for_secrets(compose: Callable[[str], YamlDocument]) -> None:
    text = "a: 0x1F\nb: {c: !secret new}\nd: [1, !secret ref:x1, !secret other]\ne: {}\n"
    parsed = parse_config(text, compose(text), name="dev")
    assert config_entries(parsed, {("b", "c"): "id1", ("d", "2"): "id2"}) == (
        ConfigEntry("a", "0x1F", "int", 1),
        ConfigEntry("b.c", "ref:id1", "secret", 2, secret=True),
        ConfigEntry("d", '[1,"ref:x1","ref:id2"]', "seq", 3, secret=True),
        ConfigEntry("e", "{}", "map", 4),
    )


def test_the_references_are_found_in_the_rows_again(compose: Callable[[str], YamlDocument]) -> None:
    text = (
        "b: {c: !secret ref:x0}\nd: [ref:no, !secret ref:x1, {e: !secret ref:x2}]\nf: ref:no\ng: [ref:no]\n"
    )
    entries = config_entries(parse_config(text, compose(text), name="dev"), {})
    found = entry_references(entries)
    assert found == {"b.c": "x0", "d.0": "no", "d.1": "x1", "d.2.e": "x2"}
