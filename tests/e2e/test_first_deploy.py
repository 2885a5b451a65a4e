"""The whole way: template and config become services that are ready, and again without a single write."""

from __future__ import annotations

import pytest
from tests.e2e.conftest import Kubectl, Stage, deployment

pytestmark = pytest.mark.sandbox

TWO = {
    "templates/web.yaml": deployment("web", "{{ .Values.image }}"),
    "templates/api.yaml": deployment("api"),
}


async def test_services_become_ready_and_kubectl_agrees(stage: Stage, kubectl: Kubectl) -> None:
    await stage.application(TWO, "image: web:1\n")
    operation = await stage.deploy()
    assert operation is not None
    assert operation.state == "succeeded", operation
    status = await stage.status()
    assert status.state == "ready"
    assert {service.name: service.state for service in status.services} == {
        "web": "ready",
        "api": "ready",
    }
    found = {each["metadata"]["name"]: each for each in kubectl.items("deployments", "-n", stage.name)}
    assert set(found) == {f"{stage.name}-web", f"{stage.name}-api"}
    assert all(each["status"]["readyReplicas"] == 1 for each in found.values())


async def test_a_second_deploy_writes_nothing(stage: Stage, kubectl: Kubectl) -> None:
    await stage.application(TWO, "image: web:1\n")
    await stage.deploy()
    before = {
        each["metadata"]["uid"]: each["metadata"]["generation"]
        for each in kubectl.items("deployments", "-n", stage.name)
    }
    assert await stage.deploy() is None
    after = {
        each["metadata"]["uid"]: each["metadata"]["generation"]
        for each in kubectl.items("deployments", "-n", stage.name)
    }
    assert after == before
