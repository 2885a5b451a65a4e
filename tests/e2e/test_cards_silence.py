"""Failure cards of what does not answer, or does not come to an end: webhooks, clusters, finalizers, pods
that say nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest
from tests.e2e.admission import asking
from tests.e2e.cards import Case, assert_everywhere, look, until
from tests.e2e.conftest import Command, Kubectl, Server, Stage, deployment
from tests.e2e.faults import own_server
from tests.e2e.relay import Relay

from cantata.client import Client
from cantata.sandbox import Sandbox

pytestmark = pytest.mark.sandbox


@dataclass(frozen=True)
class Hasty:
    """A server that gives up after three seconds, and reaches the cluster through a relay that can be cut."""

    server: Server
    command: Command
    relay: Relay


@pytest.fixture(scope="module")
def hasty(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hasty]:
    kubeconfig = json.loads(Kubectl(sandbox).run("config", "view", "--raw", "-o", "json"))
    server = own_server(tmp_path_factory.mktemp("hasty"), CANTATA_PROGRESS_DEADLINE="3")
    server.start()
    with Relay(kubeconfig["clusters"][0]["cluster"]["server"]) as relay:
        for cluster in kubeconfig["clusters"]:
            cluster["cluster"]["server"] = relay.url

        async def add() -> None:
            async with server.client() as client:
                await client.clusters.add("default", json.dumps(kubeconfig))

        asyncio.run(add())
        yield Hasty(server, Command(server, tmp_path_factory.mktemp("command")), relay)
    assert server.stop() == 0, server.log[-4000:]


@pytest.fixture
async def impatient(hasty: Hasty, namespace: str) -> AsyncIterator[Stage]:
    async with hasty.server.client() as client:
        yield Stage(client, namespace)


# --- a webhook ----------------------------------------------------------------------------------------------

ASKED = {
    "templates/web.yaml": deployment("web").replace(
        'name: "{{ .Release.Name }}-web" }', "name: web, labels: { denied: yes-please } }"
    )
}
SILENT = Case("admission", "", "AdmissionUnavailable", likely="does not answer, and nothing is let in")


@contextmanager
def silent(kubectl: Kubectl, namespace: str, sandbox: Sandbox) -> Iterator[None]:
    """Nobody answers for the webhook that must be asked."""
    kubectl.run("create", "namespace", namespace)
    kubectl.run("apply", "-f", "-", text=asking(namespace, "https://127.0.0.1:9/", sandbox))
    try:
        yield
    finally:
        kubectl.run("delete", "validatingwebhookconfiguration", namespace)


async def test_a_webhook_that_does_not_answer_is_named_at_once_and_asked_again(
    stage: Stage, client: Client, command: Command, kubectl: Kubectl, sandbox: Sandbox
) -> None:
    await stage.application(ASKED)
    with silent(kubectl, stage.name, sandbox):
        deployed = await client.applications.deploy(stage.name)
        assert deployed.operation is not None
        running = await until(client, deployed.operation, lambda now, _: now.failures)
        assert running.state == "running"
        seen = await look(client, command, stage.name, running)
    named = {"webhook": f"deny.{stage.name}.example.org"}
    assert_everywhere(seen, "web", replace(SILENT, facts=named, terminal=False))
    ended = await stage.ended(deployed.operation)
    assert (ended.state, ended.failures) == ("succeeded", ())
    assert [each.failure for each in (await stage.status()).services] == [None]


async def test_a_webhook_that_never_answers_fails_the_service_at_its_deadline(
    impatient: Stage, hasty: Hasty, kubectl: Kubectl, sandbox: Sandbox
) -> None:
    await impatient.application(ASKED)
    with silent(kubectl, impatient.name, sandbox):
        ended = await impatient.deploy()
        assert ended is not None
        seen = await look(impatient.client, hasty.command, impatient.name, ended)
    assert_everywhere(seen, "web", SILENT)
    assert [card.terminal for card in seen.events] == [False, True]


# --- a cluster ----------------------------------------------------------------------------------------------


async def test_a_cluster_that_does_not_answer_is_said_to(impatient: Stage, hasty: Hasty) -> None:
    slow = "{ sandbox.cantata.dev/behaviour: slow, sandbox.cantata.dev/delay: 2s }"
    files = {
        "cantata.yaml": "layout: file\nservices: { api: { dependsOn: [web] } }\n",
        "templates/web.yaml": deployment("web", "{{ .Values.image }}", pod=slow),
        "templates/api.yaml": deployment("api"),
    }
    await impatient.application(files, "image: web:1\n")
    first = await impatient.deploy()
    assert first is not None
    assert first.state == "succeeded", first
    await impatient.client.configs.edit(impatient.name, "image: web:2\n")
    deployed = await impatient.client.applications.deploy(impatient.name)
    assert deployed.operation is not None
    hasty.relay.cut()
    try:
        ended = await impatient.ended(deployed.operation)
        seen = await look(impatient.client, hasty.command, impatient.name, ended)
    finally:
        hasty.relay.mend()
    assert ended.state == "failed"
    unreachable = [card.service for card in ended.failures if card.kind == "cluster_unreachable"]
    assert unreachable, ended.failures
    for service in unreachable:
        assert seen.of_events[service].kind == "cluster_unreachable"
    assert {each.kind for each in seen.of_status.values()} == {"cluster_unreachable"}
    assert {each.state for each in seen.status.services} == {"unknown"}
    assert "(cluster_unreachable)" in seen.shown
    assert "(cluster_unreachable)" in seen.shown_operation
    assert "kind=cluster_unreachable" in seen.shown_events


# --- nothing at all -----------------------------------------------------------------------------------------


async def test_a_service_without_progress_says_for_how_long(impatient: Stage, hasty: Hasty) -> None:
    never = "{ sandbox.cantata.dev/behaviour: never-ready }"
    await impatient.application({"templates/web.yaml": deployment("web", pod=never)})
    ended = await impatient.deploy()
    assert ended is not None
    seen = await look(impatient.client, hasty.command, impatient.name, ended)
    case = Case("progress_deadline", "", "NoProgress", message="no progress for 3 s: 0 of 1 pod available")
    assert_everywhere(seen, "web", case)


async def test_what_does_not_go_away_is_named_with_what_holds_it(
    impatient: Stage, hasty: Hasty, kubectl: Kubectl
) -> None:
    await impatient.application({"templates/web.yaml": deployment("web")})
    first = await impatient.deploy()
    assert first is not None
    assert first.state == "succeeded", first
    web = ["patch", "deployment", f"{impatient.name}-web", "-n", impatient.name, "--type=merge", "-p"]
    kubectl.run(*web, '{"metadata": {"finalizers": ["example.org/hold"]}}', "--field-manager=holder")
    try:
        ended = await impatient.ended(await impatient.client.applications.delete(impatient.name))
        seen = await look(impatient.client, hasty.command, impatient.name, ended)
    finally:
        kubectl.run(*web, '{"metadata": {"finalizers": null}}')
    held = {"finalizers": "example.org/hold (set by holder)"}
    assert_everywhere(seen, "", Case("stuck", "", "DeletionStuck", facts=held))
