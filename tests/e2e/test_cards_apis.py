"""Failure cards of kinds and versions that a cluster does not serve, or serves no longer."""

from __future__ import annotations

import asyncio

import pytest
from tests.e2e.cards import Case, assert_everywhere, facts, look
from tests.e2e.conftest import DEADLINE, Command, Kubectl, Stage, deployment

from cantata.client import Client
from cantata.contract.cards import RemedyInfo
from cantata.contract.errors import RemoteError
from cantata.contract.operations import OperationInfo

pytestmark = pytest.mark.sandbox

DEFINITION = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: shops.GROUP }
spec:
  group: GROUP
  scope: Namespaced
  names: { kind: Shop, plural: shops }
  versions:
    - { name: v1, served: true, storage: true, schema: &any
        { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } } }
    - { name: v1alpha1, served: OLD, storage: false, schema: *any }
"""
SHOP = "apiVersion: GROUP/v1alpha1\nkind: Shop\nmetadata: { name: one }\nspec: { open: true }\n"


async def test_a_version_that_is_served_no_longer_is_told_with_what_serves_the_kind_now(
    stage: Stage, client: Client, command: Command, namespace: str, kubectl: Kubectl
) -> None:
    """Nothing is rendered anew then, so that nobody asks for the kind before the write."""
    group = f"{namespace}.example.org"
    definition = DEFINITION.replace("GROUP", group)
    kubectl.run("apply", "-f", "-", text=definition.replace("OLD", "true"))
    kubectl.run("wait", "crd", f"shops.{group}", "--for=condition=Established", "--timeout=20s")
    files = {"templates/shop.yaml": SHOP.replace("GROUP", group), "cantata.yaml": "layout: file\n"}
    await stage.application(files)
    first = await stage.deploy()
    assert first is not None
    assert first.state == "succeeded"

    kubectl.run("delete", "shops", "--all", "-n", namespace)
    kubectl.run("apply", "-f", "-", text=definition.replace("OLD", "false"))
    seen = await look(client, command, namespace, await next_that_fails(stage))
    line = RemedyInfo(file=f"{namespace}/templates/shop.yaml", line=1)
    case = Case("api_removed", "", facts={"replacement": f"{group}/v1"}, remedies=(line,))
    assert_everywhere(seen, "shop", case)


async def test_a_kind_whose_definition_goes_wants_it_installed(
    stage: Stage, client: Client, command: Command, namespace: str, kubectl: Kubectl
) -> None:
    """After the plan, which looks at definitions, too."""
    group = f"{namespace}.example.org"
    definition = DEFINITION.replace("GROUP", group)
    kubectl.run("apply", "-f", "-", text=definition.replace("OLD", "false"))
    kubectl.run("wait", "crd", f"shops.{group}", "--for=condition=Established", "--timeout=20s")
    slow = "{ sandbox.cantata.dev/behaviour: slow, sandbox.cantata.dev/delay: 4s }"
    files = {
        "templates/web.yaml": deployment("web", pod=slow),
        "templates/shop.yaml": SHOP.replace("GROUP/v1alpha1", f"{group}/v1"),
        "cantata.yaml": "layout: file\nservices: { shop: { dependsOn: [web] } }\n",
    }
    await stage.application(files)
    deployed = await client.applications.deploy(namespace)
    assert deployed.operation is not None
    await asyncio.to_thread(
        kubectl.run, "wait", "deployment", "--all", "-n", namespace, "--for=create", "--timeout=20s"
    )
    kubectl.run("delete", "crd", f"shops.{group}")
    seen = await look(client, command, namespace, await stage.ended(deployed.operation))
    card = assert_everywhere(
        seen, "shop", Case("kind_missing", "", likely="CustomResourceDefinition of Shop")
    )
    assert facts(card) == {"kind": "Shop", "api version": f"{group}/v1"}


async def next_that_fails(stage: Stage) -> OperationInfo:
    """An API server goes on serving a version for a moment: until then the deploy succeeds."""
    async with asyncio.timeout(DEADLINE):
        while True:
            ended = await stage.deploy()
            if ended is not None and ended.failures:
                return ended
            await asyncio.sleep(0.5)


async def test_an_api_that_kubernetes_serves_no_longer_is_refused_with_its_replacement(stage: Stage) -> None:
    """It is noticed when the chart is rendered: there is no operation yet."""
    budget = "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: { name: old }\n"
    await stage.application({"templates/web.yaml": deployment("web"), "templates/old.yaml": budget})
    with pytest.raises(RemoteError) as refused:
        await stage.deploy()
    assert refused.value.code == "KindNotServed"
    assert "any more" in refused.value.message
    assert refused.value.hint == "Write apiVersion: policy/v1 in the template."
    assert refused.value.place.file == f"{stage.name}/templates/old.yaml"
