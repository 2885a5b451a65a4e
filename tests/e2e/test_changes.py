"""What a change does, and what it leaves alone."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from tests.e2e.conftest import DEADLINE, Kubectl, Stage, chart, deployment

from cantata.client import RemoteError

pytestmark = pytest.mark.sandbox

JOB = """
apiVersion: batch/v1
kind: Job
metadata: { name: "{{ .Release.Name }}-migrate" }
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{ name: main, image: "{{ .Values.migrate }}" }]
"""
SPEC = "layout: file\nservices:\n  web: { dependsOn: { migrate: { condition: completed } } }\n"


def uids(kubectl: Kubectl, kind: str, namespace: str) -> dict[str, str]:
    return {
        each["metadata"]["name"]: each["metadata"]["uid"] for each in kubectl.items(kind, "-n", namespace)
    }


def images(kubectl: Kubectl, namespace: str) -> dict[str, str]:
    return {
        each["metadata"]["name"].removeprefix(f"{namespace}-"): each["spec"]["template"]["spec"][
            "containers"
        ][0]["image"]
        for each in kubectl.items("deployments", "-n", namespace)
    }


async def test_a_changed_job_is_made_anew_and_an_unchanged_one_does_not_run_again(
    stage: Stage, kubectl: Kubectl
) -> None:
    files = {
        "cantata.yaml": SPEC,
        "templates/migrate.yaml": JOB,
        "templates/web.yaml": deployment("web", "{{ .Values.web }}"),
    }
    await stage.application(files, "migrate: migrate:1\nweb: web:1\n")
    await stage.deploy()
    first = uids(kubectl, "jobs", stage.name)
    await stage.client.configs.edit(stage.name, "migrate: migrate:1\nweb: web:2\n")
    operation = await stage.deploy()
    assert operation is not None
    assert operation.state == "succeeded", operation
    assert uids(kubectl, "jobs", stage.name) == first
    assert images(kubectl, stage.name)["web"] == "web:2"
    await stage.client.configs.edit(stage.name, "migrate: migrate:2\nweb: web:2\n")
    operation = await stage.deploy()
    assert operation is not None
    assert operation.state == "succeeded", operation
    second = uids(kubectl, "jobs", stage.name)
    assert second.keys() == first.keys()
    assert second != first


async def test_a_failed_job_runs_again_with_the_next_deploy(stage: Stage, kubectl: Kubectl) -> None:
    """What made it fail was not in the template: nobody has to delete it by hand."""
    job = JOB.replace("spec:", "spec:\n  activeDeadlineSeconds: 6", 1).replace(
        "    spec:", f"    spec:\n      nodeSelector: {{ {stage.name}: here }}", 1
    )
    files = {"cantata.yaml": SPEC, "templates/migrate.yaml": job, "templates/web.yaml": deployment("web")}
    await stage.application(files, "migrate: migrate:1\n")
    operation = await stage.deploy()
    assert operation is not None
    assert operation.state == "failed", operation
    name = f"job/{stage.name}-migrate"
    kubectl.run("wait", name, "-n", stage.name, "--for=condition=Failed", "--timeout=30s")
    kubectl.run("label", "nodes", "--all", f"{stage.name}=here")
    plan = await stage.client.applications.preview(stage.name)
    actions = {each.service: [item.action for item in each.objects] for each in plan.services}
    assert actions == {"migrate": ["recreate"], "web": ["create"]}
    operation = await stage.deploy()
    assert operation is not None
    assert operation.state == "succeeded", operation
    numbers = [revision.number async for revision in stage.client.applications.history(stage.name)]
    assert numbers == [1]


@pytest.mark.parametrize("hook", ["", "helm.sh/hook: pre-install"], ids=["service", "hook"])
async def test_a_job_that_its_time_to_live_takes_at_once_has_completed(stage: Stage, hook: str) -> None:
    job = JOB.replace("spec:", "spec:\n  ttlSecondsAfterFinished: 0", 1)
    files = {
        "cantata.yaml": "layout: file\n" if hook else SPEC,
        "templates/migrate.yaml": job.replace("metadata: {", f"metadata: {{ annotations: {{ {hook} }},", 1),
        "templates/web.yaml": deployment("web"),
    }
    await stage.application(files, "migrate: migrate:1\n")
    operation = await stage.deploy()
    assert operation is not None
    assert operation.state == "succeeded", operation
    assert (await stage.status()).state == "ready"
    assert await stage.deploy() is None


async def test_a_failed_first_deploy_corrected_leaves_no_orphan(stage: Stage, kubectl: Kubectl) -> None:
    broken = deployment("web", "web:1", pod="{ sandbox.cantata.dev/behaviour: image-pull-error }")
    extra = '---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: "{{ .Release.Name }}-old" }\n'
    await stage.application({"templates/web.yaml": broken + extra})
    operation = await stage.deploy()
    assert operation is not None
    assert operation.state == "failed"
    assert "web" in operation.error
    assert (await stage.status()).state == "failed"
    await stage.client.templates.import_(
        stage.name, chart(stage.name, {"templates/web.yaml": deployment("web")})
    )
    operation = await stage.deploy()
    assert operation is not None
    assert operation.state == "succeeded", operation
    left = uids(kubectl, "configmaps", stage.name)
    assert f"{stage.name}-old" not in left


async def test_an_object_that_moves_between_services_is_not_deleted(stage: Stage, kubectl: Kubectl) -> None:
    moving = '---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: "{{ .Release.Name }}-data" }\n'
    spec = {"cantata.yaml": "layout: file\n"}
    before = {"templates/web.yaml": deployment("web", more=moving), "templates/api.yaml": deployment("api")}
    after = {"templates/web.yaml": deployment("web"), "templates/api.yaml": deployment("api", more=moving)}
    await stage.application({**spec, **before})
    await stage.deploy()
    first = uids(kubectl, "configmaps", stage.name)[f"{stage.name}-data"]
    await stage.client.templates.import_(stage.name, chart(stage.name, {**spec, **after}))
    operation = await stage.deploy()
    assert operation is not None
    assert operation.state == "succeeded", operation
    assert uids(kubectl, "configmaps", stage.name)[f"{stage.name}-data"] == first


async def test_one_service_alone_is_deployed_and_rolled_back(stage: Stage, kubectl: Kubectl) -> None:
    files = {
        "templates/web.yaml": deployment("web", "{{ .Values.web }}"),
        "templates/api.yaml": deployment("api", "{{ .Values.api }}"),
    }
    await stage.application(files, "web: web:1\napi: api:1\n")
    await stage.deploy()
    await stage.client.configs.edit(stage.name, "web: web:2\napi: api:2\n")
    await stage.deploy("web")
    assert images(kubectl, stage.name) == {"web": "web:2", "api": "api:1"}
    back = await stage.client.applications.rollback(stage.name, 1)
    assert back.operation is not None
    operation = await stage.ended(back.operation)
    assert operation.state == "succeeded", operation
    assert images(kubectl, stage.name) == {"web": "web:1", "api": "api:1"}
    numbers = [revision.number async for revision in stage.client.applications.history(stage.name)]
    assert numbers == [3, 2, 1]


async def test_a_deploy_of_one_service_takes_over_a_deploy_of_all(stage: Stage, kubectl: Kubectl) -> None:
    slow = '{ sandbox.cantata.dev/behaviour: slow, sandbox.cantata.dev/delay: "2s" }'
    files = {
        "cantata.yaml": "layout: file\nservices: { web: { dependsOn: [api] } }\n",
        "templates/api.yaml": deployment("api", pod=slow),
        "templates/web.yaml": deployment("web", "{{ .Values.web }}"),
    }
    await stage.application(files, "web: web:1\n")
    first = (await stage.client.applications.deploy(stage.name)).operation
    await stage.client.configs.edit(stage.name, "web: web:2\n")
    second = (await stage.client.applications.deploy(stage.name, ["web"])).operation
    assert first is not None
    assert second is not None
    assert (await stage.ended(first)).state == "superseded"
    assert (await stage.ended(second)).state == "succeeded"
    assert images(kubectl, stage.name) == {"api": "web:1", "web": "web:2"}


async def test_findings_are_those_of_the_render_that_a_service_gets(stage: Stage) -> None:
    """With the service's own overrides: they may bring a missing key in, or mend one."""
    level = '{ configMapKeyRef: { name: settings, key: "{{ .Values.web.key }}" } }'
    with_level = f'"web:1", env: [{{ name: LEVEL, valueFrom: {level} }}] }}'
    files = {
        "cantata.yaml": "layout: file\nconfig: { name: settings }\n",
        "templates/web.yaml": deployment("web").replace('"web:1" }', with_level),
        "templates/api.yaml": deployment("api"),
    }
    wanted = await stage.application(files, "level: info\nweb: { key: level }\n")

    async def edit(config: str, override: str) -> None:
        await stage.client.configs.edit(stage.name, f"level: info\nweb: {{ key: {config} }}\n")
        overrides = {"web": f"web: {{ key: {override} }}\n"} if override else {}
        await stage.client.applications.edit(
            stage.name, msgspec.structs.replace(wanted, service_overrides=overrides)
        )

    assert await stage.deploy() is not None
    await edit("level", "nope")
    with pytest.raises(RemoteError) as refused:
        await stage.deploy()
    assert refused.value.code == "TemplateUnsound"
    await edit("nope", "")
    with pytest.raises(RemoteError):
        await stage.deploy()
    await edit("nope", "level")
    await stage.deploy()
    await edit("gone", "level")
    await stage.deploy()
    await edit("gone", "")
    await stage.deploy("api")


