"""Where an application can be reached, over API and command, on the real API server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

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


DEFINITION = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: PLURAL.gateway.networking.k8s.io
  annotations: { api-approved.kubernetes.io: "https://github.com/kubernetes-sigs/gateway-api" }
spec:
  group: gateway.networking.k8s.io
  scope: Namespaced
  names: { kind: KIND, plural: PLURAL }
  versions:
    - name: v1
      served: true
      storage: true
      subresources: { status: {} }
      schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } }
"""
GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: edge }
spec: { gatewayClassName: any, listeners: [{ name: tls, port: 443, protocol: HTTPS }] }
"""
ROUTED = """---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ name: http, port: 80 }] }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: web }
spec:
  parentRefs: [{ name: edge }]
  hostnames: [shop.example.org]
  rules: [{ backendRefs: [{ name: web, port: 80 }] }]
"""


@pytest.fixture
def gateways(kubectl: Kubectl) -> Iterator[None]:
    """The definitions of the Gateway API without their schemas."""
    names = []
    for kind, plural in (("Gateway", "gateways"), ("HTTPRoute", "httproutes")):
        kubectl.run("apply", "-f", "-", text=DEFINITION.replace("KIND", kind).replace("PLURAL", plural))
        names.append(f"{plural}.gateway.networking.k8s.io")
        kubectl.run("wait", "crd", names[-1], "--for=condition=Established", "--timeout=20s")
    yield
    kubectl.run("delete", "crd", *names)


@pytest.mark.usefixtures("gateways")
async def test_a_route_is_an_address_once_its_gateway_takes_it(
    stage: Stage, client: Client, kubectl: Kubectl, namespace: str
) -> None:
    """A test stands in the place of the gateway's controller."""
    await stage.application(
        {"cantata.yaml": "layout: file\n", "templates/web.yaml": deployment("web", more=ROUTED)}
    )
    ended = await stage.deploy()
    assert ended is not None
    assert ended.state == "succeeded", ended

    async def route(address: str, why: str) -> None:
        async with asyncio.timeout(30):
            while True:
                every = (await client.addresses.show(namespace, "web")).addresses
                if [(each.address, each.why_not) for each in every if each.kind == "route"] == [
                    (address, why)
                ]:
                    return
                await asyncio.sleep(0.1)

    await route("http://shop.example.org", f"there is no gateway {namespace}/edge")
    kubectl.run("apply", "-n", namespace, "-f", "-", text=GATEWAY)
    patch = ["-n", namespace, "--subresource=status", "--type=merge", "-p"]
    given = {"status": {"addresses": [{"value": "198.51.100.9"}]}}
    kubectl.run("patch", "gateways.gateway.networking.k8s.io", "edge", *patch, json.dumps(given))
    await route("https://shop.example.org", "no controller has taken the route up at the gateway edge yet")
    taken = {"parentRef": {"name": "edge"}, "conditions": [{"type": "Accepted", "status": "True"}]}
    told = {"status": {"parents": [taken]}}
    kubectl.run("patch", "httproutes.gateway.networking.k8s.io", "web", *patch, json.dumps(told))
    await route("https://shop.example.org", "")
