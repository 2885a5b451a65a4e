from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cantata.core.model.templates import Condition
from cantata.core.order.annotation import parse_depends_on
from cantata.core.order.errors import DependsOnInvalid
from cantata.errors import Place


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("  ", {}),
        ("gateway", {"gateway": Condition.READY}),
        ("gateway, migrate:completed", {"gateway": Condition.READY, "migrate": Condition.COMPLETED}),
        (" a : started ,b", {"a": Condition.STARTED, "b": Condition.READY}),
    ],
)
def test_the_text_of_the_annotation(text: str, expected: dict[str, Condition]) -> None:
    assert parse_depends_on(text) == expected


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("gateway,", "'' names no service"),
        (":ready", "':ready' names no service"),
        ("a b", "'a b' names no service"),
        ("a:", "'a:' has no known condition"),
        ("a:healthy", "'a:healthy' has no known condition"),
        ("a:ready:b", "'a:ready:b' has no known condition"),
        ("a, b, a:started", "'a' stands there twice"),
    ],
)
def test_a_text_that_cannot_be_read_is_named(text: str, trouble: str) -> None:
    place = Place("templates/web.yaml", 7)
    with pytest.raises(DependsOnInvalid) as caught:
        parse_depends_on(text, place=place)
    assert repr(text) in caught.value.message
    assert trouble in caught.value.message
    assert caught.value.place == place
    assert "started, ready, completed" in caught.value.hint


@settings(deadline=None)
@given(
    st.dictionaries(st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True), st.sampled_from(Condition)),
    st.sampled_from([",", ", ", " , "]),
)
def test_what_is_written_is_read(wanted: dict[str, Condition], comma: str) -> None:
    text = comma.join(f"{name}:{condition}" for name, condition in wanted.items())
    assert parse_depends_on(text) == wanted
