"""Failure cards of what only kubelets, and nodes of a special kind, tell. kwok's do not: the tests write what
real ones would."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.e2e.cards import Case, assert_everywhere, look, pods, until
from tests.e2e.conftest import Command, Kubectl, Stage

from cantata.client import Client
from cantata.contract.cards import RemedyInfo
from cantata.contract.operations import OperationInfo

pytestmark = pytest.mark.sandbox

IMAGE = '          image: "example.org/any:1"\n'
CREATING = ", sandbox.cantata.dev/reason: ContainerCreating, sandbox.cantata.dev/message: it waits"


class Kubelet:
    """Says of the one pod of a namespace what a real one would."""

    def __init__(self, kubectl: Kubectl, namespace: str) -> None:
        self._kubectl = kubectl
        self._namespace = namespace

    @property
    def pod(self) -> dict[str, Any]:
        (pod,) = self._kubectl.items("pods", "-n", self._namespace)
        found: dict[str, Any] = pod
        return found

    def warns(self, reason: str, message: str) -> None:
        metadata = self.pod["metadata"]
        event = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"generateName": "warning-", "namespace": self._namespace},
            "involvedObject": {
                "apiVersion": "v1",
                "kind": "Pod",
                "namespace": self._namespace,
                "name": metadata["name"],
                "uid": metadata["uid"],
            },
            "type": "Warning",
            "reason": reason,
            "message": message,
            "lastTimestamp": "2026-01-01T00:00:00Z",
        }
        self._kubectl.run("create", "-f", "-", text=json.dumps(event))

    def reports(self, **status: Any) -> None:
        name = self.pod["metadata"]["name"]
        patch = ["patch", "pod", name, "-n", self._namespace, "--subresource=status", "--type=strategic"]
        self._kubectl.run(*patch, "-p", json.dumps({"status": status}))

    def ended(self, *, exit_code: int, restarts: int, reason: str = "Error") -> None:
        """Its container ended, and waits to be started again."""
        crashed = {
            "name": "main",
            "image": "example.org/any:1",
            "imageID": "",
            "ready": False,
            "restartCount": restarts,
            "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}},
            "lastState": {"terminated": {"exitCode": exit_code, "reason": reason}},
        }
        self.reports(containerStatuses=[crashed])

    def gave_up(self, *, exit_code: int) -> None:
        """Its container ended, and is not started again."""
        ended = {
            "name": "main",
            "image": "example.org/any:1",
            "imageID": "",
            "ready": False,
            "restartCount": 0,
            "state": {"terminated": {"exitCode": exit_code, "reason": "Error"}},
        }
        self.reports(phase="Failed", containerStatuses=[ended])


class Theatre:
    """An application of one service, and the kubelet of its pod."""

    def __init__(self, stage: Stage, client: Client, command: Command, kubectl: Kubectl) -> None:
        self.stage = stage
        self.client = client
        self._command = command
        self.kubelet = Kubelet(kubectl, stage.name)

    async def begin(self, template: str, config: str = "{}\n") -> OperationInfo:
        """Deploys, and waits until the pod runs or waits for its node."""
        files = {"cantata.yaml": "layout: file\n", "templates/main.yaml": template, "values.yaml": config}
        await self.stage.application(files)
        deployed = await self.client.applications.deploy(self.stage.name)
        assert deployed.operation is not None
        return await until(
            self.client,
            deployed.operation,
            lambda _, status: (
                status.services[0].state not in ("not_deployed", "pending")
                and status.services[0].message != "being applied"
            ),
        )

    async def waits(self, operation: OperationInfo, case: Case) -> None:
        """The operation goes on, with this card; then it is cancelled."""
        await self.shows(operation, case)
        await self.client.operations.cancel(operation.id)

    async def shows(self, operation: OperationInfo, case: Case) -> None:
        def told(now: OperationInfo, _: object) -> bool:
            return any((card.kind, card.terminal) == (case.kind, case.terminal) for card in now.failures)

        now = await until(self.client, operation, told)
        assert now.ended == case.terminal
        assert_everywhere(await look(self.client, self._command, self.stage.name, now), "main", case)

    async def fails(self, operation: OperationInfo, case: Case) -> None:
        ended = await self.stage.ended(operation)
        assert ended.state == "failed"
        assert_everywhere(await look(self.client, self._command, self.stage.name, ended), "main", case)


@pytest.fixture
def theatre(stage: Stage, client: Client, command: Command, kubectl: Kubectl) -> Theatre:
    return Theatre(stage, client, command, kubectl)


LIVENESS = pods(
    "main",
    "never-ready",
    IMAGE
    + "          livenessProbe: { httpGet: { path: {{ .Values.live }}, port: 8080 }, periodSeconds: 5 }\n",
)


async def test_a_liveness_probe_that_has_its_container_killed_again_and_again(theatre: Theatre) -> None:
    operation = await theatre.begin(LIVENESS, "live: /alive\n")
    said = "Liveness probe failed: HTTP probe failed with statuscode: 404"
    theatre.kubelet.warns("Unhealthy", said)
    case = Case(
        "probe",
        LIVENESS,
        facts={"probe": "livenessProbe", "path": "/alive", "port": "8080", "period": "5 s"},
        likely="the program has no page /alive at port 8080",
        message=said,
        remedies=(RemedyInfo(key="live", value="/alive"),),
        terminal=False,
    )
    await theatre.shows(operation, case)
    theatre.kubelet.ended(exit_code=137, restarts=3)
    await theatre.fails(operation, replace(case, terminal=True, message="exited with code 137 (3 restarts)"))


VOLUME = (
    pods(
        "main",
        "waiting",
        IMAGE + "          volumeMounts: [{ name: data, mountPath: /data }]\n",
        more=CREATING,
        spec="      volumes: [{ name: data, persistentVolumeClaim: { claimName: data } }]\n",
    )
    + """---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