async def test_a_preview_names_the_hooks_that_would_run(stage: Stage, kubectl: Kubectl) -> None:
    def hook(name: str, events: str) -> str:
        job = JOB.replace("-migrate", f"-{name}")
        return job.replace("metadata: {", f'metadata: {{ annotations: {{ helm.sh/hook: "{events}" }},', 1)

    async def hooks(*services: str) -> list[str]:
        plan = await stage.client.applications.preview(stage.name, services)
        return [each.name.removeprefix(f"{stage.name}-") for each in plan.hooks]

    files = {
        "templates/web.yaml": deployment("web", "{{ .Values.web }}"),
        "templates/api.yaml": deployment("api"),
        "templates/first.yaml": hook("first", "pre-install"),
        "templates/always.yaml": hook("always", "post-install,post-upgrade"),
        "templates/last.yaml": hook("last", "pre-delete"),
    }
    await stage.application(files, "web: web:1\nmigrate: migrate:1\n")
    assert sorted(await hooks()) == ["always", "first"]
    await stage.deploy()
    assert await hooks() == []
    await stage.client.configs.edit(stage.name, "web: web:2\nmigrate: migrate:1\n")
    assert await hooks("web") == []
    assert await hooks() == ["always"]
    kubectl.run("delete", "deployment", f"{stage.name}-api", "-n", stage.name)
    await stage.client.configs.edit(stage.name, "web: web:1\nmigrate: migrate:1\n")
    async with asyncio.timeout(DEADLINE):
        while True:
            if await hooks() == ["always"]:
                break
            await asyncio.sleep(0.05)


