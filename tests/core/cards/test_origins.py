"""From a field of a manifest back to the keys and lines that it comes from."""

from __future__ import annotations

from typing import Any

import pytest

from cantata.core.cards.evidence import Blame, Sources
from cantata.core.cards.origins import remedies
from cantata.core.config import SecretText
from cantata.core.model.cards import Remedy
from cantata.core.model.variables import ReadHow, Spot
from cantata.core.values import LayerKind, Leaf
from cantata.core.values.layers import Origin
from cantata.core.variables import Use

FILE = "shop/templates/web.yaml"
IMAGE = ("image", "tag", "repository")


def use(key: str, value: Any, line: int = 0, *, file: str = FILE, config_line: int = 7) -> Use:
    path = tuple(key.split("."))
    origin = Origin(LayerKind.CONFIG, "config shop@3", config_line)
    secret = isinstance(value, SecretText)
    leaf = Leaf(path, "" if secret else str(value), value, origin, secret=secret)
    return Use(path, ReadHow.VALUE, (Spot(file, line),) if line else (), leaf=leaf)


def keys(blame: Blame, text: str, *uses: Use) -> list[str]:
    return [remedy.key or f"{remedy.line}" for remedy in remedies([blame], Sources({FILE: text}, uses))]


WEB = """spec:
  containers:
    - name: main
      image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
    - name: side
      image: side:{{ .Values.side }}
"""


def test_a_field_of_several_values_names_them_the_likeliest_first() -> None:
    uses = (use("image.repository", "shop/web", 4), use("image.tag", "1.2", 4), use("side", "1.2.3", 6))
    assert keys(Blame("image", "shop/web:1.2", IMAGE), WEB, *uses) == ["image.tag", "image.repository"]


def test_of_two_lines_the_one_whose_values_fit_counts() -> None:
    uses = (use("image.repository", "shop/web", 4), use("side", "1.2.3", 6))
    (found,) = remedies([Blame("image", "side:1.2.3", IMAGE)], Sources({FILE: WEB}, uses))
    assert found == Remedy("side", "1.2.3", "config shop@3", 7, FILE, 6)


def test_a_part_of_a_longer_word_is_no_match() -> None:
    assert keys(Blame("image", "shop/web:1.20", IMAGE), WEB, use("image.tag", "1.2", 4)) == []


def test_a_map_that_is_printed_as_a_whole_is_found_by_name_and_value() -> None:
    text = "resources:\n  {{- toYaml .Values.resources | nindent 2 }}\n"
    uses = (use("resources.limits.memory", "64Mi", 2), use("resources.requests.memory", "32Mi", 2))
    assert keys(Blame("memory", "64Mi", ("memory", "limits")), text, *uses) == ["resources.limits.memory"]


def test_a_value_through_a_named_template_is_found_elsewhere() -> None:
    text = 'image: {{ include "web.image" . }}\n'
    uses = (use("image.tag", "1.2.3", 9, file="shop/templates/_helpers.tpl"), use("note", "1.2.3-note", 3))
    (found,) = remedies([Blame("image", "web:1.2.3", IMAGE)], Sources({FILE: text}, uses))
    assert (found.key, found.file, found.line) == ("image.tag", "shop/templates/_helpers.tpl", 9)


def test_a_literal_is_found_by_its_line() -> None:
    text = "containers:\n  - image: shop/web:1.2\n  - image: shop/side:1\n"
    assert keys(Blame("image", "shop/side:1", IMAGE), text) == ["3"]


def test_a_line_that_does_not_show_the_value_counts_only_alone() -> None:
    one = 'image: {{ printf "%s" "web" }}\n'
    assert keys(Blame("image", "x", IMAGE), one) == ["1"]
    assert keys(Blame("image", "x", IMAGE), one + one) == []


@pytest.mark.parametrize("line", ["- configMapRef: { name: gone }", '"name": "gone"', "  name: 'gone'"])
def test_fields_are_found_in_flow_and_block_style(line: str) -> None:
    assert keys(Blame("name", "gone"), f"a: 1\n{line}\n") == ["2"]


@pytest.mark.parametrize("name", ["env[(", "a.b", "*", "x{2,1}"])
def test_a_field_may_have_any_name(name: str) -> None:
    """Fields are named by what API servers and clusters say."""
    assert keys(Blame(name, ""), f"spec:\n  {name}: 1\n") == ["2"]
    assert keys(Blame("a.b", ""), "spec:\n  axb: 1\n") == []


def test_short_values_do_not_match_by_chance() -> None:
    assert keys(Blame("image", "web:1", IMAGE), WEB, use("replicas", 1)) == []


def test_a_secret_is_never_compared_nor_shown() -> None:
    found = use("password", SecretText("hunter22"), 4)
    assert keys(Blame("image", "hunter22", IMAGE), WEB, found) == []


def test_each_place_is_told_once_and_a_line_not_beside_its_key() -> None:
    text = "port: {{ .Values.port }}\n"
    blames = [Blame("port", "8080", ("port",)), Blame("port", "8080"), Blame("port", "")]
    found = remedies(blames, Sources({FILE: text}, (use("port", 8080, 1),)))
    assert [each.key for each in found] == ["port"]
