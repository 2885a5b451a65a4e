"""The API server takes what we make of real charts, and its answer, defaults and all, has all that we sent.

Dry runs into the namespace `default`, so that nothing of it stays.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cantata.core.model.charts import RenderedObject
from cantata.core.model.objects import ObjectKey
from cantata.core.stamp import is_subset, normalise, stamp
from cantata.sandbox import Sandbox

Manifest = dict[str, Any]
DryRun = Callable[[Iterable[Manifest]], list[Manifest]]

PUBLIC = (
    "argo-workflows",
    "kube-state-metrics",
    "onlineboutique",
    "prometheus",
    "prometheus-adapter",
    "prometheus-redis-exporter",
)


@pytest.fixture
def dry_run(sandbox: Sandbox, kubeconfig: Path) -> DryRun:
    """Server-side apply of several objects without effect: the objects as they would be."""

    def apply(manifests: Iterable[Manifest]) -> list[Manifest]:
        items = {"apiVersion": "v1", "kind": "List", "items": list(manifests)}
        command = [str(sandbox.tool("kubectl")), f"--kubeconfig={kubeconfig}", "apply", "--server-side"]
        options = [
            "--dry-run=server",
            "--validate=strict",
            "--field-manager=test",
            "--output=json",
            "-f",
            "-",
        ]
        done = subprocess.run(
            [*command, *options], input=msgspec.json.encode(items), capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        answer = msgspec.json.decode(done.stdout)
        return list(answer["items"]) if answer["kind"] == "List" else [answer]

    return apply


def sent(objects: Iterable[RenderedObject]) -> list[Manifest]:
    return [
        stamp(normalise(item.manifest)[0], application_id="a1", service="web", revision=1)
        for item in objects
        if item.hook is None
    ]


def check(manifests: list[Manifest], answers: list[Manifest]) -> None:
    live = {ObjectKey.of(answer): answer for answer in answers}
    different = [
        str(ObjectKey.of(item)) for item in manifests if not is_subset(item, live[ObjectKey.of(item)])
    ]
    assert different == []


@pytest.mark.sandbox
@pytest.mark.parametrize("name", PUBLIC)
async def test_public_charts(
    charts: Any, public_chart: Callable[[str], bytes], dry_run: DryRun, name: str
) -> None:
    values = {"crds": {"full": False}} if name == "argo-workflows" else {}
    objects = await charts.render(public_chart(name), values, namespace="default")
    manifests = [item for item in sent(objects) if item["metadata"].get("namespace", "default") == "default"]
    check(manifests, dry_run(manifests))


@pytest.mark.sandbox
async def test_the_shop(charts: Any, shop: bytes, dry_run: DryRun) -> None:
    manifests = sent(await charts.render(shop, {}, namespace="default"))
    assert len(manifests) == 22
    check(manifests, dry_run(manifests))


def pod(name: str, container: Manifest | None = None, **spec: Any) -> Manifest:
    main = {"name": "main", "image": "example", **(container or {})}
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {**spec, "containers": [main]}}


ODD_FORMS = [
    pod(
        "a",
        container={"resources": {"limits": {"cpu": "1000m", "memory": "1024Mi"}, "requests": {"cpu": 0.5}}},
    ),
    pod(
        "b",
        hostNetwork=False,
        hostPID=False,
        hostIPC=False,
        securityContext={},
        nodeSelector={},
    ),
    pod("c", volumes=[{"name": "v", "emptyDir": {}}, {"name": "m", "emptyDir": {"sizeLimit": "2048Mi"}}]),
    pod(
        "d", container={"env": [{"name": "A", "value": ""}], "args": [], "imagePullPolicy": "", "tty": False}
    ),
    pod("e", container={"ports": [{"containerPort": 80}, {"containerPort": 80, "protocol": "UDP"}]}),
    pod("f", container={"livenessProbe": {"initialDelaySeconds": 0, "tcpSocket": {"port": 80}}}),
    pod("g", container={"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]}),
    {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "a", "namespace": "default", "annotations": None, "creationTimestamp": None},
        "spec": {"type": "", "clusterIP": "", "ports": [{"port": 80, "targetPort": 8080, "nodePort": 0}]},
        "status": {"loadBalancer": {}},
    },
    {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "a", "namespace": "default"},
        "data": {},
        "stringData": {"key": "text"},
    },
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "a", "namespace": "default"},
        "spec": {"podSelector": {}, "ingress": [{}], "egress": []},
    },
    {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "a", "namespace": "default"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "a"},
        "subjects": [{"kind": "ServiceAccount", "name": "a", "namespace": "default", "apiGroup": ""}],
    },
]


@pytest.mark.sandbox
@pytest.mark.parametrize("manifest", ODD_FORMS, ids=lambda item: f"{item['kind']}-{item['metadata']['name']}")
def test_forms_that_the_server_writes_differently(dry_run: DryRun, manifest: Manifest) -> None:
    clean, _ = normalise(manifest)
    check([clean], dry_run([clean]))
