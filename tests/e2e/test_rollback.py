"""What a rollback brings back, and what it leaves as it is."""

from __future__ import annotations

import pytest
from tests.e2e.conftest import Kubectl, Stage, deployment

from cantata.client import RemoteError

pytestmark = pytest.mark.sandbox

JOB = """
apiVersion: batch/v1
kind: Job
metadata: { name: "{{ .Release.Name }}-migrate" }
spec:
  backoffLimit: 0
  template:
    metadata: { annotations: { sandbox.cantata.dev/behaviour: "{{ .Values.behaviour }}" } }
    spec:
      restartPolicy: Never
      containers: [{ name: main, image: "{{ .Values.migrate }}" }]
"""
FILES = {
    "cantata.yaml": "layout: file\nservices:\n  web: { dependsOn: { migrate: { condition: completed } } }\n",
    "templates/migrate.yaml": JOB,
    "templates/web.yaml": deployment("web", "{{ .Values.web }}"),
}
HOOK = """
apiVersion: v1
kind: ConfigMap
metadata:
  name: "{{ .Release.Name }}-before"
  annotations: { helm.sh/hook: pre-install }
data: { of: chart }
"""


def image(kubectl: Kubectl, kind: str, namespace: str) -> str:
    (found,) = kubectl.items(kind, "-n", namespace)
    name: str = found["spec"]["template"]["spec"]["containers"][0]["image"]
    return name


def job(kubectl: Kubectl, namespace: str) -> str:
    (found,) = kubectl.items("jobs", "-n", namespace)
    uid: str = found["metadata"]["uid"]
    return uid


async def rolled_back(stage: Stage, *services: str) -> None:
    back = await stage.client.applications.rollback(stage.name, 1, services)
    assert back.operation is not None
    operation = await stage.ended(back.operation)
    assert operation.state == "succeeded", operation


async def test_a_completed_job_runs_again_only_when_it_is_asked_for(stage: Stage, kubectl: Kubectl) -> None:
    await stage.application(FILES, 'migrate: migrate:1\nweb: web:1\nbehaviour: ""\n')
    await stage.deploy()
    await stage.client.configs.edit(stage.name, 'migrate: migrate:2\nweb: web:2\nbehaviour: ""\n')
    await stage.deploy()
    second = job(kubectl, stage.name)
    await rolled_back(stage)
    assert image(kubectl, "deployments", stage.name) == "web:1"
    assert job(kubectl, stage.name) == second
    assert image(kubectl, "jobs", stage.name) == "migrate:2"
    await rolled_back(stage, "migrate")
    assert job(kubectl, stage.name) != second
    assert image(kubectl, "jobs", stage.name) == "migrate:1"


async def test_rolling_back_to_what_is_there_already_does_nothing(stage: Stage) -> None:
    await stage.application({"templates/web.yaml": deployment("web", "{{ .Values.web }}")}, "web: web:1\n")
    await stage.deploy()
    await stage.client.configs.edit(stage.name, "web: web:2\n")
    await stage.deploy()
    await rolled_back(stage)
    assert (await stage.client.applications.rollback(stage.name, 1)).operation is None


async def test_a_job_that_failed_does_not_stand_in_the_way(stage: Stage, kubectl: Kubectl) -> None:
    await stage.application(FILES, 'migrate: migrate:1\nweb: web:1\nbehaviour: ""\n')
    await stage.deploy()
    await stage.client.configs.edit(stage.name, "migrate: migrate:2\nweb: web:2\nbehaviour: job-fail\n")
    operation = await stage.deploy()
    assert operation is not None
    assert operation.state == "failed"
    await rolled_back(stage)
    assert image(kubectl, "jobs", stage.name) == "migrate:1"
    assert image(kubectl, "deployments", stage.name) == "web:1"


async def test_a_foreign_object_in_the_place_of_a_hook_is_refused(stage: Stage, kubectl: Kubectl) -> None:
    kubectl.run("create", "namespace", stage.name)
    kubectl.run("create", "configmap", f"{stage.name}-before", "--from-literal=of=others", "-n", stage.name)
    await stage.application({"templates/before.yaml": HOOK, "templates/web.yaml": deployment("web")})
    with pytest.raises(RemoteError) as refused:
        await stage.deploy()
    assert refused.value.code == "ObjectOwnedByOther"
    assert kubectl.get("configmap", f"{stage.name}-before", "-n", stage.name)["data"] == {"of": "others"}


SECRET_MAP = """
apiVersion: v1
kind: ConfigMap
metadata: { name: "{{ .Release.Name }}-plain" }
data: { colour: "{{ .Values.colour }}" }
"""


async def test_a_preview_does_not_show_a_secret_that_is_taken_out(stage: Stage) -> None:
    files = {"templates/web.yaml": deployment("web", more=f"---{SECRET_MAP}")}
    await stage.application(files, "colour: red\npassword: !secret hunter2\n")
    await stage.deploy()
    await stage.client.configs.edit(stage.name, "colour: blue\n")
    plan = await stage.client.applications.preview(stage.name)
    changes = {change.path: (change.old, change.new) for change in plan.intent}
    assert changes["colour"] == ("red", "blue")
    assert changes["password"] == ("****", None)
    assert "hunter2" not in repr(plan)


async def test_neither_a_preview_nor_notes_show_a_secret_that_a_template_wrote_elsewhere(
    stage: Stage,
) -> None:
    web = deployment("web").replace(
        'image: "web:1" }',
        'image: "web:1", env: [{ name: DB, value: "db://a:{{ .Values.password }}@db/{{ .Values.name }}" }] }',
    )
    notes = "The password is {{ .Values.password }}.\n"
    await stage.application(
        {"templates/web.yaml": web, "templates/NOTES.txt": notes}, "name: a\npassword: !secret hunter2\n"
    )
    await stage.deploy()
    (revision,) = [revision async for revision in stage.client.applications.history(stage.name)]
    assert revision.notes.strip() == "The password is ****."
    await stage.client.configs.edit(stage.name, "name: b\npassword: !secret hunter3\n")
    plan = await stage.client.applications.preview(stage.name)
    (change,) = [change for service in plan.services for item in service.objects for change in item.changes]
    assert (change.old, change.new) == ("db://a:****@db/a", "db://a:****@db/b")
    assert "hunter" not in repr(plan)
