"""Failure cards of what others own, take away, or do not allow: conflicts, namespaces that go,
permissions."""

from __future__ import annotations

import asyncio
import json

import pytest
from tests.e2e.cards import Case, assert_everywhere, look
from tests.e2e.conftest import Command, Kubectl, Stage, deployment

from cantata.client import Client

pytestmark = pytest.mark.sandbox


async def test_what_somebody_else_made_meanwhile_is_a_conflict_with_its_owner(
    stage: Stage, client: Client, command: Command, kubectl: Kubectl
) -> None:
    """The plan found nothing there; while the first service comes up, somebody makes the second's object."""
    slow = "{ sandbox.cantata.dev/behaviour: slow, sandbox.cantata.dev/delay: 4s }"
    theirs = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: words }\ndata: { a: A }\n"
    files = {
        "cantata.yaml": "layout: file\nservices: { words: { dependsOn: [web] } }\n",
        "templates/web.yaml": deployment("web", pod=slow),
        "templates/words.yaml": theirs.replace("a: A", "a: ours"),
    }
    await stage.application(files)
    deployed = await client.applications.deploy(stage.name)
    assert deployed.operation is not None
    await asyncio.to_thread(
        kubectl.run, "wait", "deployment", "--all", "-n", stage.name, "--for=create", "--timeout=20s"
    )
    kubectl.run("apply", "--server-side", "-n", stage.name, "-f", "-", text=theirs)
    ended = await stage.ended(deployed.operation)
    seen = await look(client, command, stage.name, ended)
    told = {"managers": "kubectl", "fields": ".data.a"}
    assert_everywhere(seen, "words", Case("conflict", "", likely="kubectl has set these fields", facts=told))


async def test_a_namespace_that_goes_says_what_it_waits_for(
    stage: Stage, client: Client, command: Command, namespace: str, kubectl: Kubectl
) -> None:
    kubectl.run("create", "namespace", namespace)
    kubectl.run("create", "configmap", "held", "-n", namespace)
    held = ["patch", "configmap", "held", "-n", namespace, "--type=merge", "-p"]
    kubectl.run(*held, '{"metadata": {"finalizers": ["example.org/hold"]}}')
    await stage.application({"templates/web.yaml": deployment("web")})
    kubectl.run("delete", "namespace", namespace, "--wait=false")
    kubectl.run(
        "wait", "namespace", namespace, "--for=condition=NamespaceFinalizersRemaining", "--timeout=30s"
    )
    try:
        ended = await stage.deploy()
        assert ended is not None
        seen = await look(client, command, namespace, ended)
    finally:
        kubectl.run(*held, '{"metadata": {"finalizers": null}}')
    case = Case("namespace_terminating", "", facts={"waits for": "example.org/hold"})
    assert_everywhere(seen, ended.failures[0].service, case)


ROLE = """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: NAME }
rules:
  - { apiGroups: ["*"], resources: ["*"], verbs: [get, list, watch] }
  - { apiGroups: [""], resources: [namespaces, configmaps], verbs: ["*"] }
"""


async def test_a_missing_permission_is_told_as_the_rule_that_is_missing(
    stage: Stage, client: Client, command: Command, kubectl: Kubectl, namespace: str
) -> None:
    kubectl.run("apply", "-f", "-", text=ROLE.replace("NAME", namespace))
    kubectl.run("create", "serviceaccount", namespace, "-n", "default")
    account = f"system:serviceaccount:default:{namespace}"
    kubectl.run("create", "clusterrolebinding", namespace, f"--clusterrole={namespace}", f"--user={account}")
    token = kubectl.run("create", "token", namespace, "-n", "default").strip()
    shown = json.loads(kubectl.run("config", "view", "--raw", "-o", "json"))
    shown["users"] = [{"name": each["name"], "user": {"token": token}} for each in shown["users"]]
    await client.clusters.add(namespace, json.dumps(shown))
    await stage.application({"templates/web.yaml": deployment("web")}, cluster=namespace)
    ended = await stage.deploy()
    assert ended is not None
    rule = '{ apiGroups: ["apps"], resources: ["deployments"], verbs: ["patch"] }'
    case = Case(
        "forbidden",
        "",
        facts={"missing rule": rule, "user": account},
        advice=f"Role in namespace {namespace}",
    )
    assert_everywhere(await look(client, command, namespace, ended), "web", case)
