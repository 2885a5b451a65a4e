"""An application leaves as a chart: plain Helm makes the same pods, and rolls what a value changes."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import Command, Kubectl, Stage
from tests.e2e.test_one_of_ten import shop

from cantata.core.export.same import differences
from cantata.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

WORKLOADS = "deployments,statefulsets,daemonsets,jobs,cronjobs"
TEN = 10


class Helm:
    """The real command, against the sandbox."""

    def __init__(self, sandbox: Sandbox, namespace: str) -> None:
        self._program = str(sandbox.tool("helm"))
        self._where = ["--kubeconfig", str(sandbox.kubeconfig), "--namespace", namespace]

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [self._program, *words, *self._where], capture_output=True, text=True, check=False, timeout=180
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def templates(kubectl: Kubectl, namespace: str) -> list[dict[str, Any]]:
    """The workloads with nothing but their pods, and the config that these read."""
    found = [
        {
            "apiVersion": each["apiVersion"],
            "kind": each["kind"],
            "metadata": {"name": each["metadata"]["name"]},
            "spec": pods_of(each),
        }
        for each in kubectl.items(WORKLOADS, "-n", namespace)
        if not each["metadata"].get("ownerReferences")
    ]
    for each in kubectl.items("configmaps,secrets", "-n", namespace):
        kept = {key: each[key] for key in ("apiVersion", "kind", "data", "immutable") if key in each}
        if each.get("immutable"):
            found.append({**kept, "metadata": {"name": each["metadata"]["name"]}})
    return found


def pods_of(workload: dict[str, Any]) -> Any:
    spec = workload["spec"].get("jobTemplate", workload)["spec"]["template"]
    labels = {
        key: value
        for key, value in spec["metadata"]["labels"].items()
        if key not in ("cantata.dev/application", "controller-uid", "job-name")
        and not key.startswith("batch.kubernetes.io/")
    }
    return {"labels": labels, "spec": spec["spec"]}


def generations(kubectl: Kubectl, namespace: str) -> dict[str, int]:
    return {
        each["metadata"]["name"]: each["metadata"]["generation"]
        for each in kubectl.items("deployments,statefulsets,daemonsets", "-n", namespace)
    }


async def test_helm_installs_the_same_pods_and_rolls_what_a_value_changes(
    stage: Stage, kubectl: Kubectl, command: Command, sandbox: Sandbox, tmp_path: Path
) -> None:
    await shop(stage, "manual")
    chart, release, elsewhere = tmp_path / "shop", stage.name, f"{stage.name}-helm"
    done = command.run("app", "export", stage.name, "--standalone", "--with-secrets", "--to", str(chart))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "checked: Helm makes the same of it" in done.stdout
    values = [str(chart / f"{kind}-{stage.name}.yaml") for kind in ("values", "secrets")]
    given = [word for file in values for word in ("-f", file)]

    helm = Helm(sandbox, elsewhere)
    helm.run("install", release, str(chart), *given, "--create-namespace", "--wait", "--timeout", "150s")
    ours, theirs = templates(kubectl, stage.name), templates(kubectl, elsewhere)
    assert sum(each["kind"] not in ("ConfigMap", "Secret") for each in ours) == TEN
    assert differences(ours, theirs, release) == []

    before = generations(kubectl, elsewhere)
    helm.run("upgrade", release, str(chart), *given, "--set", "catalog.pageSize=12", "--wait")
    after = generations(kubectl, elsewhere)
    assert {name for name in after if after[name] != before[name]} == {"catalog"}
    (catalog,) = (each for each in templates(kubectl, elsewhere) if each["metadata"]["name"] == "catalog")
    (size,) = (
        each for each in catalog["spec"]["spec"]["containers"][0]["env"] if each["name"] == "PAGE_SIZE"
    )
    name = size["valueFrom"]["configMapKeyRef"]["name"]
    assert kubectl.get("configmap", name, "-n", elsewhere)["data"]["catalog.pageSize"] == "12"
    kubectl.run("delete", "namespace", elsewhere, "--wait=false")
