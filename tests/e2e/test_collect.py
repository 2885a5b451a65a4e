"""Old config goes by itself once the cluster's history has let go of it."""

from __future__ import annotations

import asyncio

import pytest
from tests.e2e.conftest import DEADLINE, Kubectl, Stage, deployment
from tests.e2e.test_changes import uids

pytestmark = pytest.mark.sandbox

FILES = {
    "cantata.yaml": "layout: file\nservices: { web: { delivery: [{ as: env }] } }\n",
    "templates/web.yaml": deployment("web"),
}


def config_objects(kubectl: Kubectl, namespace: str) -> set[str]:
    found = uids(kubectl, "configmaps", namespace) | uids(kubectl, "secrets", namespace)
    return {name for name in found if name.startswith(f"{namespace}-web-")}


async def test_config_of_a_forgotten_replica_set_is_collected_and_comes_back_with_a_rollback(
    stage: Stage, kubectl: Kubectl
) -> None:
    name = stage.name
    await stage.application(FILES, "level: info\npassword: !secret first-secret\n")
    await stage.deploy()
    first = config_objects(kubectl, name)
    await stage.client.configs.edit(name, "level: debug\npassword: !secret second-secret\n")
    assert (operation := await stage.deploy()) is not None
    assert operation.state == "succeeded", operation
    second = config_objects(kubectl, name) - first
    assert (len(first), len(second)) == (2, 2)
    assert first < config_objects(kubectl, name)

    (old,) = [
        each["metadata"]["name"]
        for each in kubectl.items("replicasets", "-n", name)
        if each["spec"]["replicas"] == 0
    ]
    kubectl.run("delete", "replicaset", old, "-n", name)
    async with asyncio.timeout(DEADLINE):
        while True:
            if config_objects(kubectl, name) == second:
                break
            await asyncio.sleep(0.1)
    told = set()
    async with asyncio.timeout(DEADLINE):
        async for event in stage.client.applications.events(name):
            if event.type == "collected":
                told.add(event.data["object"].rpartition("/")[2])
            if told == first:
                break

    back = await stage.client.applications.rollback(name, 1)
    assert back.operation is not None
    assert (await stage.ended(back.operation)).state == "succeeded"
    assert first <= config_objects(kubectl, name)
    assert (await stage.status()).state == "ready"
    again = await stage.client.applications.deploy(name, lift_holds=True)
    assert again.operation is not None
    assert (await stage.ended(again.operation)).state == "succeeded"
