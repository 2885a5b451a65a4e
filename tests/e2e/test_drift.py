"""What others change is seen by the watch, told with its manager, and taken back on request or by policy."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from tests.e2e.conftest import DEADLINE, Command, Kubectl, Stage, deployment
from tests.e2e.faults import own_server

from cantata.contract.drift import DriftedFieldInfo
from cantata.contract.operations import OperationInfo
from cantata.kube import KubeCluster
from cantata.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

IMAGE = "spec.template.spec.containers[main].image"
WEB = (
    deployment("web")
    .replace("spec:\n  selector", "spec:\n  replicas: 1\n  selector", 1)
    .replace('image: "web:1" }', 'image: "web:1", env: [{ name: MODE, value: "good" }] }')
)
FILES = {
    "cantata.yaml": "layout: file\n",
    "templates/web.yaml": WEB,
    "templates/api.yaml": deployment("api")
    + """---
apiVersion: v1
kind: ConfigMap
metadata: { name: "{{ .Release.Name }}-words", labels: { tier: back } }
data: { word: hello }
---
apiVersion: v1
kind: Secret
metadata: { name: "{{ .Release.Name }}-key" }
stringData: { word: ours }
""",
}


class Drifting:
    """A deployed application, and what is said of its drift."""

    def __init__(self, stage: Stage, kubectl: Kubectl) -> None:
        self.stage = stage
        self.name = stage.name
        self._kubectl = kubectl

    def kubectl(self, *words: str) -> str:
        return self._kubectl.run("-n", self.name, *words)

    def image(self) -> str:
        pod = "jsonpath={.spec.template.spec.containers[0].image}"
        return self.kubectl("get", "deployment", f"{self.name}-web", "-o", pod)

    async def fields(self, service: str = "web") -> tuple[DriftedFieldInfo, ...]:
        status = await self.stage.status()
        return next(each for each in status.services if each.name == service).drifted

    async def drifted(
        self, holds: Callable[[tuple[DriftedFieldInfo, ...]], bool], service: str = "web"
    ) -> tuple[DriftedFieldInfo, ...]:
        async with asyncio.timeout(DEADLINE):
            while not holds(found := await self.fields(service)):  # noqa: ASYNC110 - any state is waited for
                await asyncio.sleep(0.05)
        return found

    async def reverting(self, times: int) -> list[OperationInfo]:
        """So many operations that take back, once they have ended."""
        async with asyncio.timeout(DEADLINE):
            while True:
                found = await self.operations()
                if len(found) >= times and all(each.ended for each in found):
                    return found
                await asyncio.sleep(0.05)

    async def operations(self) -> list[OperationInfo]:
        return [each async for each in self.stage.client.operations.list(self.name) if each.verb == "revert"]

    async def policy(self, drift: str, *excepted: str, command: Command) -> None:
        words = [word for each in excepted for word in ("--drift-except", each)]
        done = command.run("app", "edit", self.name, "--drift", drift, *words)
        assert done.returncode == 0, done.stderr


@pytest.fixture
async def shop(stage: Stage, kubectl: Kubectl) -> AsyncIterator[Drifting]:
    await stage.application(FILES)
    ended = await stage.deploy()
    assert ended is not None
    assert ended.state == "succeeded", ended.error
    yield Drifting(stage, kubectl)
    await stage.ended(await stage.client.applications.delete(stage.name))


async def test_each_change_is_seen_and_taken_back_on_request(shop: Drifting, command: Command) -> None:
    web = f"deployment/{shop.name}-web"
    shop.kubectl("set", "image", web, "main=web:hacked", "--field-manager=someone")
    shop.kubectl("set", "env", web, "MODE=bad", "--field-manager=someone")
    shop.kubectl(
        "label", "configmap", f"{shop.name}-words", "tier=front", "--overwrite", "--field-manager=else"
    )
    env = "spec.template.spec.containers[main].env[MODE].value"
    found = await shop.drifted(lambda fields: {each.field for each in fields} == {IMAGE, env})
    assert {each.object for each in found} == {f"Deployment.apps {shop.name}/{shop.name}-web"}
    assert {each.manager for each in found} == {"someone"}
    assert all(each.at.startswith("20") and not each.fight for each in found)
    (label,) = await shop.drifted(bool, "api")
    assert (label.field, label.manager) == ("metadata.labels.tier", "else")

    shown = command.run("app", "status", shop.name).stdout
    assert f"drifted: web: Deployment.apps {shop.name}/{shop.name}-web {IMAGE} by someone at 20" in shown
    events = json.loads(command.run("events", "-a", shop.name, "--type", "drifted", "-o", "json").stdout)
    assert {each["data"]["service"] for each in events} == {"web", "api"}

    before = [each.number async for each in shop.stage.client.applications.history(shop.name)]
    done = command.run("app", "revert", shop.name, "web", "-o", "json")
    assert done.returncode == 0, done.stderr
    assert await shop.drifted(lambda fields: not fields) == ()
    assert shop.image() == "web:1"
    assert len(await shop.fields("api")) == 1
    assert command.run("app", "revert", shop.name).returncode == 0
    await shop.drifted(lambda fields: not fields, "api")
    assert "nothing to do" in command.run("app", "revert", shop.name).stdout
    assert [each.number async for each in shop.stage.client.applications.history(shop.name)] == before
    events = json.loads(command.run("events", "-a", shop.name, "--type", "reverted", "-o", "json").stdout)
    assert {each["data"]["service"] for each in events} == {"web", "api"}
    (status,) = [each for each in (await shop.stage.status()).services if each.name == "web"]
    assert status.state == "ready"


async def test_an_object_that_was_deleted_comes_back(shop: Drifting, command: Command) -> None:
    shop.kubectl("delete", "configmap", f"{shop.name}-words")
    (gone,) = await shop.drifted(bool, "api")
    assert (gone.object, gone.field) == (f"ConfigMap {shop.name}/{shop.name}-words", "")
    assert "is gone, seen at" in command.run("app", "status", shop.name).stdout
    assert command.run("app", "revert", shop.name).returncode == 0
    await shop.drifted(lambda fields: not fields, "api")
    assert json.loads(shop.kubectl("get", "configmap", f"{shop.name}-words", "-o", "json"))["data"] == {
        "word": "hello"
    }


async def test_a_secret_that_was_changed_is_told_without_its_value(shop: Drifting, command: Command) -> None:
    secret = json.dumps({"stringData": {"word": "MARKED-theirs"}})
    shop.kubectl("patch", "secret", f"{shop.name}-key", "-p", secret, "--field-manager=someone")
    (told,) = await shop.drifted(bool, "api")
    assert (told.object, told.field) == (f"Secret {shop.name}/{shop.name}-key", "data.word")
    assert told.manager == "someone"
    assert command.run("app", "revert", shop.name, "api").returncode == 0
    await shop.drifted(lambda fields: not fields, "api")
    kept = shop.kubectl("get", "secret", f"{shop.name}-key", "-o", "jsonpath={.data.word}")
    assert base64.b64decode(kept) == b"ours"


async def test_what_changed_while_nobody_looked_is_seen_at_the_start(
    sandbox: Sandbox, namespace: str, kubectl: Kubectl, tmp_path: Path
) -> None:
    own = own_server(tmp_path / "own")
    own.start()
    try:
        async with own.client() as client:
            await client.clusters.add("default", sandbox.kubeconfig.read_text())
            stage = Stage(client, namespace)
            await stage.application(FILES)
            assert await stage.deploy() is not None
        own.kill()
        changed = Drifting(stage, kubectl)
        changed.kubectl(
            "set", "image", f"deployment/{namespace}-web", "main=web:x", "--field-manager=someone"
        )
        own.start()
        async with own.client() as client:
            changed = Drifting(Stage(client, namespace), kubectl)
            (told,) = await changed.drifted(bool)
            assert (told.field, told.manager) == (IMAGE, "someone")
            await changed.stage.ended(await client.applications.delete(namespace))
    finally:
        assert await asyncio.to_thread(own.stop) == 0, own.log[-4000:]


async def test_the_policy_takes_back_but_what_is_excepted(shop: Drifting, command: Command) -> None:
    await shop.policy("revert", "spec.template.spec.containers[*].env", command=command)
    web = f"deployment/{shop.name}-web"
    shop.kubectl("set", "env", web, "MODE=bad", "--field-manager=someone")
    shop.kubectl("set", "image", web, "main=web:hacked", "--field-manager=someone")
    (ended,) = await shop.reverting(1)
    await shop.drifted(lambda fields: not fields)
    assert shop.image() == "web:1"
    mode = "jsonpath={.spec.template.spec.containers[0].env[0].value}"
    assert shop.kubectl("get", web, "-o", mode) == "bad"
    assert (ended.state, ended.author, ended.services) == ("succeeded", "drift policy", ("web",))


async def test_what_scales_is_no_drift(shop: Drifting, command: Command) -> None:
    await shop.policy("revert", command=command)
    scale = json.dumps({"spec": {"replicas": 3}})
    words = ("patch", "deployment", f"{shop.name}-web", "--subresource=scale", "--type=merge", "-p", scale)
    shop.kubectl(*words, "--field-manager=autoscaler")
    # Something that is drift, after it: when this is seen, that was looked at too.
    shop.kubectl("label", "configmap", f"{shop.name}-words", "tier=front", "--overwrite")
    await shop.reverting(1)
    await shop.drifted(lambda fields: not fields, "api")
    assert await shop.fields() == ()
    assert [each.services for each in await shop.operations()] == [("api",)]
    assert shop.kubectl("get", "deployment", f"{shop.name}-web", "-o", "jsonpath={.spec.replicas}") == "3"


async def test_what_a_person_scales_is_drift_and_taken_back(shop: Drifting, command: Command) -> None:
    web = f"{shop.name}-web"
    shop.kubectl("scale", "deployment", web, "--replicas=3")
    (found,) = await shop.drifted(bool)
    assert (found.field, found.manager) == ("spec.replicas", "kubectl")
    assert command.run("app", "revert", shop.name).returncode == 0
    assert shop.kubectl("get", "deployment", web, "-o", "jsonpath={.spec.replicas}") == "1"
    await shop.drifted(lambda fields: not fields)


async def test_a_fight_is_told_with_its_opponent_and_ends(
    shop: Drifting, command: Command, cluster: KubeCluster
) -> None:
    await shop.policy("revert", command=command)
    async with opponent(shop, cluster):
        (fought,) = await shop.drifted(lambda fields: any(each.fight for each in fields))
        assert (fought.field, fought.manager) == (IMAGE, "stubborn")
        assert len(await shop.reverting(2)) == 2
        shown = command.run("app", "status", shop.name).stdout
        assert "by stubborn" in shown
        assert "comes back each time" in shown
    assert shop.image() == "web:stubborn"
    assert command.run("app", "revert", shop.name).returncode == 0
    await shop.drifted(lambda fields: not fields)
    assert shop.image() == "web:1"


@contextlib.asynccontextmanager
async def opponent(shop: Drifting, cluster: KubeCluster) -> AsyncIterator[None]:
    """A controller that wants another image, by the watch."""
    wanted = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": f"{shop.name}-web", "namespace": shop.name},
        "spec": {"template": {"spec": {"containers": [{"name": "main", "image": "web:stubborn"}]}}},
    }

    async def insist() -> None:
        while True:
            if await asyncio.to_thread(shop.image) != "web:stubborn":
                await cluster.apply(wanted, manager="stubborn", force=True)
            await asyncio.sleep(0.2)

    task = asyncio.create_task(insist())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
