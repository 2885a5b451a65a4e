"""`cantata webhook` against a real server without a cluster."""

from __future__ import annotations

from tests.cli.conftest import Run

DEAF = "http://127.0.0.1:1/hook"


def test_a_webhook_from_its_creation_to_its_end(cantata: Run, namespace: str) -> None:
    made = cantata("webhook", "create", namespace, DEAF, "-n", "failed", "-a", "shop-*")
    assert made.code == 0, made.err
    assert made.out.startswith("whsec_")
    assert len(made.out.split()) == 1
    assert DEAF in made.err
    shown = cantata("webhook", "show", namespace, "-o", "json")
    assert (shown.json["notices"], shown.json["enabled"]) == (["failed"], True)
    assert made.out.strip() not in shown.out
    assert cantata("webhook", "create", f"{namespace}-2", DEAF, "-n", "test").code == 2
    off = cantata("webhook", "edit", namespace, "--disable", "-o", "json")
    assert (off.json["enabled"], off.json["url"]) == (False, DEAF)
    assert cantata("webhook", "edit", namespace, "--enable", "-o", "json").json["enabled"]
    for _ in range(3):
        assert cantata("webhook", "test", namespace).code == 0
    assert len(cantata("webhook", "deliveries", namespace, "-n", "2", "-o", "json").json) == 2
    assert len(cantata("webhook", "deliveries", namespace, "-n", "0", "-o", "json").json) == 3
    assert cantata("webhook", "delete", namespace).out == f"webhook {namespace} deleted\n"
    assert cantata("webhook", "show", namespace).code == 3
