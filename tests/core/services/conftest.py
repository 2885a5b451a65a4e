"""Small renders, written as `path: object, object …`, and whole charts by the real engine."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cantata.core.model.charts import (
    Capabilities,
    Hook,
    LoadedChart,
    Numbers,
    Release,
    RenderedObject,
    RenderInputs,
)
from cantata.core.model.objects import ObjectKey
from cantata.core.model.templates import TemplateSpec
from cantata.core.services import Split, split
from cantata.core.stamp import place
from cantata.render import RenderPool

ROOT = Path(__file__).resolve().parents[3]
CAPABILITIES = Capabilities(
    "v1.36.3",
    tuple(
        f"{group}/v1"
        for group in (
            "apiregistration.k8s.io",
            "apps",
            "batch",
            "networking.k8s.io",
            "policy",
            "rbac.authorization.k8s.io",
        )
    ),
)
CLUSTER_SCOPED = {"APIService", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition"}

Manifest = dict[str, Any]
SplitIt = Callable[..., Split]

API_VERSIONS = {
    "APIService": "apiregistration.k8s.io/v1",
    "AuthorizationPolicy": "security.istio.io/v1",
    "Certificate": "cert-manager.io/v1",
    "ClusterRole": "rbac.authorization.k8s.io/v1",
    "ClusterRoleBinding": "rbac.authorization.k8s.io/v1",
    "CronJob": "batch/v1",
    "CustomResourceDefinition": "apiextensions.k8s.io/v1",
    "DaemonSet": "apps/v1",
    "Deployment": "apps/v1",
    "HTTPRoute": "gateway.networking.k8s.io/v1",
    "HorizontalPodAutoscaler": "autoscaling/v2",
    "Ingress": "networking.k8s.io/v1",
    "Issuer": "cert-manager.io/v1",
    "Job": "batch/v1",
    "NetworkPolicy": "networking.k8s.io/v1",
    "PodDisruptionBudget": "policy/v1",
    "Role": "rbac.authorization.k8s.io/v1",
    "RoleBinding": "rbac.authorization.k8s.io/v1",
    "Rollout": "argoproj.io/v1alpha1",
    "ScaledObject": "keda.sh/v1alpha1",
    "Sidecar": "networking.istio.io/v1",
    "ServiceMonitor": "monitoring.coreos.com/v1",
    "StatefulSet": "apps/v1",
    "ValidatingWebhookConfiguration": "admissionregistration.k8s.io/v1",
    "VirtualService": "networking.istio.io/v1",
}


def build(kind: str, name: str, *, labels: Any = None, annotations: Any = None, **fields: Any) -> Manifest:
    """An object of namespace `shop`; `hook=` makes it a hook, other fields stand at its top."""
    metadata = {"name": name, "namespace": "shop", "labels": labels or {}, "annotations": annotations or {}}
    return {"apiVersion": API_VERSIONS.get(kind, "v1"), "kind": kind, "metadata": metadata, **fields}


def build_workload(name: str, kind: str = "Deployment", *, labels: Any = None, **pod: Any) -> Manifest:
    """A workload whose pods have the label `app: <name>`; other arguments are fields of the pod's spec."""
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [], **pod}}
    spec: Manifest = {"template": template}
    if kind == "CronJob":
        spec = {"jobTemplate": {"spec": spec}}
    return build(kind, name, labels=labels, spec=spec)


@pytest.fixture
def make() -> Callable[..., Manifest]:
    return build


@pytest.fixture
def workload() -> Callable[..., Manifest]:
    return build_workload


@pytest.fixture
def split_it() -> SplitIt:
    """Splits files of manifests as chart `shop`, release `rel`, namespace `shop`. Paths are below the chart;
    a manifest with the key `hook` is a hook of these events."""

    def run(
        files: Mapping[str, Sequence[Manifest]],
        spec: TemplateSpec | None = None,
        frozen: Mapping[ObjectKey, str] | None = None,
    ) -> Split:
        objects = []
        for path, manifests in files.items():
            for index, manifest in enumerate(manifests):
                events = manifest.get("hook")
                bare = {key: value for key, value in manifest.items() if key != "hook"}
                hook = Hook(tuple(events)) if events else None
                objects.append(RenderedObject(f"shop/{path}", index, bare, hook))
        return split(
            objects,
            spec or TemplateSpec(),
            chart="shop",
            release="rel",
            namespace="shop",
            frozen=frozen or {},
        )

    return run


class Charts:
    """Renders archives as release `rel` in namespace `demo`, with namespaces where they belong."""

    def __init__(self, pool: RenderPool) -> None:
        self.pool = pool

    async def load(self, archive: bytes) -> LoadedChart:
        return await self.pool.load(archive)

    async def render(
        self, archive: bytes, values: object = None, numbers: Numbers = Numbers.HELM, namespace: str = "demo"
    ) -> tuple[RenderedObject, ...]:
        async def fetch() -> bytes:
            return archive

        inputs = RenderInputs(
            chart=(await self.pool.load(archive)).digest,
            release=Release("rel", namespace),
            capabilities=CAPABILITIES,
            values=msgspec.Raw(msgspec.json.encode(values or {})),
            numbers=numbers,
        )
        rendered = await self.pool.render(inputs, fetch)
        return place(rendered.objects, namespace, lambda _group, kind: kind not in CLUSTER_SCOPED)


@pytest.fixture
async def charts() -> AsyncIterator[Charts]:
    async with await RenderPool.start() as pool:
        yield Charts(pool)


@pytest.fixture(scope="session")
def public_chart() -> Callable[[str], bytes]:
    """The archive of a chart that people use, by name. Their folder is not part of this repository."""
    folder = Path(os.environ.get("CANTATA_TEST_DATA", ROOT.parent / "shared" / "data")) / "charts"
    if not folder.is_dir():
        pytest.skip(f"no public charts in {folder}; set CANTATA_TEST_DATA to the folder that has them")

    def read(name: str) -> bytes:
        (path,) = folder.glob(f"{name}-[0-9]*.tgz")
        return path.read_bytes()

    return read


@pytest.fixture(scope="session")
def shop_folder() -> Path:
    return ROOT / "examples" / "shop"


@pytest.fixture(scope="session")
def shop(shop_folder: Path) -> bytes:
    """The archive of the example chart."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        archive.add(shop_folder, "shop")
    return buffer.getvalue()
