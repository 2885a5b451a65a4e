"""Real charts that nobody here wrote: each becomes ready, and again without a single write."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from tests.e2e.conftest import Kubectl, Stage, deployment

from cantata.client import Client
from cantata.contract.applications import ApplicationDraft
from cantata.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

CHARTS = Path(os.environ.get("CANTATA_TEST_DATA", Path(__file__).parents[3] / "shared" / "data")).joinpath(
    "charts"
)

CONFIGS = {"argo-workflows": "crds:\n  full: false\n"}
"""Its full definitions are installed by a hook that a played cluster does not really run."""

SERVICES = {
    "argo-workflows": 2,
    "kube-state-metrics": 1,
    "onlineboutique": 12,
    "prometheus": 5,
    "prometheus-adapter": 1,
    "prometheus-redis-exporter": 1,
}
"""How many services each chart has beside `shared`."""

IN_OWN_SANDBOX = "prometheus-adapter"
"""Its APIService would stay unavailable and hold up every namespace deletion of the shared sandbox."""


def archive(name: str) -> bytes:
    found = sorted(CHARTS.glob(f"{name}-[0-9]*.tgz"))
    if not found:
        pytest.skip(
            f"the chart {name} is not in {CHARTS}: set CANTATA_TEST_DATA to the folder of test charts"
        )
    return found[0].read_bytes()


async def deploy_chart(stage: Stage, name: str, cluster: str = "default") -> None:
    await stage.client.templates.import_(stage.name, archive(name))
    await stage.client.configs.create(stage.name, CONFIGS.get(name, "{}\n"))
    await stage.client.applications.create(
        ApplicationDraft(
            name=stage.name,
            template=stage.name,
            config=stage.name,
            cluster=cluster,
            create_namespace=True,
        )
    )
    operation = await stage.deploy()
    assert operation is not None
    assert operation.state == "succeeded", operation


def versions(kubectl: Kubectl, namespace: str) -> dict[str, str]:
    """uid → resourceVersion of what has no status of its own, and generation of what has."""
    kinds = (
        "deployments,statefulsets,daemonsets,services,configmaps,serviceaccounts,roles,rolebindings,secrets"
    )
    return {
        each["metadata"]["uid"]: str(
            each["metadata"].get("generation") or each["metadata"]["resourceVersion"]
        )
        for each in kubectl.items(kinds, "-n", namespace)
    }


async def assert_nothing_differs(stage: Stage) -> None:
    """After a deploy: edited is deployed, and wanted is live."""
    edited = await stage.client.applications.diff(stage.name)
    live = await stage.client.applications.diff(stage.name, live=True)
    assert (edited.differs, edited.services, edited.values) == (False, (), ())
    assert live.differs is False, live
    assert [each.foreign for service in live.services for each in service.objects if each.foreign] == []


def test_every_chart_at_hand_is_among_them() -> None:
    """So that a chart that is added is also deployed here."""
    if not CHARTS.is_dir():
        pytest.skip(f"{CHARTS} is missing: set CANTATA_TEST_DATA to the folder of test charts")
    assert {each.name.rpartition("-")[0] for each in CHARTS.glob("*.tgz")} == SERVICES.keys()


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - {IN_OWN_SANDBOX}))
async def test_a_real_chart_becomes_ready_and_stays_as_it_is(
    stage: Stage, kubectl: Kubectl, name: str
) -> None:
    try:
        await deploy_chart(stage, name)
        status = await stage.status()
        assert status.state == "ready"
        assert len([each for each in status.services if each.name != "shared"]) == SERVICES[name]
        before = versions(kubectl, stage.name)
        assert await stage.deploy() is None
        assert versions(kubectl, stage.name) == before
        await assert_nothing_differs(stage)
        if name == "argo-workflows":
            groups = [each["spec"]["group"] for each in kubectl.items("customresourcedefinitions")]
            assert groups.count("argoproj.io") >= 8
    finally:
        operation = await stage.client.applications.delete(stage.name)
        assert (await stage.ended(operation)).state == "succeeded"


async def test_an_unavailable_api_service_is_a_notice(client: Client, namespace: str, tmp_path: Path) -> None:
    own = Sandbox(namespace, tmp_path / "sandboxes")
    await asyncio.to_thread(own.start, owner=os.getpid())
    try:
        await client.clusters.add(namespace, own.kubeconfig.read_text())
        stage = Stage(client, namespace)
        await deploy_chart(stage, IN_OWN_SANDBOX, cluster=namespace)
        status = await stage.status()
        assert status.state == "ready"
        notices = [notice for service in status.services for notice in service.notices]
        assert any("APIService" in notice for notice in notices), status.services
        assert await stage.deploy() is None
        await assert_nothing_differs(stage)
        operation = await client.applications.delete(namespace)
        assert (await stage.ended(operation)).state == "succeeded"
        await client.clusters.remove(namespace)
    finally:
        await asyncio.to_thread(own.remove)


RANDOM = {
    "templates/web.yaml": deployment("web", "{{ .Values.image }}"),
    "templates/password.yaml": """
apiVersion: v1
kind: Secret
metadata: { name: "{{ .Release.Name }}-password" }
stringData: { password: "{{ randAlphaNum 20 }}" }
""",
    "templates/hook.yaml": """
apiVersion: batch/v1
kind: Job
metadata:
  name: "{{ .Release.Name }}-upgrade"
  annotations: { helm.sh/hook: "pre-install,pre-upgrade" }
  labels: { revision: "{{ .Release.Revision }}" }
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{ name: main, image: hook:1 }]
""",
}


async def test_random_passwords_and_upgrade_hooks_do_not_change_anything(
    stage: Stage, kubectl: Kubectl
) -> None:
    await stage.application(RANDOM, "image: web:1\n")
    await stage.deploy()
    before = versions(kubectl, stage.name)
    hook = kubectl.get("job", f"{stage.name}-upgrade", "-n", stage.name)["metadata"]["uid"]
    assert await stage.deploy() is None
    assert versions(kubectl, stage.name) == before
    assert kubectl.get("job", f"{stage.name}-upgrade", "-n", stage.name)["metadata"]["uid"] == hook
    password = kubectl.get("secret", f"{stage.name}-password", "-n", stage.name)["data"]
    await stage.client.configs.edit(stage.name, "image: web:2\n")
    operation = await stage.deploy()
    assert operation is not None
    assert operation.state == "succeeded", operation
    assert kubectl.get("secret", f"{stage.name}-password", "-n", stage.name)["data"] == password
    again = kubectl.get("job", f"{stage.name}-upgrade", "-n", stage.name)["metadata"]
    assert again["uid"] != hook
    assert again["labels"]["revision"] == "2"
