"""What an application adds to the delivery of its template."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.e2e.conftest import Command, Kubectl, Stage, deployment

from cantata.contract.applications import ApplicationDraft

pytestmark = pytest.mark.sandbox

TWO = {
    "cantata.yaml": "layout: file\nservices: { web: { delivery: [{ as: env, keys: [level] }] } }\n",
    "templates/web.yaml": deployment("web"),
    "templates/api.yaml": deployment("api"),
}
ADDED = "web:\n  - { as: file, mountPath: /etc/app, directory: true, keys: [db] }\n"


def pod(kubectl: Kubectl, namespace: str, service: str) -> Any:
    found = kubectl.get("deployment", f"{namespace}-{service}", "-n", namespace)
    return found["spec"]["template"]["spec"]


HOOK = """
apiVersion: batch/v1
kind: Job
metadata: { name: "{{ .Release.Name }}-migrate", annotations: { helm.sh/hook: "pre-install,pre-upgrade" } }
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: main
          image: migrate:1
          env: [{ name: HOST, valueFrom: { configMapKeyRef: { name: shop-config, key: db.host } } }]
"""


async def redeliver(stage: Stage, text: str) -> None:
    found = await stage.client.applications.show(stage.name)
    draft = msgspec.convert(found, ApplicationDraft, from_attributes=True)
    draft = msgspec.structs.replace(draft, delivery=text)
    await stage.client.applications.edit(stage.name, draft, expected=found.row_version)


async def test_an_application_adds_to_the_delivery_of_its_template(
    stage: Stage, kubectl: Kubectl, command: Command
) -> None:
    await stage.application(TWO, "level: info\ndb: { host: postgres }\n", delivery=ADDED)
    assert (operation := await stage.deploy()) is not None
    assert operation.state == "succeeded", operation
    assert await stage.deploy() is None
    web, api = pod(kubectl, stage.name, "web"), pod(kubectl, stage.name, "api")
    container = web["containers"][0]
    assert [item["name"] for item in container["env"]] == ["LEVEL"]
    assert [mount["mountPath"] for mount in container["volumeMounts"]] == ["/etc/app"]
    assert "env" not in api["containers"][0]

    done = command.run("app", "edit", stage.name, "--delivery", "-", text="api: [{ as: env, prefix: A_ }]\n")
    assert done.returncode == 0, done
    before = kubectl.get("deployment", f"{stage.name}-api", "-n", stage.name)["metadata"]["generation"]
    plan = await stage.client.applications.preview(stage.name)
    assert {each.service for each in plan.services if each.rolls} == {"web", "api"}
    assert await stage.deploy() is not None
    assert "volumeMounts" not in pod(kubectl, stage.name, "web")["containers"][0]
    names = [item["name"] for item in pod(kubectl, stage.name, "api")["containers"][0]["env"]]
    assert names == ["A_DB_HOST", "A_LEVEL"]
    after = kubectl.get("deployment", f"{stage.name}-api", "-n", stage.name)["metadata"]["generation"]
    assert after == before + 1

    await redeliver(stage, "# the same, said otherwise\napi:\n  - as: env\n    prefix: A_\n")
    assert await stage.deploy() is None
    back = await stage.client.applications.rollback(stage.name, 1)
    assert back.operation is not None
    assert (await stage.ended(back.operation)).state == "succeeded"
    assert "volumeMounts" in pod(kubectl, stage.name, "web")["containers"][0]


async def test_a_config_of_several_mebibytes_reaches_the_pods(stage: Stage, kubectl: Kubectl) -> None:
    files = {
        "cantata.yaml": "layout: file\nservices: { web: { delivery: [{ as: file, mountPath: /etc/app, "
        "directory: true }] } }\n",
        "templates/web.yaml": deployment("web"),
        "values.yaml": "".join(f'{key}: "{sign * (1 << 20)}"\n' for key, sign in (("a", "x"), ("b", "\\n"))),
    }
    small = "".join(f"key{number:05d}: 1\n" for number in range(5000))
    await stage.application(files, f"c: {'z' * 900_000}\n{small}password: !secret hidden\n")
    assert (operation := await stage.deploy()) is not None
    assert operation.state == "succeeded", operation
    (volume,) = pod(kubectl, stage.name, "web")["volumes"]
    maps = {
        each["metadata"]["name"]: each["data"]
        for each in kubectl.items("configmaps", "-n", stage.name)
        if each["metadata"]["name"] != "kube-root-ca.crt"
    }
    found = {
        item["path"]: maps[source["configMap"]["name"]][item["key"]]
        for source in volume["projected"]["sources"]
        if "configMap" in source
        for item in source["configMap"]["items"]
    }
    assert len(maps) == 3
    assert {key: len(text) for key, text in found.items() if len(text) > 1} == {
        "a": 1 << 20, "b": 1 << 20, "c": 900_000
    }  # fmt: skip
    assert len(found) == 5003
    assert await stage.deploy() is None


async def test_a_hook_finds_the_config_that_it_refers_to(stage: Stage, kubectl: Kubectl) -> None:
    files = {
        "cantata.yaml": "layout: file\nconfig: shop-config\n",
        "templates/web.yaml": deployment("web", "{{ .Values.image }}"),
        "templates/migrate.yaml": HOOK,
    }
    name = stage.name
    await stage.application(files, "image: web:0\ndb: { host: never }\n")
    for host in ("postgres", "elsewhere"):
        await stage.client.configs.edit(name, f"image: web-{host}\ndb: {{ host: {host} }}\n")
        assert (operation := await stage.deploy()) is not None
        assert operation.state == "succeeded", operation
        job = kubectl.get("job", f"{name}-migrate", "-n", name)
        (variable,) = job["spec"]["template"]["spec"]["containers"][0]["env"]
        reference = variable["valueFrom"]["configMapKeyRef"]
        found = kubectl.get("configmap", reference["name"], "-n", name)
        assert found["data"] == {"db.host": host}
    deleted = await stage.client.applications.delete(name)
    assert (await stage.ended(deleted)).state == "succeeded"
    left = [each["metadata"]["name"] for each in kubectl.items("configmaps", "-n", name)]
    assert left == ["kube-root-ca.crt"]
