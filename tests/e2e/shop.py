"""Three services that depend on each other, web on api on db, on the real API server."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.e2e.conftest import DEADLINE, Kubectl, Stage, deployment

from cantata.contract.operations import DeployedInfo, OperationInfo

RESTARTED = "kubectl.kubernetes.io/restartedAt"
CLAIM = """---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: "{{ .Release.Name }}-data" }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: "{{ .Release.Name }}-settings" }
data: { image: "{{ .Values.db }}" }
"""
SPEC = """layout: file
services:
  api: { dependsOn: [db] }
  web: { dependsOn: [api] }
"""
MOUNT = 'envFrom: [{ configMapRef: { name: "{{ .Release.Name }}-settings" } }] }'


def workload(name: str, more: str = "") -> str:
    text = deployment(name, f"{{{{ .Values.{name} }}}}", more)
    return text.replace("spec:\n  selector", "spec:\n  replicas: 2\n  selector", 1)


FILES = {
    "cantata.yaml": SPEC,
    "templates/db.yaml": workload("db", CLAIM).replace(' }}" }', f' }}}}", {MOUNT}', 1),
    "templates/api.yaml": workload("api"),
    "templates/web.yaml": workload("web"),
}
CONFIG = "db: db:1\napi: api:1\nweb: web:1\n"


class World:
    """The Deployments of the namespace, by their names without the release."""

    def __init__(self, kubectl: Kubectl, stage: Stage) -> None:
        self._found = {
            each["metadata"]["name"].removeprefix(f"{stage.name}-"): each
            for each in kubectl.items("deployments", "-n", stage.name)
        }

    @property
    def generations(self) -> dict[str, int]:
        return {name: each["metadata"]["generation"] for name, each in self._found.items()}

    def spec(self, service: str) -> dict[str, Any]:
        spec: dict[str, Any] = self._found[service]["spec"]
        return spec

    def replicas(self, service: str) -> int:
        return int(self.spec(service)["replicas"])

    def image(self, service: str) -> str:
        return str(self.spec(service)["template"]["spec"]["containers"][0]["image"])

    def restarted(self, service: str) -> str:
        metadata = self.spec(service)["template"]["metadata"]
        return str(metadata.get("annotations", {}).get(RESTARTED, ""))

    def changed_since(self, before: World) -> set[str]:
        mine, theirs = self.generations, before.generations
        return {name for name in mine.keys() | theirs.keys() if mine.get(name) != theirs.get(name)}


class Shop:
    """Three services that depend on each other, deployed."""

    def __init__(self, stage: Stage, kubectl: Kubectl) -> None:
        self.stage = stage
        self.name = stage.name
        self.services = stage.client.services
        self._kubectl = kubectl

    def world(self) -> World:
        return World(self._kubectl, self.stage)

    async def done(self, deployed: DeployedInfo) -> OperationInfo:
        assert deployed.operation is not None
        operation = await self.stage.ended(deployed.operation)
        assert operation.state == "succeeded", operation
        return operation

    async def ask(self, verb: Any, *services: str, **more: Any) -> OperationInfo:
        return await self.done(await self.services.ask(verb, self.name, services, **more))

    async def states(self) -> dict[str, str]:
        return {each.name: each.state for each in (await self.stage.status()).services}

    async def until(self, **wanted: str) -> None:
        """Until the services are in these states: watches run behind the operation by a moment."""
        async with asyncio.timeout(DEADLINE):
            while True:
                if not wanted.items() - (await self.states()).items():
                    return
                await asyncio.sleep(0.05)

    async def until_outdated(self, **wanted: str) -> None:
        async with asyncio.timeout(DEADLINE):
            while True:
                services = (await self.stage.status()).services
                if {each.name: each.outdated for each in services if each.outdated} == wanted:
                    return
                await asyncio.sleep(0.05)

    async def nothing_to_do(self) -> bool:
        return await self.stage.deploy() is None


async def deployed_shop(stage: Stage, kubectl: Kubectl) -> Shop:
    await stage.application(FILES, CONFIG)
    operation = await stage.deploy()
    assert operation is not None
    assert operation.state == "succeeded", operation
    return Shop(stage, kubectl)
