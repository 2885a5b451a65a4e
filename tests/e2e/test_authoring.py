"""A new template as it is written, on a real cluster; and its services renamed where they run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import Command, Kubectl, Stage

from cantata.contract.applications import ApplicationDraft
from cantata.contract.template_edits import TemplateServiceRenameRequest

pytestmark = pytest.mark.sandbox


def pods(kubectl: Kubectl, namespace: str) -> dict[str, str]:
    """Which pods run, by their names."""
    return {
        each["metadata"]["name"]: each["metadata"]["uid"] for each in kubectl.items("pods", "-n", namespace)
    }


def started(kubectl: Kubectl, namespace: str, service: str) -> str:
    found = kubectl.items("pods", "-n", namespace, "-l", f"app.kubernetes.io/name={service}")
    return min(str(pod["metadata"]["creationTimestamp"]) for pod in found)


async def test_a_new_template_runs_as_it_is_and_its_services_change_their_names(
    stage: Stage, kubectl: Kubectl, command: Command, tmp_path: Path
) -> None:
    name, folder = stage.name, tmp_path / "shop"
    for words in (
        ("new", str(folder), "--name", name, "--service", "api", "--service", "web"),
        ("service", "add", str(folder), "migrate", "--kind", "job", "--depends-on", "web"),
        ("service", "add", str(folder), "db", "--kind", "statefulset", "--depends-on", "migrate:completed"),
        ("import", name, str(folder), "--strict"),
    ):
        done = command.run("template", *words)
        assert done.returncode == 0, done.stderr
    assert "finding" not in done.stdout
    await stage.client.configs.create(name, "logLevel: debug\nsettings: { greeting: Good day }\n")
    await stage.client.applications.create(
        ApplicationDraft(
            name=name,
            template=name,
            config=name,
            create_namespace=True,
            service_overrides={"web": "web: { replicas: 2 }\n"},
        )
    )
    operation = await stage.deploy()
    assert operation is not None
    assert operation.state == "succeeded", operation.error
    status = await stage.status()
    assert {each.name: each.state for each in status.services} == dict.fromkeys(
        ("api", "web", "migrate", "db"), "ready"
    )
    assert started(kubectl, name, "api") <= started(kubectl, name, "web") <= started(kubectl, name, "migrate")
    web = kubectl.get("deployment", f"{name}-web", "-n", name)["spec"]["template"]["spec"]
    assert delivered(kubectl, name, web) == {
        "LOG_LEVEL": "debug",
        "/etc/" + name + "/settings.yaml": 'greeting: "Good day"\nuploadLimit: 1000000\n',
    }

    running = pods(kubectl, name)
    for old, new in (("api", "back"), ("back", "core")):
        await stage.client.templates.rename_service(name, old, TemplateServiceRenameRequest(new))
        operation = await stage.deploy()
        assert operation is None or operation.state == "succeeded"
        assert pods(kubectl, name) == running
    status = await stage.status()
    assert {each.name: each.state for each in status.services} == dict.fromkeys(
        ("core", "web", "migrate", "db"), "ready"
    )
    found = await stage.client.templates.show(name)
    assert (found.number, found.chart_version) == (3, "0.1.2")

    text = found.values_text.replace("replicas: 1\n", "replicas: 3\n")
    await stage.client.templates.edit(name, {"values.yaml": text})
    done = command.run("template", "diff", f"{name}@1", name, "--app", name, "--exit-code")
    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()
    assert "~ file templates/api.yaml → templates/core.yaml (+5 -5 lines)" in lines
    assert lines[lines.index("service core (was api)") :] == [
        "service core (was api)",
        f"  ~ update Deployment {name}/{name}-api",
        "      spec.replicas: 1 → 3",
        "service db",
        f"  ~ update StatefulSet {name}/{name}-db",
        "      spec.replicas: 1 → 3",
    ], done.stdout


def delivered(kubectl: Kubectl, namespace: str, pod: Any) -> dict[str, str]:
    """Environment and files of the only container, as its pods see them."""
    (container,) = pod["containers"]
    maps = {each["metadata"]["name"]: each["data"] for each in kubectl.items("configmaps", "-n", namespace)}
    found = {
        each["name"]: maps[each["valueFrom"]["configMapKeyRef"]["name"]][
            each["valueFrom"]["configMapKeyRef"]["key"]
        ]
        for each in container["env"]
    }
    (mount,) = container["volumeMounts"]
    (volume,) = pod["volumes"]
    (item,) = volume["configMap"]["items"]
    return found | {mount["mountPath"]: maps[volume["configMap"]["name"]][item["key"]]}
