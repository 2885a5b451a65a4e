"""Where an application can be reached, over API and command, on the real API server."""

from __future__ import annotations

import asyncio

import pytest
from tests.e2e.conftest import Command, Kubectl, Stage, deployment

from cantata.client import Client

pytestmark = pytest.mark.sandbox

WEB = """---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { type: LoadBalancer, selector: { app: web }, ports: [{ name: http, port: 80 }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web }
spec:
  rules:
    - host: shop.example.org
      http:
        paths:
          - { path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }
"""
DEAD = """---
apiVersion: v1
kind: Service
metadata: { name: dead }
spec: { selector: { app: dead }, ports: [{ port: 5432 }] }
"""
FILES = {
    "cantata.yaml": "layout: file\n",
    "templates/web.yaml": deployment("web", more=WEB),
    "templates/dead.yaml": deployment("dead", more=DEAD).replace(
        "spec:\n  selector", "spec:\n  replicas: 0\n  selector"
    ),
}


async def test_addresses_of_an_application_and_of_a_service(
    stage: Stage, client: Client, command: Command, kubectl: Kubectl
) -> None:
    await stage.application(FILES)
    ended = await stage.deploy()
    assert ended is not None
    assert ended.state == "succeeded", ended
    kubectl.run("wait", "service", "web", "-n", stage.name, "--for=jsonpath={.status.loadBalancer.ingress}")
    kubectl.run("wait", "ingress", "web", "-n", stage.name, "--for=jsonpath={.status.loadBalancer.ingress}")
    balancer = kubectl.get("service", "web", "-n", stage.name)["status"]["loadBalancer"]["ingress"][0]["ip"]

    async def found() -> dict[str, tuple[str, str]]:
        every = (await client.addresses.show(stage.name)).addresses
        return {f"{each.service} {each.kind}": (each.address, each.why_not) for each in every}

    async with asyncio.timeout(30):
        while True:
            if (await found()).get("web ingress") == ("http://shop.example.org/", ""):
                break
            await asyncio.sleep(0.1)
    ways = await found()
    assert ways["web load_balancer"] == (f"http://{balancer}", "")
    assert ways["web in_cluster"] == (f"http://web.{stage.name}.svc", "")
    address, why = ways["dead in_cluster"]
    assert address == f"dead.{stage.name}.svc:5432"
    assert "no pod" in why
    assert "web node_port" in ways

    shown = await asyncio.to_thread(command.run, "app", "addresses", stage.name)
    assert f"http://{balancer}" in shown.stdout
    one = await asyncio.to_thread(command.run, "service", "addresses", stage.name, "dead")
    assert "dead.example" not in one.stdout
    assert "no pod of the application" in one.stdout
    assert "shop.example.org" not in one.stdout
    status = await asyncio.to_thread(command.run, "app", "status", stage.name)
    assert "address: web: http://shop.example.org/" in status.stdout
    missing = await asyncio.to_thread(command.run, "service", "addresses", stage.name, "none")
    assert missing.returncode == 3
