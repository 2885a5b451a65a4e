"""An application and its clone, beside each other on one cluster."""

from __future__ import annotations

import pytest
from tests.e2e.conftest import Command, Kubectl, Stage, deployment

pytestmark = pytest.mark.sandbox

FILES = {
    "values.yaml": "replicas: 1\n",
    "templates/web.yaml": deployment("web").replace("spec:", "spec:\n  replicas: {{ .Values.replicas }}", 1),
}


def spec(kubectl: Kubectl, namespace: str, name: str) -> tuple[int, int]:
    """Generation and replicas."""
    found = kubectl.get("deployment", f"{name}-web", "-n", namespace)
    return found["metadata"]["generation"], found["spec"]["replicas"]


async def test_a_clone_is_deployed_beside_its_source(
    stage: Stage, kubectl: Kubectl, command: Command
) -> None:
    name, clone = stage.name, f"{stage.name}-two"
    await stage.application(FILES, "replicas: 1\n")
    await stage.deploy()
    await stage.client.configs.create(clone, "replicas: 2\n")
    made = command.run("app", "clone", name, clone, "--config", clone, "--create-namespace")
    assert made.returncode == 0, made.stderr
    await Stage(stage.client, clone).deploy()
    assert spec(kubectl, clone, clone) == (1, 2)
    assert spec(kubectl, name, name) == (1, 1)
    assert await stage.deploy() is None
