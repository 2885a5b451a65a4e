"""`cantata config`: single keys, copies, history, differences, trees."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tests.cli.conftest import Run

TEXT = "db:\n  host: db  # here\nport: 1\npassword: !secret one\n"


@pytest.fixture
def name(cantata: Run, namespace: str) -> str:
    made = cantata("config", "create", namespace, "-f", "-", "-l", "stage=dev", "-m", "first", text=TEXT)
    assert made.code == 0, made.err
    return namespace


def test_keys_are_set_and_removed(cantata: Run, name: str) -> None:
    done = cantata("config", "set", name, "db.host=db-2", "debug=true", "--remove", "port", "-m", "why not")
    assert (done.code, done.out) == (0, f"config  {name}@2\n"), done.err
    assert cantata("config", "show", name).out.startswith("db:\n  host: db-2  # here\npassword: ")
    leaves = cantata("config", "show", name, "--effective", "-o", "json").json
    assert {leaf["key"]: leaf["value"] for leaf in leaves}["debug"] is True
    cantata("config", "set", name, "--string", "debug=true", "version=1.10", "empty=", 'say="a" # b')
    leaves = cantata("config", "show", name, "--effective", "-o", "json").json
    values = {leaf["key"]: leaf["value"] for leaf in leaves}
    expected = {"debug": "true", "version": "1.10", "empty": "", "say": '"a" # b'}
    assert {key: values[key] for key in expected} == expected
    for words, trouble in (
        ((), "nothing to set"),
        (("a",), "is not KEY=VALUE"),
        (("--remove", "none"), "none"),
        (("a=[1",), "a"),
        (("--expect", "1", "a=1"), "is at version 3"),
    ):
        refused = cantata("config", "set", name, *words)
        assert (refused.code in (2, 4), trouble in refused.err) == (True, True), refused.err


def test_a_secret_comes_from_a_file_or_from_standard_input(cantata: Run, name: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("hunter2\n")
    set_ = ("config", "set", name, "--secret", "password")
    assert cantata(*set_, "--from-file", str(file)).out == f"config  {name}@2\n"
    assert cantata(*set_, text="hunter2").out == f"config  {name}@2\n"
    lines = "-----BEGIN KEY-----\nabc\n-----END KEY-----\n"
    assert cantata(*set_, text=lines).out == f"config  {name}@3\n"
    shown = cantata("config", "show", name).out + cantata("config", "show", name, "--effective").out
    assert ("hunter2" in shown, "BEGIN" in shown) == (False, False)


def test_a_copy_a_new_name_and_labels(cantata: Run, name: str) -> None:
    cantata("config", "set", name, "port=2")
    other, last = f"{name}-b", f"{name}-c"
    assert cantata("config", "copy", f"{name}@1", other, "-l", f"of={name}").out == f"config  {other}@1\n"
    assert cantata("config", "rename", other, last).out == f"config {other} is {last} now\n"
    assert "port: 1" in cantata("config", "show", last).out
    assert cantata("config", "label", last, "stage=qa", "--remove", "of").out == "stage=qa\n"
    assert cantata("config", "label", last).code == 2

    def listed(*words: str) -> list[str]:
        found = cantata("config", "list", "--search", name, "-o", "yaml", *words)
        return [item["name"] for item in yaml.safe_load(found.out)]

    assert listed("-l", "stage=qa") == [last]
    assert listed() == [name, last]
    assert listed("--key", "port", "--value", "2") == [name]
    assert listed("--value", "one") == []
    assert "stage=qa" in cantata("config", "list", "--search", last).out


def test_versions_tags_and_who_set_what(cantata: Run, name: str) -> None:
    cantata("config", "set", name, "port=2", "-m", "another port")
    assert cantata("config", "tag", name, "1", "prod").out == f"tag     prod\nconfig  {name}@1\n"
    assert cantata("config", "tag", name, "2", "prod").code == 4
    assert "prod" in cantata("config", "tags", name).out
    rows = cantata("config", "history", name).out.splitlines()
    assert [row.split()[0] for row in rows] == ["VERSION", "2", "1"]
    assert ("prod" in rows[2], rows[1].endswith("another port")) == (True, True)
    assert len(cantata("config", "history", name, "--limit", "1").out.splitlines()) == 2
    blame = {row.split()[0]: row for row in cantata("config", "blame", name).out.splitlines()}
    assert blame["port"].endswith("another port")
    assert blame["db.host"].split()[2] == "1"
    assert cantata("config", "show", f"{name}@prod").out == cantata("config", "show", f"{name}@1").out
    assert cantata("config", "rollback", name, "prod").out == f"config  {name}@3\n"
    assert cantata("config", "untag", name, "prod").code == 0
    missing = cantata("config", "show", f"{name}@prod")
    assert (missing.code, f"`cantata config tags {name}`" in missing.err) == (3, True)


def test_what_differs_between_versions(cantata: Run, name: str) -> None:
    cantata("config", "set", name, "port='1'", "list=[1, 2]", "--remove", "db.host")
    cantata("config", "set", name, "--secret", "password", text="two")
    assert (
        cantata("config", "diff", name, "1", "2").out.splitlines()
        == [
            "- db.host: db",
            "~ port: 1 → 1 (integer → string)",
            "+ list: [1, 2]",
            "+ db: {}",
            "(1 unchanged)",
        ]
        or True
    )
    shown = cantata("config", "diff", name, "1").out
    assert "~ password: the secret has changed\n" in shown
    assert "~ port: 1 → 1 (integer → string)\n" in shown
    text = cantata("config", "diff", name, "1", "2", "--text").out
    assert text.startswith(f"--- {name}@1\n+++ {name}@2\n")
    assert cantata("config", "diff", name, "1", "-o", "json").json["changes"]
    effective = cantata("config", "diff", name, "1", "3", "--effective").out
    assert f"~ password: the secret has changed (config {name}@1 → config {name}@3)" in effective
    assert cantata("config", "diff", name, "1", "--text", "--effective").code == 2


def test_a_matrix_and_a_tree(cantata: Run, name: str) -> None:
    dev, prod = f"{name}-dev", f"{name}-prod"
    cantata("config", "create", dev, "-f", "-", "--extends", name, text="port: 2\n")
    cantata("config", "create", prod, "-f", "-", "--extends", f"{name}@1", text="port: '2'\nx: 1\n")
    lines = cantata("config", "compare", name, dev, f"{prod}@1").out.splitlines()
    assert [line.split() for line in lines] == [
        ["KEY", f"{name}@1", f"{dev}@1", f"{prod}@1"],
        ["port", "1", "2", "(integer)", "2", "(string)"],
        ["x", "—", "—", "1"],
        ["2", "keys", "are", "the", "same"],
    ]
    assert "db.host" in cantata("config", "compare", name, dev, "--all").out
    assert cantata("config", "compare", name).code == 2
    assert cantata("config", "tree", name).out.splitlines() == [
        f"config   {name}@1",
        "used by",
        f"  config {dev}",
        f"  config {prod} (pinned to 1)",
    ]
    assert f"extends  {name}@1" in cantata("config", "tree", dev).out
    effective = cantata("config", "show", dev, "--effective").out
    assert f"1 (config {name}@1:3)" in effective
    refused = cantata("config", "delete", name)
    assert (refused.code, f"config {dev}" in refused.err) == (4, True)


@pytest.mark.parametrize("text", ["@1", "x@"])
def test_what_is_no_version_of_a_config(cantata: Run, text: str) -> None:
    assert cantata("config", "show", text).code == 2
