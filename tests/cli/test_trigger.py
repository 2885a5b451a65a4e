"""`cantata trigger` against a real server without a cluster."""

from __future__ import annotations

import json
import time
import urllib.request
from pathlib import Path

import pytest
from tests.cli.conftest import Run

from cantata.core.triggers import sign


@pytest.fixture
def name(cantata: Run, namespace: str) -> str:
    """Of a config that no other test uses, and of its trigger."""
    assert cantata("config", "create", namespace, "-f", "-", text="web:\n  tag: v1\n").code == 0
    return namespace


def test_a_trigger_from_its_creation_to_its_end(cantata: Run, name: str, tmp_path: Path) -> None:
    made = cantata(
        "trigger", "create", name, "--config", name, "--key", "web.tag=tag", "--pattern", "web.tag=v.+"
    )
    assert made.code == 0, made.err
    secret = made.out.strip()
    assert secret.startswith("whsec_")
    address = made.err.split()[5].removesuffix(";")
    payload = tmp_path / "payload.json"
    payload.write_text('{"tag": "v2"}')
    tried = cantata("trigger", "test", name, "-f", str(payload))
    assert "web.tag: v1 → v2" in tried.out, tried.err
    assert "no application uses" in tried.out
    id_ = call(address, secret, payload.read_bytes())
    while (listed := cantata("trigger", "calls", name, "-o", "json").json)[0]["state"] == "queued":
        time.sleep(0.05)
    assert (listed[0]["state"], listed[0]["result"]) == ("applied", f"config {name}@2: web.tag")
    assert "applied" in cantata("trigger", "calls", name).out
    assert json.loads(cantata("trigger", "calls", name, "--show", id_).out) == {"tag": "v2"}
    assert f"trigger {name}: delivery one" in cantata("config", "history", name).out
    assert "web.tag: v2 already" in cantata("trigger", "test", name, "-f", str(payload)).out
    rotated = cantata("trigger", "rotate-secret", name, "--now").out.strip()
    assert rotated.startswith("whsec_")
    assert rotated != secret
    assert cantata("trigger", "delete", name).code == 0
    assert cantata("trigger", "show", name).code == 3


def call(address: str, secret: str, body: bytes) -> str:
    now = int(time.time())
    headers = {
        "webhook-id": "one",
        "webhook-timestamp": str(now),
        "webhook-signature": sign(secret, "one", now, body),
    }
    with urllib.request.urlopen(urllib.request.Request(address, body, headers), timeout=30) as answer:
        id_: str = json.loads(answer.read())["call"]
        return id_


def test_a_trigger_for_images_is_edited(cantata: Run, name: str) -> None:
    image = ("--image", "web.tag=shop/web", "--write", "digest")
    cantata("trigger", "create", name, "--config", name, "--kind", "harbor", *image, "--source", "10.0.0.0/8")
    shown = cantata("trigger", "show", name).out
    assert "digest of shop/web" in shown
    assert "10.0.0.0/8" in shown
    edited = cantata("trigger", "edit", name, "--disable", "--any-source", "-o", "json").json
    assert (edited["enabled"], edited["sources"], edited["images"][0]["write"]) == (False, [], "digest")
    (listed,) = cantata("trigger", "list", "--search", name, "-o", "json").json
    assert listed == edited


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--key", "web.tag"), "is not KEY=VALUE"),
        (("--key", "web.tag=a", "--key", "web.tag=b"), "twice"),
        (("--key", "web.tag=a", "--pattern", "web=x"), "no rule is for the key web"),
        (("--key", "web.tag=length(a)"), "function expression"),
        (("--key", "web.image=a"), "neither the config nor one that it extends has"),
        ((), "no rule"),
    ],
)
def test_rules_that_cannot_work_are_told(cantata: Run, name: str, words: tuple[str, ...], told: str) -> None:
    done = cantata("trigger", "create", name, "--config", name, *words)
    assert (done.code, told in done.err) == (2, True), done.err
