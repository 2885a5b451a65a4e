"""Deploys that are cancelled or overtaken, and hands that change the cluster between two deploys."""

from __future__ import annotations

import pytest
from tests.e2e.conftest import Kubectl, Stage, deployment
from tests.e2e.faults import CONFIG, shop, until, watched
from tests.e2e.test_changes import images, uids

from cantata.client import RemoteError
from cantata.contract.operations import OperationInfo
from cantata.kube import KubeCluster

pytestmark = pytest.mark.sandbox


async def begin(stage: Stage) -> OperationInfo:
    deployed = await stage.client.applications.deploy(stage.name)
    assert deployed.operation is not None
    return deployed.operation


async def test_the_deploy_after_a_cancelled_one_goes_on_from_there(
    stage: Stage, cluster: KubeCluster
) -> None:
    await stage.application(shop(), CONFIG)
    async with watched(cluster, stage.name) as witness:
        operation = await begin(stage)
        await until("web is there", lambda: witness.saw("Deployment web"))
        await stage.client.operations.cancel(operation.id)
        assert (await stage.ended(operation)).state == "cancelled"
        again = await stage.deploy()
        assert again is not None
        assert again.state == "succeeded", again
        assert (await stage.status()).state == "ready"
        witness.assert_each_once("Job migrate", "Deployment web", "Deployment api")
    numbers = [revision.number async for revision in stage.client.applications.history(stage.name)]
    assert numbers == [1]


async def test_a_cancelled_delete_leaves_an_application_that_can_be_deployed(
    stage: Stage, kubectl: Kubectl
) -> None:
    await stage.application({"templates/web.yaml": deployment("web")})
    deployed = await stage.deploy()
    web = ["deployment", f"{stage.name}-web", "-n", stage.name]
    kubectl.run("patch", *web, "--type=merge", "-p", '{"metadata": {"finalizers": ["example.org/hold"]}}')
    operation = await stage.client.applications.delete(stage.name)
    await until("web is going", lambda: "deletionTimestamp" in kubectl.get(*web)["metadata"])
    with pytest.raises(RemoteError, match="is being deleted"):
        await stage.client.applications.preview(stage.name)
    await stage.client.operations.cancel(operation.id)
    kubectl.run("patch", *web, "--type=merge", "-p", '{"metadata": {"finalizers": null}}')
    await until("web is gone", lambda: not kubectl.items("deployments", "-n", stage.name))
    again = await stage.deploy()
    assert again is not None
    assert again.state == "succeeded", again
    assert (await stage.status()).state == "ready"

    gone = await stage.ended(await stage.client.applications.delete(stage.name))
    assert gone.state == "succeeded"
    assert deployed is not None
    for ended in (operation, deployed, gone):
        with pytest.raises(RemoteError) as refused:
            await stage.client.operations.cancel(ended.id)
        assert refused.value.code == "OperationEnded"


async def test_a_newer_deploy_supersedes_the_one_under_way(
    stage: Stage, cluster: KubeCluster, kubectl: Kubectl
) -> None:
    await stage.application(shop(), CONFIG)
    async with watched(cluster, stage.name) as witness:
        older = await begin(stage)
        await until("web is there", lambda: witness.saw("Deployment web"))
        await stage.client.configs.edit(stage.name, "image: all:2\n")
        newer = await begin(stage)
        assert (await stage.ended(newer)).state == "succeeded"
    assert (await stage.ended(older)).state == "superseded"
    assert images(kubectl, stage.name) == {"web": "all:2", "api": "all:2"}
    history = [(each.number, each.state) async for each in stage.client.applications.history(stage.name)]
    assert history == [(2, "deployed"), (1, "failed")]


async def test_what_hands_deleted_or_edited_is_brought_back_without_a_revision(
    stage: Stage, kubectl: Kubectl
) -> None:
    files = {"templates/web.yaml": deployment("web"), "templates/api.yaml": deployment("api")}
    await stage.application(files)
    await stage.deploy()
    before = uids(kubectl, "deployments", stage.name)
    web, api = f"{stage.name}-web", f"{stage.name}-api"
    kubectl.run("delete", "deployment", web, "-n", stage.name)
    kubectl.run("set", "image", f"deployment/{api}", "main=by-hand:1", "-n", stage.name)
    operation = await stage.deploy()
    assert operation is not None
    assert operation.state == "succeeded", operation
    after = uids(kubectl, "deployments", stage.name)
    assert after.keys() == before.keys()
    assert after[web] != before[web]
    assert after[api] == before[api]
    assert images(kubectl, stage.name) == {"web": "web:1", "api": "web:1"}
    assert await stage.deploy() is None
    numbers = [revision.number async for revision in stage.client.applications.history(stage.name)]
    assert numbers == [1]


async def test_a_preview_shows_no_replicas_that_a_deploy_leaves_alone(stage: Stage, kubectl: Kubectl) -> None:
    """Whether the template names a number that an autoscaler has changed, or names none any more."""
    web = deployment("web", "{{ .Values.image }}").replace(
        "spec:\n", "spec:\n  {{ with .Values.replicas }}replicas: {{ . }}{{ end }}\n", 1
    )
    await stage.application({"templates/web.yaml": web}, "image: web:1\nreplicas: 1\n")
    await stage.deploy()
    kubectl.autoscale(f"{stage.name}-web", stage.name, 3)
    for text in ("image: web:2\nreplicas: 1\n", "image: web:3\n"):
        await stage.client.configs.edit(stage.name, text)
        plan = await stage.client.applications.preview(stage.name)
        changes = [
            change.path for service in plan.services for each in service.objects for change in each.changes
        ]
        assert changes == ["spec.template.spec.containers[main].image"]
        operation = await stage.deploy()
        assert operation is not None
        assert operation.state == "succeeded", operation
        assert kubectl.get("deployment", f"{stage.name}-web", "-n", stage.name)["spec"]["replicas"] == 3


async def test_a_deploy_keeps_the_replicas_of_whoever_scaled(stage: Stage, kubectl: Kubectl) -> None:
    await stage.application(
        {"templates/web.yaml": deployment("web", "{{ .Values.image }}")}, "image: web:1\n"
    )
    await stage.deploy()
    kubectl.run("scale", f"deployment/{stage.name}-web", "--replicas=3", "-n", stage.name)
    for image in ("web:2", "web:3"):
        await stage.client.configs.edit(stage.name, f"image: {image}\n")
        operation = await stage.deploy()
        assert operation is not None
        assert operation.state == "succeeded", operation
        live = kubectl.get("deployment", f"{stage.name}-web", "-n", stage.name)
        assert live["spec"]["replicas"] == 3
        assert images(kubectl, stage.name) == {"web": image}
    kubectl.run("scale", f"deployment/{stage.name}-web", "--replicas=2", "-n", stage.name)
    await stage.client.configs.edit(stage.name, "image: web:4\n")
    await stage.deploy()
    assert kubectl.get("deployment", f"{stage.name}-web", "-n", stage.name)["spec"]["replicas"] == 2
