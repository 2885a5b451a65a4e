"""The end of an application on a real cluster: what is named goes, the rest stays, others are left alone."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.e2e.conftest import Command, Kubectl, Stage, deployment
from tests.e2e.faults import until

from cantata.client import RemoteError
from cantata.contract.events import EventInfo
from cantata.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

CLAIM = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: "{{ .Release.Name }}-uploads" }
spec:
  accessModes: [ReadWriteOnce]
  resources: { requests: { storage: 1Gi } }
"""
DATABASE = """
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db }
spec:
  serviceName: db
  selector: { matchLabels: { app: db } }
  template:
    metadata: { labels: { app: db } }
    spec:
      containers: [{ name: main, image: "db:1" }]
  volumeClaimTemplates:
    - metadata: { name: data }
      spec:
        accessModes: [ReadWriteOnce]
        resources: { requests: { storage: 1Gi } }
"""
FILES = {
    "templates/web.yaml": deployment("web"),
    "templates/uploads.yaml": CLAIM,
    "templates/db.yaml": DATABASE,
}
FOREIGN = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "theirs"}}'


@asynccontextmanager
async def relay(address: str) -> AsyncIterator[str]:
    """Another way to the API server, which is gone at the end with all its connections."""
    host, _, port = address.rpartition(":")
    tasks: set[asyncio.Task[None]] = set()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while content := await reader.read(65536):
                writer.write(content)
                await writer.drain()
        finally:
            writer.close()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(host, int(port))
        tasks.update((asyncio.create_task(pump(reader, back)), asyncio.create_task(pump(there, writer))))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def deployed(stage: Stage) -> None:
    await stage.application(FILES)
    operation = await stage.deploy()
    assert operation is not None
    assert operation.state == "succeeded", operation


def claims(kubectl: Kubectl, namespace: str) -> list[str]:
    return sorted(item["metadata"]["name"] for item in kubectl.items("pvc", "-n", namespace))


async def test_claims_and_the_namespace_stay_unless_they_are_named(stage: Stage, kubectl: Kubectl) -> None:
    await deployed(stage)
    both = ["data-db-0", f"{stage.name}-uploads"]
    plan = await stage.client.applications.deletion(stage.name)
    assert plan.counts == {"Deployment": 1, "StatefulSet": 1}
    assert sorted(each.object for each in plan.staying) == [
        f"PersistentVolumeClaim {stage.name}/{name}" for name in both
    ]
    operation = await stage.client.applications.delete(stage.name)
    assert (await stage.ended(operation)).state == "succeeded"
    assert claims(kubectl, stage.name) == both
    assert kubectl.items("deployments,statefulsets", "-n", stage.name) == []
    assert kubectl.get("namespace", stage.name)["status"]["phase"] == "Active"


async def test_what_is_named_goes_with_it(stage: Stage, kubectl: Kubectl) -> None:
    await deployed(stage)
    with pytest.raises(RemoteError, match=r"stays: it holds PersistentVolumeClaim") as kept:
        await stage.client.applications.delete(stage.name, ["namespace"])
    assert kept.value.code == "NamespaceKept"
    plan = await stage.client.applications.deletion(stage.name, ["claims", "namespace"])
    assert (plan.counts["PersistentVolumeClaim"], plan.staying, plan.takes_namespace) == (2, (), True)
    assert [each.object for each in plan.going if each.loses] == [
        f"PersistentVolumeClaim {stage.name}/data-db-0",
        f"PersistentVolumeClaim {stage.name}/{stage.name}-uploads",
    ]
    operation = await stage.client.applications.delete(stage.name, ["claims", "namespace"])
    same = await stage.client.applications.delete(stage.name)
    assert same.id == operation.id
    ended = await stage.ended(operation)
    assert (ended.state, ended.also) == ("succeeded", ("claims", "namespace")), ended
    assert stage.name not in {item["metadata"]["name"] for item in kubectl.items("namespaces")}


async def test_a_namespace_of_others_stays(stage: Stage, kubectl: Kubectl) -> None:
    kubectl.run("create", "namespace", stage.name)
    await deployed(stage)
    with pytest.raises(RemoteError, match="Cantata has not made it"):
        await stage.client.applications.delete(stage.name, ["claims", "namespace"])
    assert not (await stage.client.applications.show(stage.name)).deleting
    assert (await stage.status()).state == "ready"


