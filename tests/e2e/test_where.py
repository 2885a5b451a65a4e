"""Where a key is, on a real API server: what carries it, and which pods have which version of it."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable

import pytest
from tests.e2e.conftest import DEADLINE, Command, Kubectl, Stage

from cantata.contract.errors import RemoteError
from cantata.contract.where import ApplicationWhereInfo, ServiceWhereInfo

pytestmark = pytest.mark.sandbox

SLOW = '{ sandbox.cantata.dev/behaviour: slow, sandbox.cantata.dev/delay: "8s" }'


def workload(name: str, kind: str, spec: str, annotations: str, container: str = "") -> str:
    """A workload of one container `main`."""
    return f"""apiVersion: apps/v1
kind: {kind}
metadata: {{ name: "{{{{ .Release.Name }}}}-{name}" }}
spec:
  selector: {{ matchLabels: {{ app: {name} }} }}
  {spec}
  template:
    metadata:
      labels: {{ app: {name} }}
      annotations: {annotations}
    spec:
      containers:
        - {{ name: main, image: "x:1"{container} }}
"""


ENV = ", env: [{ name: HELLO, valueFrom: { configMapKeyRef: { name: shop-config, key: greeting } } }]"
ROLLING = "replicas: 5\n  strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 3 } }"
READS = '{ greeting: "{{ .Values.greeting }}" }'
LENGTH = '{ a: "{{ len .Values.greeting }}" }'
FILES = {
    "cantata.yaml": (
        "layout: file\nconfig: { name: shop-config }\nservices:\n"
        "  web: { delivery: [{ as: file, mountPath: /etc/greeting, key: greeting }] }\n"
        "  folder: { delivery: [{ as: file, directory: true, mountPath: /conf, keys: [greeting],"
        " update: inPlace }] }\n"
    ),
    "values.yaml": "greeting: ''\n",
    "templates/web.yaml": workload("web", "Deployment", ROLLING, SLOW, ENV)
    + "# {{ .Values.greeting | upper }}\n",
    "templates/plain.yaml": workload("plain", "Deployment", "replicas: 2", READS),
    "templates/stateful.yaml": workload("stateful", "StatefulSet", "serviceName: x", READS),
    "templates/daemon.yaml": workload("daemon", "DaemonSet", "minReadySeconds: 0", READS),
    "templates/folder.yaml": workload("folder", "Deployment", "replicas: 1", "{ a: b }"),
    "templates/same.yaml": workload(
        "same", "Deployment", "replicas: 1", '{ a: "{{ len .Values.greeting }}" }'
    ),
    "templates/other.yaml": workload("other", "Deployment", "replicas: 1", "{ a: b }"),
}
CONFIG = "greeting: hello\nunread: 1\n"


async def where(stage: Stage, key: str = "greeting") -> ApplicationWhereInfo:
    (told,) = [each async for each in stage.client.configs.where(stage.name, key)]
    return told


def service(told: ApplicationWhereInfo, name: str) -> ServiceWhereInfo:
    return next(each for each in told.services if each.service == name)


def pods(told: ApplicationWhereInfo, name: str) -> dict[str, list[str]]:
    """Pods by what they have, those that are about to go left out."""
    found: dict[str, list[str]] = {}
    for pod in service(told, name).pods:
        if not pod.ending:
            found.setdefault(f"{pod.has} {pod.version.rpartition('@')[2]}".strip(), []).append(pod.pod)
    return found


def counts(told: ApplicationWhereInfo, name: str) -> dict[str, int]:
    return {has: len(names) for has, names in pods(told, name).items()}


async def until(stage: Stage, holds: Callable[[ApplicationWhereInfo], bool]) -> ApplicationWhereInfo:
    async with asyncio.timeout(DEADLINE):
        while True:
            told = await where(stage)
            if holds(told):
                return told
            await asyncio.sleep(0.05)


def truth(kubectl: Kubectl, namespace: str) -> dict[str, str]:
    """The greeting in the environment of each pod of web, as a kubelet would read it."""
    maps = {each["metadata"]["name"]: each["data"] for each in kubectl.items("configmaps", "-n", namespace)}
    found = {}
    for pod in kubectl.items("pods", "-n", namespace, "-l", "app=web"):
        reference = pod["spec"]["containers"][0]["env"][0]["valueFrom"]["configMapKeyRef"]
        found[pod["metadata"]["name"]] = maps[reference["name"]][reference["key"]]
    return found


async def test_a_rollout_tells_exactly_which_pods_have_which_version(
    stage: Stage, kubectl: Kubectl, command: Command
) -> None:
    await stage.application(FILES, CONFIG)
    await stage.deploy()
    told = await where(stage)
    assert {each.service for each in told.services} == {
        "web", "plain", "stateful", "daemon", "folder", "same",
    }  # fmt: skip
    web = service(told, "web")
    spec = kubectl.get("deployment", f"{stage.name}-web", "-n", stage.name)["spec"]["template"]["spec"]
    config_map = spec["containers"][0]["env"][0]["valueFrom"]["configMapKeyRef"]["name"]
    assert [(line.file, line.line, line.how) for line in web.lines] == [
        (f"{stage.name}/templates/web.yaml", 15, "value")
    ]
    assert [(each.container, each.name) for each in web.environment] == [("main", "HELLO")]
    assert [(each.container, each.path) for each in web.files] == [("main", "/etc/greeting")]
    assert [(each.kind, each.object, each.entry) for each in web.entries] == [
        ("ConfigMap", config_map, "greeting")
    ]
    assert (web.version, len(web.pods)) == (f"{stage.name}@1", 5)
    assert {each.has for service_ in told.services for each in service_.pods} == {"current"}

    await stage.client.configs.edit(stage.name, CONFIG.replace("unread: 1", "unread: 2"))
    await stage.client.configs.edit(stage.name, "greeting: howdy\nunread: 2\n")
    await stage.client.configs.edit(stage.name, "greeting: howdy\nunread: 3\n")
    before = await where(stage)
    assert {name: pods(before, name).keys() for name in ("web", "plain", "stateful", "daemon", "folder")} == {
        name: {"stale 1"} for name in ("web", "plain", "stateful", "daemon", "folder")
    }
    assert service(before, "web").version == f"{stage.name}@3"
    assert pods(before, "same").keys() == {"current 3"}, "a deploy leaves it as it is"

    operation = (await stage.client.applications.deploy(stage.name)).operation
    assert operation is not None
    middle = await until(stage, lambda told: counts(told, "web") == {"stale 1": 2, "current 3": 3})
    shown = command.run("config", "where", stage.name, "greeting")
    real = truth(kubectl, stage.name)
    for has, names in pods(middle, "web").items():
        assert {real[name] for name in names} == {"hello" if has == "stale 1" else "howdy"}
    assert shown.returncode == 0, shown.stderr
    assert "still on version 1\n" in shown.stdout
    assert "env HELLO in container main" in shown.stdout
    assert "file /etc/greeting in container main" in shown.stdout

    ended = await stage.ended(operation)
    assert ended.state == "succeeded", ended.error
    await until(
        stage,
        lambda told: all(pods(told, each.service).keys() == {"current 3"} for each in told.services),
    )
    assert set(truth(kubectl, stage.name).values()) == {"howdy"}
    done = command.run("config", "where", stage.name, "greeting").stdout.splitlines()
    assert done[0].endswith("on version 3")
    assert "still" not in done[0]


SMALL = {
    "cantata.yaml": (
        "layout: file\nservices:\n"
        "  web: { delivery: [{ as: file, mountPath: /etc/db, key: db, format: json }] }\n"
    ),
    "templates/web.yaml": workload("web", "Deployment", "replicas: 2", "{ a: b }"),
}
SECRETS = "db: { host: h, password: !secret hunter-two }\nunread: 1\n"


async def test_a_key_inside_of_a_file_and_secrets_by_version_only(stage: Stage, command: Command) -> None:
    await stage.application(SMALL, SECRETS)
    await stage.deploy()
    await stage.client.configs.edit(stage.name, SECRETS.replace("hunter-two", "hunter-three"))
    told = await where(stage, "db.password")
    (web,) = told.services
    assert [(each.path, each.format) for each in web.files] == [("/etc/db", "json")]
    assert [(each.kind, each.entry) for each in web.entries] == [("Secret", "db..json")]
    assert pods(told, "web").keys() == {"stale 1"}
    host = await where(stage, "db.host")
    assert pods(host, "web").keys() == {"current 1"}, "the file changes, this key does not"
    printed = command.run("config", "where", stage.name, "db.password", "-o", "json").stdout
    printed += command.run("config", "where", stage.name, "db.password").stdout
    assert "stale" in printed
    for secret in ("hunter-two", "hunter-three"):
        assert secret not in printed
        assert base64.b64encode(secret.encode()).decode() not in printed


async def test_unread_and_unknown_keys_say_so(stage: Stage, command: Command) -> None:
    await stage.application(SMALL, SECRETS)
    await stage.deploy()
    assert (await where(stage, "unread")).services == ()
    assert command.run("config", "where", stage.name, "unread").stdout == "nobody reads unread\n"
    for key, hint in (("unraed", "unread"), ("db", "db.host, db.password")):
        done = command.run("config", "where", stage.name, key)
        assert done.returncode != 0
        assert f"there is no key {key} in config {stage.name}" in done.stderr
        assert hint in done.stderr
    with pytest.raises(RemoteError) as caught:
        await where(stage, "nope")
    assert caught.value.code == "ConfigKeyNotFound"


async def test_a_pod_that_somebody_changed_is_not_known(stage: Stage, kubectl: Kubectl) -> None:
    await stage.application(
        {"templates/plain.yaml": workload("plain", "Deployment", "replicas: 1", READS)}, CONFIG
    )
    await stage.deploy()
    patch = '{"spec":{"template":{"metadata":{"annotations":{"greeting":"by hand"}}}}}'
    kubectl.run("patch", "deployment", f"{stage.name}-plain", "-n", stage.name, "-p", patch)
    told = await until(stage, lambda told: pods(told, told.services[0].service).keys() == {"unknown"})
    assert all(pod.version == "" for pod in told.services[0].pods if not pod.ending)
