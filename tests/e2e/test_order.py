"""Services start in the declared order, by the API server's own timestamps."""

from __future__ import annotations

import time
from typing import Any

import pytest
from tests.e2e.conftest import Kubectl, Stage, deployment

from cantata.core.model.objects import LiveObject
from cantata.kube import KubeCluster
from cantata.ports import Change

pytestmark = pytest.mark.sandbox

SLOW = '{ sandbox.cantata.dev/behaviour: slow, sandbox.cantata.dev/delay: "2s" }'

SPEC = """
layout: file
services:
  queue: { dependsOn: { store: { condition: ready } } }
  api: { dependsOn: { queue: { condition: ready }, migrate: { condition: completed } } }
  web: { dependsOn: { api: { condition: started } } }
"""

MIGRATE = """
apiVersion: batch/v1
kind: Job
metadata: { name: "{{ .Release.Name }}-migrate" }
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{ name: main, image: migrate:1 }]
"""

FILES = {
    "cantata.yaml": SPEC,
    "templates/store.yaml": deployment("store", pod=SLOW),
    "templates/queue.yaml": deployment("queue", pod=SLOW),
    "templates/api.yaml": deployment("api"),
    "templates/web.yaml": deployment("web"),
    "templates/migrate.yaml": MIGRATE,
}


class Clock:
    """When this process first saw each Deployment, and first saw it ready."""

    def __init__(self) -> None:
        self.created: dict[str, float] = {}
        self.ready: dict[str, float] = {}

    def heard(self, _change: Change, live: LiveObject) -> None:
        name = live.metadata.name.rsplit("-", 1)[-1]
        self.created.setdefault(name, time.monotonic())
        if live.manifest().get("status", {}).get("readyReplicas"):
            self.ready.setdefault(name, time.monotonic())


async def test_the_order_is_the_declared_graph(
    stage: Stage, kubectl: Kubectl, cluster: KubeCluster, record_property: Any
) -> None:
    await stage.application(FILES)
    clock = Clock()
    informer = cluster.inform(
        await cluster.resource("apps", "Deployment"), namespace=stage.name, listener=clock.heard
    )
    await informer.wait_synced()
    operation = await stage.deploy()
    await informer.close()
    assert operation is not None
    assert operation.state == "succeeded", operation
    created = {
        each["metadata"]["name"].rsplit("-", 1)[-1]: each["metadata"]["creationTimestamp"]
        for each in kubectl.items("deployments", "-n", stage.name)
    }
    available = {
        each["metadata"]["name"].rsplit("-", 1)[-1]: condition["lastTransitionTime"]
        for each in kubectl.items("deployments", "-n", stage.name)
        for condition in each["status"]["conditions"]
        if condition["type"] == "Available"
    }
    job = kubectl.get("job", f"{stage.name}-migrate", "-n", stage.name)
    assert available["store"] <= created["queue"]
    assert available["queue"] <= created["api"]
    assert job["status"]["completionTime"] <= created["api"]
    assert created["api"] <= created["web"]
    for dependency, dependent in (("store", "queue"), ("queue", "api")):
        extra = clock.created[dependent] - clock.ready[dependency]
        print(f"{dependency} ready → {dependent} created: {extra * 1000:.0f} ms")
        record_property(f"hop {dependency} → {dependent}", extra)
        assert extra > 0
    path = (await stage.client.operations.show(operation.id)).critical_path
    assert path is not None
    assert [link.service for link in path.links][:3] == ["store", "queue", "api"]
    assert [(link.waited_for, link.condition) for link in path.links][1:3] == [
        ("store", "ready"),
        ("queue", "ready"),
    ]
    store, queue, api = path.links[:3]
    assert store.begun == store.saved == 0
    assert 2 <= store.until <= queue.begun < queue.until <= api.begun <= path.seconds
    assert 1.5 <= queue.saved <= path.seconds
