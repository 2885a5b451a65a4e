"""Each state of a service, as status, lists and the command show it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.e2e.cards import until
from tests.e2e.conftest import Command, Kubectl, Stage, deployment

from cantata.client import Client
from cantata.contract.states import ServiceState

pytestmark = pytest.mark.sandbox

FITS_NOWHERE = "containers:\n        - { name: main, resources: { requests: { cpu: 900 } }, "


def behaves(name: str, behaviour: str) -> str:
    return deployment(name, pod=f"{{ sandbox.cantata.dev/behaviour: {behaviour} }}")


FILES = {
    "cantata.yaml": "layout: file\nservices: { pending: { dependsOn: [progressing] } }\n",
    "templates/ready.yaml": deployment("ready"),
    "templates/paused.yaml": deployment("paused"),
    "templates/deleting.yaml": deployment("deleting"),
    "templates/gone.yaml": deployment("gone"),
    "templates/progressing.yaml": behaves("progressing", "never-ready"),
    "templates/pending.yaml": deployment("pending"),
    "templates/failed.yaml": behaves("failed", "image-pull-error"),
    "templates/degraded.yaml": deployment("degraded").replace(
        "containers:\n        - { name: main, ", FITS_NOWHERE
    ),
}
STATES: dict[str, tuple[ServiceState, str]] = {
    "ready": ("ready", ""),
    "paused": ("paused", "scaled to zero"),
    "deleting": ("deleting", "waits for example.org/hold"),
    "gone": ("not_deployed", "undeployed on purpose"),
    "progressing": ("progressing", "0 of 1 pod available"),
    "pending": ("pending", "waits for progressing to be ready"),
    "failed": ("failed", "container main"),
    "degraded": ("degraded", "Insufficient cpu"),
}
"""What each service comes to, and a part of its message. `unknown` is of a cluster that cannot be reached,
shown in test_cards_silence.py."""


@pytest.fixture
async def played(stage: Stage, client: Client, kubectl: Kubectl) -> AsyncIterator[Stage]:
    """First those that were once up, and what becomes of them; then an operation that never ends by
    itself."""
    await stage.application(FILES)
    first = await stage.deploy("ready", "paused", "deleting", "gone")
    assert first is not None
    assert first.state == "succeeded", first
    for ask in (
        client.services.ask("pause", stage.name, ["paused"]),
        client.services.ask("undeploy", stage.name, ["gone"]),
    ):
        asked = (await ask).operation
        assert asked is not None
        assert (await stage.ended(asked)).state == "succeeded"
    going = ["deployment", f"{stage.name}-deleting", "-n", stage.name]
    kubectl.run("patch", *going, "--type=merge", "-p", '{"metadata": {"finalizers": ["example.org/hold"]}}')
    kubectl.run("delete", *going, "--wait=false")
    late = ["progressing", "pending", "failed", "degraded"]
    deployed = await client.applications.deploy(stage.name, late)
    assert deployed.operation is not None
    await until(
        client,
        deployed.operation,
        lambda _, status: all(
            each.state == STATES[each.name][0] and STATES[each.name][1] in each.message
            for each in status.services
        ),
    )
    yield stage
    await client.operations.cancel(deployed.operation.id)
    kubectl.run("patch", *going, "--type=merge", "-p", '{"metadata": {"finalizers": null}}')


async def test_every_state_is_shown_by_status_lists_and_command(
    played: Stage, client: Client, command: Command
) -> None:
    status = await played.status()
    assert {each.name: each.state for each in status.services} == {
        name: state for name, (state, _) in STATES.items()
    }
    assert status.state == "failed", "an application is as well as its worst service"
    shown = await asyncio.to_thread(command.run, "app", "status", played.name)
    assert shown.returncode == 0, shown.stderr
    rows = {line.split()[0]: line for line in shown.stdout.splitlines() if line.strip()}
    for name, (state, message) in STATES.items():
        assert state in rows[name]
        assert message in rows[name]
        listed = client.services.list(application=played.name, state=state)
        assert [each.service.name async for each in listed] == [name]
