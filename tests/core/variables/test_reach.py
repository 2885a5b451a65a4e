"""Which changes reach which reads."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantata.core.model.charts import YamlDocument
from cantata.core.model.variables import ChartVariables, Read, ReadHow, TemplateReads, Variable
from cantata.core.values import Effective, Layer, LayerKind, effective
from cantata.core.variables import Change, changes, files_reached, opened
from cantata.core.variables.reach import reaches

Compose = Callable[[str], YamlDocument]


def _path(text: str) -> tuple[str, ...]:
    return tuple(text.split(".")) if text else ()


VALUE, PRESENCE = ReadHow.VALUE, ReadHow.PRESENCE
CASES = [
    ("a.b", False, "a.b", VALUE, True),
    ("a", False, "a.b", VALUE, True),
    ("a.b.c", True, "a.b", VALUE, True),
    ("a.c", False, "a.b", VALUE, False),
    ("ab", False, "a", VALUE, False),
    ("a.b", True, "", VALUE, True),
    ("a.b", True, "a.b", PRESENCE, True),
    ("a", True, "a.b", PRESENCE, True),
    ("a.b.c", True, "a.b", PRESENCE, False),
    ("a.b.c", False, "a.b", PRESENCE, True),
]


@pytest.mark.parametrize(("changed", "replaced", "read", "how", "wanted"), CASES)
def test_a_change_reaches_a_read(changed: str, replaced: bool, read: str, how: ReadHow, wanted: bool) -> None:
    assert reaches(Change(_path(changed), replaced), Read(_path(read), how)) is wanted


def _values(compose: Compose, *texts: str) -> Effective:
    kinds = (LayerKind.CHART, LayerKind.CONFIG)
    layers = [Layer(kind, kind, compose(text)) for kind, text in zip(kinds, texts, strict=True)]
    return effective(layers)


DIFFERENCES = [
    ("a: 1", "a: 1", []),
    ("a: 1", "a: 2", [("a", True)]),
    ("a: 1", "a: '1'", [("a", True)]),
    ("a: 1", "a: true", [("a", True)]),
    ("a: 1", "a: 1.0", [("a", True)]),
    ("a: 1", "a: 1\nb: 2", [("b", False)]),
    ("a: 1", "a: null", [("a", False)]),
    ("a: null", "{}", [("a", False)]),
    ("a: {b: 1, c: 2}", "a: {b: 1}", [("a.c", False)]),
    ("a: {b: 1}", "a: 1", [("a", False), ("a.b", False)]),
    ("a: {}", "a: {b: 1}", [("a", False), ("a.b", False)]),
    ("a: [1]", "a: [1, 2]", [("a", True)]),
    ("a: !secret x", "a: !secret y", [("a", True)]),
    ("a: !secret x", "a: !secret x", []),
]


@pytest.mark.parametrize(("before", "after", "wanted"), DIFFERENCES)
def test_differences_by_path(
    before: str, after: str, wanted: list[tuple[str, bool]], compose: Compose
) -> None:
    old, new = _values(compose, "{}", before), _values(compose, "{}", after)
    found = changes(old, new, ChartVariables(""))
    assert [(".".join(each.path), each.replaced) for each in found] == wanted


def test_a_map_over_nulls_of_the_chart_is_a_change_itself(compose: Compose) -> None:
    variables = ChartVariables("", values=(Variable(("db", "auth", "user"), None), Variable(("web", "x"), 1)))
    old, new = _values(compose, "{}", "{}"), _values(compose, "{}", "db: {size: 1}\nweb: {y: 1}\n")
    assert changes(old, new, variables) == (
        Change(("db",)),
        Change(("db", "size")),
        Change(("web", "y")),
    )
    more = _values(compose, "{}", "db: {size: 1, port: 2}\nweb: {y: 1}\n")
    assert changes(new, more, variables) == (Change(("db", "port")),)


def test_a_value_that_a_template_executes_opens_it_when_a_user_gives_it(compose: Compose) -> None:
    template = TemplateReads("t", (Read(("text",), VALUE, dynamic=True),))
    variables = ChartVariables("sha256:0", (template,))
    plain = _values(compose, 'text: "{{ .Values.a }}"', "b: 1")
    open_ = _values(compose, 'text: "{{ .Values.a }}"', 'text: ["{{ .Values.c }}"]')
    assert opened(template, plain.leaves) == ()
    assert [leaf.key for leaf in opened(template, open_.leaves)] == ["text"]
    assert files_reached(variables, plain, _values(compose, 'text: "{{ .Values.a }}"', "b: 2")) == frozenset()
    more = _values(compose, 'text: "{{ .Values.a }}"', 'text: ["{{ .Values.c }}"]\nb: 1')
    assert files_reached(variables, open_, more) == {"t"}
    assert files_reached(variables, open_, open_) == frozenset()


paths = st.lists(st.sampled_from("abc"), max_size=4).map(tuple)


@given(paths, paths, st.booleans())
def test_a_value_is_reached_by_all_that_presence_is_reached_by(
    changed: tuple[str, ...], read: tuple[str, ...], replaced: bool
) -> None:
    change = Change(changed, replaced)
    assert reaches(change, Read(read, VALUE)) >= reaches(change, Read(read, PRESENCE))
