"""Autoscalers, StatefulSets and operators' custom resources, on the real API server."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from tests.e2e.cards import Case, assert_everywhere, look
from tests.e2e.conftest import DEADLINE, Command, Kubectl, Stage, deployment

from cantata.client import Client
from cantata.contract.applications import ServiceStatusInfo

pytestmark = pytest.mark.sandbox

AUTOSCALER = """---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: web }
spec:
  minReplicas: 2
  maxReplicas: 4
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: "{{ .Release.Name }}-web" }
  metrics:
    - { type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 80 } } }
    - { type: Resource, resource: { name: memory, target: { type: AverageValue, averageValue: 200Mi } } }
    - { type: Pods, pods: { metric: { name: requests }, target: { type: AverageValue, averageValue: "10" } } }
    - { type: External, external: { metric: { name: queue }, target: { type: Value, value: "30" } } }
"""
SCALED = {
    "currentReplicas": 4,
    "desiredReplicas": 4,
    "currentMetrics": [
        {
            "type": "Resource",
            "resource": {"name": "cpu", "current": {"averageUtilization": 91, "averageValue": "9m"}},
        },
        {"type": "Resource", "resource": {"name": "memory", "current": {"averageValue": "150Mi"}}},
        {"type": "Pods", "pods": {"metric": {"name": "requests"}, "current": {"averageValue": "12"}}},
        {"type": "External", "external": {"metric": {"name": "queue"}, "current": {"value": "45"}}},
    ],
    "conditions": [
        {"type": "AbleToScale", "status": "True", "reason": "ReadyForNewScale"},
        {"type": "ScalingActive", "status": "True", "reason": "ValidMetricFound"},
        {"type": "ScalingLimited", "status": "True", "reason": "TooManyReplicas", "message": "the maximum"},
    ],
}


async def shows(stage: Stage, service: str, holds: Any) -> ServiceStatusInfo:
    """The service, once this holds of it."""
    async with asyncio.timeout(DEADLINE):
        while True:
            found = {each.name: each for each in (await stage.status()).services}[service]
            if holds(found):
                return found
            await asyncio.sleep(0.1)


async def test_an_autoscaler_is_shown_with_its_values_and_keeps_its_pods(
    stage: Stage, client: Client, command: Command, kubectl: Kubectl
) -> None:
    """The sandbox has no such metrics, and its controller only writes conditions; a test writes the rest."""
    files = {
        "cantata.yaml": "layout: file\n",
        "templates/web.yaml": deployment("web", "{{ .Values.image }}", more=AUTOSCALER),
    }
    await stage.application(files, "image: web:1\n")
    first = await stage.deploy()
    assert first is not None
    assert first.state == "succeeded"
    kubectl.run("scale", "deployment", f"{stage.name}-web", "-n", stage.name, "--replicas=4")
    await shows(stage, "web", lambda web: web.ready == 4)

    def scaled(web: ServiceStatusInfo) -> bool:
        patch = ["patch", "hpa", "web", "-n", stage.name, "--subresource=status", "--type=merge", "-p"]
        kubectl.run(*patch, json.dumps({"status": SCALED}))
        return bool(web.autoscalers) and web.autoscalers[0].limited != ""

    (found,) = (await shows(stage, "web", scaled)).autoscalers
    assert (found.minimum, found.maximum, found.current) == (2, 4, 4)
    assert [(each.name, each.current, each.target) for each in found.metrics] == [
        ("cpu", "91%", "80%"),
        ("memory", "150Mi a pod", "200Mi a pod"),
        ("requests", "12 a pod", "10 a pod"),
        ("queue", "45", "30"),
    ]
    assert "at its maximum" in found.limited
    assert found.target == f"Deployment {stage.name}-web"

    await client.configs.edit(stage.name, "image: web:2\n")
    again = await stage.deploy()
    assert again is not None
    assert again.state == "succeeded"
    assert kubectl.get("deployment", f"{stage.name}-web", "-n", stage.name)["spec"]["replicas"] == 4
    scaled((await stage.status()).services[0])
    shown = await asyncio.to_thread(command.run, "app", "status", stage.name)
    assert (
        "autoscaler: web: 4 of 2 to 4 pods; cpu 91% of 80%; memory 150Mi a pod of 200Mi a pod" in shown.stdout
    )


STATEFUL = """apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db }
spec:
  replicas: {{ .Values.replicas }}
  serviceName: db
  updateStrategy: { type: RollingUpdate, rollingUpdate: { partition: {{ .Values.partition }} } }
  selector: { matchLabels: { app: db } }
  template:
    metadata: { labels: { app: db } }
    spec: { containers: [{ name: main, image: "{{ .Values.image }}" }] }
  volumeClaimTemplates:
    - metadata: { name: data }
      spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