QUOTA = """
apiVersion: v1
kind: ResourceQuota
metadata: { name: team }
spec: { hard: { pods: "2" } }
"""


async def test_a_rollout_goes_through_a_quota_that_its_own_old_pods_fill(
    stage: Stage, kubectl: Kubectl
) -> None:
    kubectl.run("create", "namespace", stage.name)
    kubectl.run("apply", "-n", stage.name, "-f", "-", text=QUOTA)
    one_by_one = "  replicas: 2\n  strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } }\n"
    await stage.application(
        {"templates/web.yaml": deployment("web", "{{ .Values.web }}", one_by_one)}, "web: web:1\n"
    )
    await stage.deploy()
    await stage.client.configs.edit(stage.name, "web: web:2\n")
    operation = await stage.deploy()
    assert operation is not None
    assert operation.state == "succeeded", operation
    assert {pod["spec"]["containers"][0]["image"] for pod in kubectl.items("pods", "-n", stage.name)} == {
        "web:2"
    }


async def test_a_failed_service_holds_its_dependents_back(stage: Stage, kubectl: Kubectl) -> None:
    files = {
        "cantata.yaml": "layout: file\nservices:\n  web: { dependsOn: [api] }\n",
        "templates/api.yaml": deployment("api", pod="{ sandbox.cantata.dev/behaviour: crash-loop }"),
        "templates/web.yaml": deployment("web"),
    }
    await stage.application(files)
    operation = await stage.deploy()
    assert operation is not None
    assert operation.state == "failed"
    status = {service.name: service for service in (await stage.status()).services}
    assert status["api"].state == "failed"
    assert status["web"].state == "pending"
    assert "blocked by api" in status["web"].message
    assert set(images(kubectl, stage.name)) == {"api"}


