"""The tests that a chart brings, run by command."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from tests.e2e.conftest import DEADLINE, Command, Kubectl, Stage, deployment

pytestmark = pytest.mark.sandbox

FAILS = "sandbox.cantata.dev/behaviour: crash-loop"


def pod(name: str, weight: int, *, fails: str = "", policy: str = "") -> str:
    """A test; `fails` is a condition of the template for it to fail."""
    policies = f'    helm.sh/hook-delete-policy: "{policy}"\n' if policy else ""
    failing = f"{{{{- if {fails} }}}}\n    {FAILS}\n{{{{- end }}}}" if fails else ""
    return f"""
apiVersion: v1
kind: Pod
metadata:
  name: "{{{{ .Release.Name }}}}-{name}"
  annotations:
    helm.sh/hook: test
    helm.sh/hook-weight: "{weight}"
{policies}{failing}
spec:
  restartPolicy: Never
  containers: [{{ name: main, image: "test:1" }}]
"""


FILES = {
    "cantata.yaml": "layout: file\n",
    "values.yaml": "broken: false\ntag: one\n",
    "templates/web.yaml": deployment("web", image="web:{{ .Values.tag }}"),
    "templates/api.yaml": deployment("api"),
    "templates/tests/late.yaml": pod("late", 5, fails=".Values.broken", policy="hook-failed"),
    "templates/web/first.yaml": pod("first", -5, policy="hook-succeeded"),
}


@pytest.fixture
async def shop(stage: Stage) -> AsyncIterator[str]:
    await stage.application(FILES, config="{}\n")
    ended = await stage.deploy()
    assert ended is not None
    assert ended.state == "succeeded", ended.error
    yield stage.name
    await stage.ended(await stage.client.applications.delete(stage.name))


def ran(command: Command, shop: str, operation: str) -> list[tuple[str, str]]:
    events = json.loads(command.run("events", "-a", shop, "--type", "hook", "-o", "json").stdout)
    return [
        (each["data"]["object"].rpartition("-")[2], each["data"]["state"])
        for each in events
        if each["data"]["operation"] == operation
    ]


async def test_tests_run_by_weight_and_make_no_revision(
    shop: str, stage: Stage, command: Command, kubectl: Kubectl
) -> None:
    assert not kubectl.items("pods", "-n", shop, "-l", "!app")
    done = command.run("app", "test", shop, "-o", "json")
    assert done.returncode == 0, done.stderr
    operation = json.loads(done.stdout)
    assert (operation["verb"], operation["state"], operation["revision"]) == ("test", "succeeded", 1)
    assert ran(command, shop, operation["id"]) == [
        ("first", "running"),
        ("first", "succeeded"),
        ("late", "running"),
        ("late", "succeeded"),
    ]
    left = [each["metadata"]["name"] for each in kubectl.items("pods", "-n", shop, "-l", "!app")]
    assert left == [f"{shop}-late"]
    again = command.run("app", "test", shop)
    assert again.returncode == 0, again.stderr
    assert len([each async for each in stage.client.applications.history(shop)]) == 1
    status = await stage.status()
    assert {each.state for each in status.services} == {"ready"}


async def test_tests_of_one_service(shop: str, command: Command) -> None:
    operation = json.loads(command.run("app", "test", shop, "web", "-o", "json").stdout)
    assert {name for name, _ in ran(command, shop, operation["id"])} == {"first"}
    done = command.run("app", "test", shop, "api")
    assert done.returncode == 3
    assert "api of application" in done.stderr
    assert command.run("app", "test", shop, "nobody").returncode == 3


async def test_what_belongs_to_somebody_else_is_left_alone(
    shop: str, command: Command, kubectl: Kubectl
) -> None:
    kubectl.run("run", f"{shop}-late", "-n", shop, "--image=theirs:1", "--restart=Never")
    done = command.run("app", "test", shop)
    assert done.returncode == 4
    assert "would take over 1 object" in done.stderr
    assert kubectl.get("pod", f"{shop}-late", "-n", shop)["spec"]["containers"][0]["image"] == "theirs:1"


async def test_a_test_that_fails_says_its_last_words(
    shop: str, stage: Stage, command: Command, kubectl: Kubectl
) -> None:
    await stage.client.configs.edit(shop, "broken: true\ntag: two\n")
    assert await stage.deploy() is not None
    done = command.run("app", "test", shop, "-o", "json")
    assert done.returncode == 9, done.stdout
    assert "the test hook Pod" in done.stderr
    operations = [each async for each in stage.client.operations.list(shop)]
    failed = operations[0]
    assert (failed.verb, failed.state) == ("test", "failed")
    (card,) = failed.failures
    assert (card.object, card.log[-1]) == (f"Pod {shop}/{shop}-late", "GET /healthz 200 1ms")
    assert card.log[-1] in done.stderr
    async with asyncio.timeout(DEADLINE):
        while kubectl.items("pods", "-n", shop, "-l", "!app"):  # noqa: ASYNC110 - the pod takes its time
            await asyncio.sleep(0.1)
    assert {each.state for each in (await stage.status()).services} == {"ready"}