---
apiVersion: v1
kind: Service
metadata: { name: db }
spec: { clusterIP: None, selector: { app: db }, ports: [{ name: sql, port: 5432 }] }
"""


async def test_a_stateful_set_tells_its_partition_and_the_claims_that_stay(
    stage: Stage, client: Client
) -> None:
    files = {"cantata.yaml": "layout: file\n", "templates/db.yaml": STATEFUL}
    await stage.application(files, "{ replicas: 3, partition: 0, image: db:1 }\n")
    first = await stage.deploy()
    assert first is not None
    assert first.state == "succeeded"

    await client.configs.edit(stage.name, "{ replicas: 3, partition: 2, image: db:2 }\n")
    second = await stage.deploy()
    assert second is not None
    assert second.state == "succeeded", second
    told = await shows(stage, "db", lambda db: any("partition" in each for each in db.notices))
    assert any("2 pods of the previous revision below the partition" in each for each in told.notices)

    await client.configs.edit(stage.name, "{ replicas: 1, partition: 0, image: db:2 }\n")
    third = await stage.deploy()
    assert third is not None
    assert third.state == "succeeded", third
    told = await shows(stage, "db", lambda db: any("claims" in each for each in db.notices))
    assert any("2 claims of pods that are gone stay: data-db-1, data-db-2" in each for each in told.notices)
    ways = (await client.addresses.show(stage.name)).addresses
    assert [each.address for each in ways] == [f"POD.db.{stage.name}.svc:5432"]


ORDERED = (
    STATEFUL.replace(
        "spec:\n  replicas", "spec:\n  persistentVolumeClaimRetentionPolicy: KEPT\n  replicas", 1
    )
    .replace("KEPT", "{ whenScaled: Delete, whenDeleted: Delete }")
    .replace(
        "metadata: { labels: { app: db } }",
        "metadata: { labels: { app: db }, annotations: { sandbox.cantata.dev/behaviour: slow, "
        "sandbox.cantata.dev/delay: 1s } }",
    )
)


def pods_in_order(kubectl: Kubectl, namespace: str) -> list[tuple[str, str]]:
    """When each pod was created and when it was ready, by its number."""
    pods = kubectl.items("pods", "-n", namespace, "-l", "app=db")
    return [
        (pod["metadata"]["creationTimestamp"], condition["lastTransitionTime"])
        for pod in sorted(pods, key=lambda pod: str(pod["metadata"]["name"]))
        for condition in pod["status"]["conditions"]
        if condition["type"] == "Ready"
    ]


async def test_a_stateful_set_rolls_out_pod_by_pod_and_its_claims_go_as_its_policy_says(
    stage: Stage, client: Client, kubectl: Kubectl
) -> None:
    files = {"cantata.yaml": "layout: file\n", "templates/db.yaml": ORDERED}
    await stage.application(files, "{ replicas: 3, partition: 0, image: db:1 }\n")
    deployed = await client.applications.deploy(stage.name)
    assert deployed.operation is not None
    waits = await shows(stage, "db", lambda db: "one after another" in db.message)
    assert (waits.state, waits.desired) == ("progressing", 3)
    assert (await stage.ended(deployed.operation)).state == "succeeded"
    (_, first), (second, ready), (third, _) = pods_in_order(kubectl, stage.name)
    assert first <= second
    assert ready <= third
    db = await shows(stage, "db", lambda db: db.notices)
    assert any("its claims are deleted with it" in each for each in db.notices)

    await client.configs.edit(stage.name, "{ replicas: 3, partition: 0, image: db:2 }\n")
    again = await stage.deploy()
    assert again is not None
    assert again.state == "succeeded"
    (zero, _), (one, before), (_, highest) = pods_in_order(kubectl, stage.name)
    assert highest <= one
    assert before <= zero

    await client.configs.edit(stage.name, "{ replicas: 1, partition: 0, image: db:2 }\n")
    fewer = await stage.deploy()
    assert fewer is not None
    assert fewer.state == "succeeded"
    db = await shows(stage, "db", lambda _: len(kubectl.items("pvc", "-n", stage.name)) == 1)
    assert not any("stay" in each for each in db.notices)
    plan = await client.applications.deletion(stage.name)
    lost = [each.loses for each in plan.going if each.loses]
    assert any("its claims with their data" in each for each in lost), plan.going


DEFINITION = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: queues.GROUP }
spec:
  group: GROUP
  scope: Namespaced
  names: { kind: Queue, plural: queues }
  versions:
    - name: v1
      served: true
      storage: true
      subresources: { status: {} }
      schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } }
"""


QUEUE = "kind: Queue\nmetadata: { name: orders }\nspec: { size: {{ .Values.size }} }\n"


async def test_a_service_of_a_custom_resource_alone_is_as_ready_as_its_operator_says(
    stage: Stage, client: Client, command: Command, kubectl: Kubectl, namespace: str
) -> None:
    group = f"{namespace}.example.org"
    kubectl.run("apply", "-f", "-", text=DEFINITION.replace("GROUP", group))
    kubectl.run("wait", "crd", f"queues.{group}", "--for=condition=Established", "--timeout=20s")
    queue = f"apiVersion: {group}/v1\n" + QUEUE
    files = {"cantata.yaml": "layout: file\n", "templates/queue.yaml": queue}
    await stage.application(files, "size: 1\n")

    def says(type_: str, status: str, message: str, generation: int) -> None:
        condition = {"type": type_, "status": status, "reason": "Told", "message": message}
        body = {"status": {"observedGeneration": generation, "conditions": [condition]}}
        patch = ["patch", f"queues.{group}", "orders", "-n", namespace, "--subresource=status"]
        kubectl.run(*patch, "--type=merge", "-p", json.dumps(body))

    first = await stage.deploy()
    assert first is not None
    assert first.state == "succeeded", "nobody has said anything of it yet"
    says("Ready", "True", "", 1)
    assert (await shows(stage, "queue", lambda each: each.state == "ready")).kind == "Queue"

    await client.configs.edit(stage.name, "size: 2\n")
    deployed = await client.applications.deploy(stage.name)
    assert deployed.operation is not None
    waits = await shows(
        stage, "queue", lambda each: each.state == "progressing" and each.message != "being applied"
    )
    assert "newest specification" in waits.message
    says("Ready", "False", "1 of 2 brokers", 2)
    waits = await shows(stage, "queue", lambda each: "brokers" in each.message)
    assert waits.state == "progressing"
    says("Stalled", "True", "no such class", 2)
    ended = await stage.ended(deployed.operation)
    assert ended.state == "failed"
    seen = await look(client, command, stage.name, ended)
    assert_everywhere(seen, "queue", Case("other", "", "Stalled", message="no such class"))
