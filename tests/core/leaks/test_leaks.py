"""Secrets in rendered objects: found, named, hidden; and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.leaks.conftest import FORMS, config_map, leaks_of, sentinels_of, sha, values_with

from cantata.core.leaks import find_values, hide_fields, hide_lines, leak_findings
from cantata.core.leaks.sentinels import sentinel_of
from cantata.core.model.charts import RenderedObject
from cantata.core.model.objects import GVK, Manifest, ObjectKey
from cantata.core.model.plans import Action, ObjectPlan
from cantata.core.plan import effect
from cantata.core.values import mask, secret_keys

SECRET = {"password": 'hunter2-l"ng'}
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=60)
UNNAMED = ("backwards",)
"""Here it cannot be told which secret it was."""


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_found_in_every_form(form: str) -> None:
    (leak,) = leaks_of(lambda values: config_map({"a": FORMS[form](values["password"]), "b": "x"}), SECRET)
    assert (str(leak.object), leak.field, leak.file) == (
        "ConfigMap n/c", "data.a", "shop/templates/web.yaml",
    )  # fmt: skip
    assert leak.keys == (() if form in UNNAMED else ("password",))


@pytest.mark.parametrize("form", FORMS)
def test_a_plan_shows_no_form_of_a_secret(form: str) -> None:
    def template(values: dict[str, Any]) -> Manifest:
        return config_map({"a": FORMS[form](values["password"])})

    leaks = leaks_of(template, SECRET)
    values = values_with(SECRET)
    old, new = config_map({"a": "nothing", "b": "1"}), template(values.values())
    plan = ObjectPlan(ObjectKey.of(new), GVK.of(new), Action.UPDATE, changes=effect(old, new))
    hidden = hide_fields(plan, {leak.field for leak in leaks if leak.whole})
    shown = msgspec.json.encode(mask(msgspec.to_builtins(hidden), secret_keys(values))).decode()
    assert FORMS[form](SECRET["password"]) not in shown
    assert "unter2" not in shown.casefold()
    assert "****" in shown
    assert "db://app" in shown or "URL" not in form


def pod(**container: Any) -> Any:
    return {"spec": {"containers": [{"name": "m", **container}]}}


PLACES: dict[str, tuple[Any, list[str]]] = {
    "annotation": ({"metadata": {"annotations": {"a.b/c": "@"}}}, ["metadata.annotations.a.b/c"]),
    "name": ({"metadata": {"name": "x-@"}}, ["metadata.name"]),
    "argument": (pod(args=["--x", "--p=@"]), ["spec.containers[m].args[1]"]),
    "variable": (
        pod(env=[{"name": "A", "value": "1"}, {"name": "P", "value": "@"}]),
        ["spec.containers[m].env[P].value"],
    ),
    "name of a variable": (pod(env=[{"name": "@"}]), ["spec.containers[m].env"]),
    "key of a map": ({"data": {"@": "x", "b": "y"}}, ["data"]),
    "nowhere": ({"data": {"a": "x"}}, []),
}


@pytest.mark.parametrize(("part", "fields"), PLACES.values(), ids=PLACES)
def test_the_field_is_named_as_in_a_plan(part: Any, fields: list[str]) -> None:
    def template(values: dict[str, Any]) -> Manifest:
        text = msgspec.json.encode(
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, **part}
        ).decode()
        decoded: Manifest = msgspec.json.decode(text.replace("@", values["password"]))
        return decoded

    assert [leak.field for leak in leaks_of(template, {"password": "hunter2"})] == fields


@pytest.mark.parametrize("form", [sha, lambda text: f"app-{sha(text)[:8]}", lambda _: "text"])
def test_a_hash_is_no_leak(form: Any) -> None:
    assert leaks_of(lambda values: config_map({"a": form(values["password"])}), SECRET) == ()


def test_the_data_of_a_secret_is_where_secrets_belong() -> None:
    def template(values: dict[str, Any]) -> Manifest:
        made = {
            **config_map({"p": values["password"]}),
            "kind": "Secret",
            "stringData": {"q": values["password"]},
        }
        made["metadata"]["annotations"] = {"note": values["password"]}
        return made

    assert [leak.field for leak in leaks_of(template, SECRET)] == ["metadata.annotations.note"]


def test_a_known_value_alone_is_masked_and_what_shows_more_is_hidden_whole() -> None:
    forms: dict[str, Callable[[str], str]] = {
        "url": FORMS["in a URL"],
        "cut": FORMS["cut"],
        "both": lambda text: f"{text} {text[:9]}",
    }
    leaks = leaks_of(
        lambda values: config_map({name: form(values["password"]) for name, form in forms.items()}), SECRET
    )
    assert {leak.field: leak.whole for leak in leaks} == {
        "data.url": False,
        "data.cut": True,
        "data.both": True,
    }


def test_a_secret_too_short_to_be_replaced_hides_the_whole_field() -> None:
    (leak,) = leaks_of(lambda values: config_map({"a": f"pin={values['pin']}"}), {"pin": "7"})
    assert leak.whole


def test_two_secrets_in_one_field() -> None:
    secrets = {"one": "first-secret", "two": "second-secret"}
    (leak,) = leaks_of(lambda values: config_map({"a": values["one"] + values["two"]}), secrets)
    (finding,) = leak_findings([leak], "web")
    assert leak.keys == ("one", "two")
    assert finding.message == (
        "one and two are secrets and are written in clear into ConfigMap n/c, field data.a"
    )
    assert (finding.rule, finding.severity, finding.service) == ("secret-leak", "warning", "web")


def test_without_sentinels_the_long_values_themselves_are_looked_for() -> None:
    values = values_with({"password": "hunter2-long", "short": "web"})
    item = RenderedObject("f", 0, config_map({"a": "x hunter2-long", "b": "web"}))
    assert [leak.field for leak in find_values([item], secret_keys(values))] == ["data.a"]


def test_notes_keep_all_but_the_secrets() -> None:
    sentinels, texts = sentinels_of(SECRET), secret_keys(values_with(SECRET))

    def notes(password: str) -> str:
        return f"Hello.\nThe password is {password}.\nIt begins with {password[:3]}.\n"

    marked = notes(sentinels.values["password"])
    assert hide_lines(notes(SECRET["password"]), marked, sentinels, texts) == (
        "Hello.\nThe password is ****.\n****\n"
    )


@given(TEXTS)
def test_a_sentinel_has_the_shape_of_its_secret(text: str) -> None:
    sentinel = sentinel_of(("a",), text)
    assert sum(char.isalnum() for char in sentinel) >= 12
    assert sentinel == sentinel_of(("a",), text)
    if sum(char.isalnum() for char in text) >= 12 and "\n" not in text:
        assert len(sentinel) == len(text)
        for one, other in zip(text, sentinel, strict=True):
            assert (one.isalpha(), one.isdigit(), one.isupper()) == (
                other.isalpha(), other.isdigit(), other.isupper(),
            )  # fmt: skip


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), TEXTS, min_size=1), st.sampled_from(sorted(FORMS)))
def test_no_plan_shows_any_secret(secrets: dict[str, str], form: str) -> None:
    """Whatever they are: what a plan shows of a field is the same for other secrets in their places."""

    def template(values: dict[str, Any]) -> Manifest:
        return config_map({name: FORMS[form](values[name]) for name in secrets})

    leaks, values, sentinels = leaks_of(template, secrets), values_with(secrets), sentinels_of(secrets)
    fields = {leak.field for leak in leaks if leak.whole}

    def shown(given: dict[str, Any], texts: Any) -> Any:
        new = template(given)
        plan = ObjectPlan(ObjectKey.of(new), GVK.of(new), Action.UPDATE, changes=effect(config_map({}), new))
        return {change.path: mask(change.new, texts) for change in hide_fields(plan, fields)}

    real, marked = shown(values.values(), secret_keys(values)), shown(sentinels.values, sentinels.texts)
    for name in secrets:
        # What looks like a hash, such as digits alone in another order, is shown, as hashes are.
        if f"data.{name}" in {leak.field for leak in leaks}:
            assert real[f"data.{name}"] == marked[f"data.{name}"]