async def test_a_namespace_into_which_others_put_something_stays(stage: Stage, kubectl: Kubectl) -> None:
    """Between the question and the end of the delete."""
    await deployed(stage)
    web = ["deployment", f"{stage.name}-web", "-n", stage.name]
    kubectl.run("patch", *web, "--type=merge", "-p", '{"metadata": {"finalizers": ["example.org/hold"]}}')
    operation = await stage.client.applications.delete(stage.name, ["claims", "namespace"])
    await until("web is going", lambda: "deletionTimestamp" in kubectl.get(*web)["metadata"])
    kubectl.run("apply", "-n", stage.name, "-f", "-", text=FOREIGN)
    kubectl.run("patch", *web, "--type=merge", "-p", '{"metadata": {"finalizers": null}}')
    assert (await stage.ended(operation)).state == "succeeded"
    assert kubectl.get("configmap", "theirs", "-n", stage.name)
    told = [
        event.data["message"]
        async for event in stage.client.events.follow(
            application=stage.name, types=("warning",), onward=False
        )
    ]
    assert told == [f"the namespace {stage.name} stays: it holds ConfigMap {stage.name}/theirs"]


async def test_a_finalizer_that_hangs_is_told_with_its_owner(stage: Stage, kubectl: Kubectl) -> None:
    await stage.application({"templates/web.yaml": deployment("web")})
    await stage.deploy()
    web = ["deployment", f"{stage.name}-web", "-n", stage.name]
    patch = '{"metadata": {"finalizers": ["example.org/hold"]}}'
    kubectl.run("patch", *web, "--type=merge", "-p", patch, "--field-manager=holder")
    plan = await stage.client.applications.deletion(stage.name)
    held = [(each.finalizer, each.owner) for going in plan.going for each in going.holders]
    assert held == [("example.org/hold", "set by holder")]
    operation = await stage.client.applications.delete(stage.name)

    async def waiting() -> EventInfo:
        async for event in stage.client.events.follow(application=stage.name, types=("waiting",)):
            return event
        raise AssertionError("the stream of a project has no end")

    async with asyncio.timeout(30):
        assert "it waits for" in (told := (await waiting()).data["message"])
    assert "example.org/hold (set by holder)" in told
    kubectl.run("patch", *web, "--type=merge", "-p", '{"metadata": {"finalizers": null}}')
    assert (await stage.ended(operation)).state == "succeeded"


async def test_the_command_shows_what_goes_and_deletes_it(stage: Stage, command: Command) -> None:
    await deployed(stage)
    shown = command.run("app", "delete", stage.name, "--dry-run", "--with-claims")
    assert shown.returncode == 0, shown.stderr
    assert "goes:   1 Deployment, 2 PersistentVolumeClaim, 1 StatefulSet" in shown.stdout
    assert f"LOST:   PersistentVolumeClaim {stage.name}/data-db-0: the data of its volume" in shown.stdout
    refused = command.run("app", "delete", stage.name)
    assert (refused.returncode, "--yes" in refused.stderr) == (2, True)
    assert (await stage.status()).state == "ready"
    gone = command.run("app", "delete", stage.name, "--yes", "--with-claims", "-o", "json")
    assert gone.returncode == 0, gone.stderr
    assert json.loads(gone.stdout)["state"] == "succeeded"


async def test_an_application_of_a_lost_cluster_is_forgotten_with_its_orphans_told(
    stage: Stage, sandbox: Sandbox, command: Command, kubectl: Kubectl
) -> None:
    name = f"lost-{stage.name}"
    kubeconfig = sandbox.kubeconfig.read_text()
    (address,) = set(re.findall(r"https://([^/\s\"]+)", kubeconfig))
    async with relay(address) as through:
        await stage.client.clusters.add(name, kubeconfig.replace(address, through))
        await stage.application({"templates/web.yaml": deployment("web")}, cluster=name)
        await stage.deploy()
        with pytest.raises(RemoteError) as reachable:
            await stage.client.applications.forget(stage.name)
        assert reachable.value.code == "ClusterReachable"
    plan = await stage.client.applications.deletion(stage.name)
    assert plan.trouble
    assert plan.counts == {"Deployment": 1}
    refused = command.run("app", "forget", stage.name)
    assert (refused.returncode, "--yes" in refused.stderr) == (2, True)
    forgotten = command.run("app", "forget", stage.name, "--yes", "-o", "json")
    assert forgotten.returncode == 0, forgotten.stderr
    orphan = f"Deployment.apps {stage.name}/{stage.name}-web"
    assert json.loads(forgotten.stdout)["orphans"] == [orphan]
    assert kubectl.get("deployment", f"{stage.name}-web", "-n", stage.name)
    audited = [entry async for entry in stage.client.audit.list() if entry.verb == "forget"]
    assert orphan in audited[0].detail
    told = [
        event
        async for event in stage.client.events.follow(
            application=stage.name, types=("forgotten",), onward=False
        )
    ]
    assert [event.data for event in told] == [{"objects": [orphan]}]
    with pytest.raises(RemoteError, match="there is no application"):
        await stage.client.applications.status(stage.name)
