from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cantata.core.spec import TemplateSpecInvalid, parse_spec

KEYS = ["layout", "numbers", "config", "name", "services", "web", "db", "files", "renamedFrom", "dependsOn",
        "condition", "delivery", "as", "key", "keys", "mountPath", "directory", "update", "x"]  # fmt: skip
SCALARS = st.sampled_from(
    [None, True, 1, 1.5, "", "file", "exact", "web", "db", "ready", "env", "/etc/x", "*.yaml"]
)


def nested(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(children, max_size=3) | st.dictionaries(st.sampled_from(KEYS), children, max_size=4)


@settings(deadline=None, max_examples=400)
@given(st.recursive(SCALARS, nested, max_leaves=20))
def test_any_value_is_read_or_refused_with_a_place(value: Any) -> None:
    refusal = None
    try:
        parse_spec(value)
    except TemplateSpecInvalid as error:
        refusal = error
    assert refusal is None or (refusal.message and refusal.place.file == "cantata.yaml")
