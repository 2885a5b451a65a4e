"""ConfigMaps and Secrets become a config text, or are refused with the key."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from cantata.core.config import ImportInvalid, import_objects

Objects = list[dict[str, Any]]


def config_map(name: str, data: dict[str, str] | None, **more: Any) -> dict[str, Any]:
    return {"kind": "ConfigMap", "metadata": {"name": name}, "data": data, **more}


def secret(name: str, data: dict[str, bytes]) -> dict[str, Any]:
    encoded = {key: base64.b64encode(value).decode() for key, value in data.items()}
    return {"kind": "Secret", "metadata": {"name": name}, "data": encoded}


def test_values_stay_strings_and_secrets_are_marked() -> None:
    objects = [
        config_map(
            "env", {"db.host": "db", "port": "5432", "yes": "no", "empty": "", "app.ini": "[a]\nb = 1\n"}
        ),
        config_map("none", None),
        secret("keys", {"password": b"hunter2", "number": b"1", "key.pem": b"one\n  two"}),
    ]
    assert import_objects(objects) == (
        "# ConfigMap env\n"
        "db.host: db\n"
        'port: "5432"\n'
        '"yes": "no"\n'
        'empty: ""\n'
        "app.ini: |\n"
        "  [a]\n"
        "  b = 1\n"
        "# ConfigMap none\n"
        "# Secret keys\n"
        'password: !secret "hunter2"\n'
        'number: !secret "1"\n'
        "key.pem: !secret |-\n"
        "  one\n"
        "    two\n"
    )


REFUSED: dict[str, tuple[Objects, str, str]] = {
    "binary data": (
        [config_map("a", {}, binaryData={"k": "AA=="})],
        "the value of k is binary",
        "ConfigMap a (k)",
    ),
    "no UTF-8": ([secret("a", {"k": b"\xff\xfe"})], "the value of k is binary", "Secret a (k)"),
    "a NUL": ([secret("a", {"k": b"x\x00y"})], "the value of k is binary", "Secret a (k)"),
    "a NUL in clear": ([config_map("a", {"k": "\x00"})], "the value of k is binary", "ConfigMap a (k)"),
    "no base64": ([{**secret("a", {}), "data": {"k": "%"}}], "the value of k is binary", "Secret a (k)"),
    "a reference": ([secret("a", {"k": b"ref:1"})], "the value of k begins with `ref:`", "Secret a (k)"),
    "twice": (
        [config_map("a", {"k": "1"}), secret("b", {"k": b"hunter2"})],
        "the key k is in ConfigMap a too",
        "Secret b (k)",
    ),
}


@pytest.mark.parametrize(("objects", "message", "place"), REFUSED.values(), ids=REFUSED)
def test_what_no_config_can_hold_is_refused_with_its_key(objects: Objects, message: str, place: str) -> None:
    with pytest.raises(ImportInvalid) as caught:
        import_objects(objects)
    assert message in caught.value.message
    assert str(caught.value.place) == place
    assert "hunter2" not in str(caught.value)
