"""Secrets on the command line."""

from __future__ import annotations

import pytest
from tests.cli.conftest import Run

from cantata.cli.inputs import ArgumentInvalid, parse_version


def test_a_secret_is_printed_alone(cantata: Run, namespace: str) -> None:
    cantata("config", "create", namespace, "-f", "-", text="a: !secret one\nb: 2\n")
    cantata("config", "edit", namespace, "-f", "-", text="a: !secret two\nb: 2\n")
    shown = cantata("config", "reveal", namespace, "a")
    assert (shown.code, shown.out, shown.err) == (0, "two\n", "")
    assert cantata("config", "reveal", f"{namespace}@1", "a").out == "one\n"
    plain = cantata("config", "reveal", namespace, "b")
    assert (plain.code, plain.out) == (2, "")
    assert "is no secret" in plain.err
    assert cantata("config", "reveal", namespace, "c").code == 3
    assert cantata("config", "reveal", f"{namespace}@prod", "a").code == 3
    audited = cantata("audit", "-o", "json").json
    assert [each["detail"] for each in audited if each["verb"] == "reveal" and each["name"] == namespace] == [
        f"a of version 1, from config {namespace}@1",
        f"a of version 2, from config {namespace}@2",
    ]


@pytest.mark.parametrize(
    ("text", "version"),
    [("shop", ("shop", None)), ("shop@3", ("shop", 3)), ("shop@prod-2026-11", ("shop", "prod-2026-11"))],
)
def test_a_version_by_number_or_tag(text: str, version: tuple[str, int | str | None]) -> None:
    assert parse_version(text) == version


@pytest.mark.parametrize("text", ["", "@3", "shop@"])
def test_what_names_no_version(text: str) -> None:
    with pytest.raises(ArgumentInvalid):
        parse_version(text)


def test_a_schema_is_inferred_set_shown_and_removed(cantata: Run, namespace: str) -> None:
    cantata("config", "create", namespace, "-f", "-", text="port: 1\n")
    asked = cantata("config", "schema", "set", namespace, "--infer")
    assert asked.code == 2
    assert '"integer"' in asked.out
    assert cantata("config", "schema", "show", namespace).code == 3
    assert cantata("config", "schema", "set", namespace, "--infer", "--yes").code == 0
    assert '"integer"' in cantata("config", "schema", "show", namespace).out
    refused = cantata("config", "edit", namespace, "-f", "-", text="port: x\n")
    assert (refused.code, f"config {namespace}:1:7 (port)" in refused.err) == (2, True), refused.err
    cantata("config", "create", f"{namespace}-dev", "-f", "-", "--extends", namespace, text="a: 1\n")
    assert cantata("config", "schema", "show", f"{namespace}-dev").out.startswith(
        f"# of config {namespace}\n"
    )
    given = cantata("config", "schema", "set", namespace, "-f", "-", text="required: [port]\n")
    assert given.code == 0, given.err
    assert cantata("config", "schema", "remove", namespace).code == 0
    assert cantata("config", "schema", "set", namespace).code == 2