async def test_delete_takes_everything_but_claims_and_the_namespace(stage: Stage, kubectl: Kubectl) -> None:
    claim = """
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: "{{ .Release.Name }}-data" }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
"""
    hooked = claim.replace('-data" }', '-hooked", annotations: { helm.sh/hook: pre-install } }')
    await stage.application({"templates/web.yaml": deployment("web", more=claim + hooked)})
    await stage.deploy()
    operation = await stage.client.applications.delete(stage.name)
    assert (await stage.ended(operation)).state == "succeeded"
    assert uids(kubectl, "deployments", stage.name) == {}
    assert set(uids(kubectl, "persistentvolumeclaims", stage.name)) == {
        f"{stage.name}-data",
        f"{stage.name}-hooked",
    }
    names: list[Any] = [each.application.name async for each in stage.client.applications.list()]
    assert stage.name not in names
    assert kubectl.get("namespace", stage.name)["status"]["phase"] == "Active"


async def test_delete_goes_on_where_somebody_has_deleted_the_namespace(
    stage: Stage, kubectl: Kubectl
) -> None:
    """A hook could not run there any more; what the application has elsewhere goes all the same."""
    role = """
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: "{{ .Release.Name }}" }
"""
    hook = JOB.replace("metadata: {", "metadata: { annotations: { helm.sh/hook: pre-delete },", 1)
    files = {"templates/web.yaml": deployment("web", more=role), "templates/before.yaml": hook}
    await stage.application(files, "migrate: migrate:1\n")
    await stage.deploy()
    kubectl.run("delete", "namespace", stage.name)
    ended = await stage.ended(await stage.client.applications.delete(stage.name))
    assert ended.state == "succeeded", ended
    assert kubectl.run("get", "clusterrole", stage.name, "--ignore-not-found") == ""


async def test_an_old_config_stays_while_an_old_replica_set_names_it(stage: Stage, kubectl: Kubectl) -> None:
    files = {
        "cantata.yaml": "layout: file\nservices: { web: { delivery: [{ as: env, keys: [level] }] } }\n",
        "templates/web.yaml": deployment("web"),
    }
    await stage.application(files, "level: info\n")
    await stage.deploy()
    first = set(uids(kubectl, "configmaps", stage.name)) - {"kube-root-ca.crt"}
    await stage.client.configs.edit(stage.name, "level: debug\n")
    operation = await stage.deploy()
    assert operation is not None
    assert operation.state == "succeeded", operation
    both = set(uids(kubectl, "configmaps", stage.name)) - {"kube-root-ca.crt"}
    assert len(first) == 1
    assert first < both
    kubectl.run("rollout", "undo", f"deployment/{stage.name}-web", "-n", stage.name)
    kubectl.run("rollout", "status", f"deployment/{stage.name}-web", "-n", stage.name, "--timeout=30s")
    deleted = await stage.client.applications.delete(stage.name)
    assert (await stage.ended(deleted)).state == "succeeded"
    assert set(uids(kubectl, "configmaps", stage.name)) <= {"kube-root-ca.crt"}