"""
)


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (
            "FailedAttachVolume",
            'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) old-0',
        ),
        ("FailedMount", 'MountVolume.SetUp failed for volume "pvc-1": mount failed: exit status 32'),
    ],
)
async def test_a_volume_that_cannot_be_attached_or_mounted(theatre: Theatre, reason: str, said: str) -> None:
    operation = await theatre.begin(VOLUME)
    theatre.kubelet.warns(reason, said)
    facts = {"claims": "data"}
    likely = "cannot mount a volume"
    case = Case("mount", VOLUME, reason, facts=facts, likely=likely, message=said, terminal=False)
    await theatre.waits(operation, case)


SECRET = pods(
    "main",
    "waiting",
    IMAGE,
    more=CREATING,
    spec="      volumes: [{ name: cert, secret: { secretName: {{ .Values.cert }} } }]\n",
)


async def test_a_volume_of_a_secret_that_is_not_there(theatre: Theatre) -> None:
    operation = await theatre.begin(SECRET, "cert: no-such-cert\n")
    theatre.kubelet.warns(
        "FailedMount", 'MountVolume.SetUp failed for volume "cert": secret "no-such-cert" not found'
    )
    case = Case(
        "missing_reference",
        SECRET,
        "FailedMount",
        facts={"kind": "Secret", "name": "no-such-cert"},
        likely="the Secret no-such-cert does not exist",
        remedies=(RemedyInfo(key="cert", value="no-such-cert"),),
    )
    await theatre.fails(operation, case)


ALONE = """apiVersion: v1
kind: Pod
metadata: { name: main, annotations: { sandbox.cantata.dev/behaviour: BEHAVIOUR } }
spec:
  restartPolicy: POLICY
  containers:
    - { name: main, image: "example.org/any:{{ .Values.tag }}", resources: { requests: { memory: 48Mi } } }
"""


async def test_a_pod_that_its_node_evicts(theatre: Theatre) -> None:
    alone = ALONE.replace("BEHAVIOUR", "never-ready").replace("POLICY", "Always")
    operation = await theatre.begin(alone, 'tag: "1.4.2"\n')
    said = "The node was low on resource: memory."
    theatre.kubelet.reports(phase="Failed", reason="Evicted", message=said)
    case = Case(
        "pod_failed",
        alone,
        "Evicted",
        facts={"node": theatre.kubelet.pod["spec"]["nodeName"], "memory request": "48Mi"},
        likely="the node ran short of a resource",
        message=said,
    )
    await theatre.fails(operation, case)


async def test_a_container_that_is_not_started_again(theatre: Theatre) -> None:
    alone = ALONE.replace("BEHAVIOUR", "never-ready").replace("POLICY", "Never")
    operation = await theatre.begin(alone, 'tag: "1.4.2"\n')
    theatre.kubelet.gave_up(exit_code=1)
    case = Case(
        "container_failed",
        alone,
        facts={"exit code": "1", "image": "example.org/any:1.4.2"},
        log="listening",
        remedies=(RemedyInfo(key="tag", value="1.4.2"),),
    )
    await theatre.fails(operation, case)


CHOSEN = pods("main", "", IMAGE, spec="      nodeSelector: { rack: {{ .Values.rack }} }\n")


@pytest.fixture
def tainted(kubectl: Kubectl, namespace: str) -> Iterator[str]:
    """A node of its own, that only takes who tolerates it."""
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": namespace, "labels": {"rack": namespace}},
        "spec": {"taints": [{"key": "team", "value": "data", "effect": "NoSchedule"}]},
    }
    kubectl.run("create", "-f", "-", text=json.dumps(node))
    kubectl.run("wait", "node", namespace, "--for=condition=Ready", "--timeout=30s")
    yield namespace
    kubectl.run("delete", "node", namespace)


async def test_a_node_whose_taint_is_not_tolerated(theatre: Theatre, tainted: str) -> None:
    operation = await theatre.begin(CHOSEN, f"rack: {tainted}\n")
    case = Case(
        "unschedulable",
        CHOSEN,
        "Unschedulable",
        facts={"taints": "team=data:NoSchedule", "node selector": f"rack={tainted}"},
        likely="taints that the pod does not tolerate",
        advice="Tolerate the taint",
        message="untolerated taint",
        terminal=False,
    )
    await theatre.waits(operation, case)
