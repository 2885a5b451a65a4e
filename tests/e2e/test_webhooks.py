"""What happens to a deployed application is told to a real receiver, also after the server was killed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from tests.api.test_webhooks import Receiver
from tests.e2e.conftest import Kubectl, Server, Stage, deployment, register
from tests.e2e.faults import own_server

from cantata.contract.events import DATA
from cantata.contract.webhooks import WebhookDraft
from cantata.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

CRASHING = "{ sandbox.cantata.dev/behaviour: image-pull-error }"


@pytest.fixture(scope="module")
def own(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = own_server(
        tmp_path_factory.mktemp("telling"),
        CANTATA_WEBHOOK_RETRY_SECONDS="0.1",
        CANTATA_PROGRESS_DEADLINE="15",
    )
    server.start()
    register(server, sandbox)
    yield server
    assert server.stop() == 0, server.log[-4000:]


def told(receiver: Receiver) -> list[tuple[str, Any]]:
    """What came, each delivery once."""
    bodies = dict(receiver.calls)
    return [(body["type"], body["data"]["application"]) for body in map(json.loads, bodies.values())]


async def test_deploys_and_failures_are_told_also_by_the_next_server(own: Server, namespace: str) -> None:
    async with Receiver(500, 200).serving() as receiver:
        async with own.client() as client:
            stage = Stage(client, namespace)
            await stage.application(
                {"templates/web.yaml": deployment("web", pod="{{ .Values.pod }}")}, "pod: '{}'\n"
            )
            draft = WebhookDraft(name="all", url=receiver.url, applications=(namespace,))
            receiver.secret = (await client.webhooks.create(draft)).secret
            assert (await stage.deploy()) is not None
            await receiver.called(2)
            assert told(receiver) == [("deployed", namespace)]
            await client.configs.edit(namespace, f"pod: '{CRASHING}'\n")
            failing = await client.applications.deploy(namespace)
            assert failing.operation is not None
        own.kill()
        own.start()
        async with own.client() as client:
            assert (await Stage(client, namespace).ended(failing.operation)).state == "failed"
            await receiver.called(3)
            assert ("failed", namespace) in told(receiver)
            await client.webhooks.delete("all")
        assert told(receiver).count(("deployed", namespace)) == 1


async def test_falling_ill_and_recovering_are_told_once_also_over_a_restart(
    own: Server, namespace: str, kubectl: Kubectl
) -> None:
    async def health(count: int) -> list[str]:
        found: list[str] = []
        async with own.client() as client, asyncio.timeout(60):
            async for event in client.events.follow(application=namespace, types=("degraded", "recovered")):
                msgspec.convert(event.data, DATA[event.type], strict=True)
                found.append(event.type)
                if len(found) == count:
                    break
        return found

    async with own.client() as client:
        stage = Stage(client, namespace)
        await stage.application({"templates/web.yaml": deployment("web")})
        assert (await stage.deploy()) is not None
    web = f"deployment/{namespace}-web"
    template = {"metadata": {"annotations": {"sandbox.cantata.dev/behaviour": "image-pull-error"}}}
    patch = json.dumps({"spec": {"template": template}})
    kubectl.run("patch", web, "-n", namespace, "--type=merge", "-p", patch)
    assert await health(1) == ["degraded"]
    own.kill()
    own.start()
    kubectl.run("rollout", "undo", web, "-n", namespace)
    assert await health(2) == ["degraded", "recovered"]
