"""Failure cards of what the API server refuses, each provoked for real."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from tests.e2e.cards import (
    Case,
    Seen,
    assert_printed,
    assert_says,
    line_of,
    look,
    make,
    templates,
    until_ended,
)
from tests.e2e.conftest import DEADLINE, Command, Kubectl, Server, Stage, deployment
from tests.e2e.faults import own_server
from tests.e2e.relay import Relay

from cantata.client import Client
from cantata.contract.cards import FailureCardInfo, RemedyInfo
from cantata.contract.errors import RemoteError
from cantata.sandbox import Sandbox

pytestmark = pytest.mark.sandbox


def pods(name: str, resources: str = "", labels: str = "", replicas: str = "1") -> str:
    return f"""apiVersion: apps/v1
kind: Deployment
metadata: {{ name: {name}, labels: {{ app: {name}{labels} }} }}
spec:
  replicas: {replicas}
  selector: {{ matchLabels: {{ app: {name} }} }}
  template:
    metadata: {{ labels: {{ app: {name} }} }}
    spec:
      containers:
        - name: main
          image: "example.org/{name}:1"
{resources}"""


LIMITED = pods("limited", '          resources: { limits: { memory: "{{ .Values.limited.memory }}" } }\n')
QUOTA = pods(
    "quota",
    '          resources: { requests: { memory: "{{ .Values.quota.memory }}" } }\n',
    replicas="{{ .Values.quota.replicas }}",
)
HOOKED = pods("hooked", labels=", denied: yes-please")
INVALID = pods("invalid").replace("replicas: 1", "replicas: {{ .Values.invalid.replicas }}")
ACCOUNT = pods("account").replace(
    "      containers:", "      serviceAccountName: {{ .Values.account.name }}\n      containers:"
)

CASES = {
    "limited": Case(
        "limit_range",
        LIMITED,
        facts={"maximum": "2Gi memory", "asked": "4Gi", "limit range": "bounds"},
        likely="a Container may have at most 2Gi memory",
        remedies=(RemedyInfo(key="limited.memory", value="4Gi", line=line_of(LIMITED, "limits:")),),
    ),
    "quota": Case(
        "quota",
        QUOTA,
        facts={"quota": "team", "requests.memory": "of 1Gi"},
        likely="quota team is used up",
        remedies=(RemedyInfo(key="quota.memory", value="700Mi"),),
    ),
    "hooked": Case(
        "admission",
        HOOKED,
        "ObjectRefused",
        facts={"webhook": "deny.{name}.example.org", "reason": "not on a Tuesday"},
        likely="does not allow the object",
    ),
    "invalid": Case(
        "invalid",
        INVALID,
        "ObjectInvalid",
        facts={"fields": "spec.replicas"},
        remedies=(RemedyInfo(key="invalid.replicas", value="-1"),),
    ),
    "account": Case(
        "missing_reference",
        ACCOUNT,
        facts={"kind": "ServiceAccount", "name": "robot"},
        likely="the ServiceAccount robot does not exist",
        remedies=(RemedyInfo(key="account.name", value="robot"),),
    ),
}
VALUES = """limited: { memory: 4Gi }
quota: { memory: 700Mi, replicas: 2 }
invalid: { replicas: -1 }
account: { name: robot }
"""
BOUNDS = """
apiVersion: v1
kind: LimitRange
metadata: { name: bounds }
spec:
  limits:
    - type: Container
      max: { memory: 2Gi }
      default: { memory: 1Gi }
      defaultRequest: { memory: 8Mi }
---
apiVersion: v1
kind: ResourceQuota
metadata: { name: team }
spec: { hard: { requests.memory: 1Gi } }
"""


class Denying(BaseHTTPRequestHandler):
    """An admission webhook that denies all that it is asked about."""

    def do_POST(self) -> None:
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = {"message": "not on a Tuesday", "code": 403}
        answer = {"uid": review["request"]["uid"], "allowed": False, "status": status}
        body = json.dumps({**review, "request": None, "response": answer}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def webhook(sandbox: Sandbox) -> Iterator[str]:
    """Its URL; it has the certificate of the sandbox's API server, which is good for loopback."""
    pki = sandbox.kubeconfig.parent / "pki"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki / "server.crt", pki / "server.key")
    served = HTTPServer(("127.0.0.1", 0), Denying)
    served.socket = context.wrap_socket(served.socket, server_side=True)
    thread = threading.Thread(target=served.serve_forever, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{served.server_address[1]}/"
    served.shutdown()
    served.server_close()


def hook(name: str, url: str, sandbox: Sandbox) -> str:
    """Asks the webhook about Deployments of this namespace that say so."""
    authority = base64.b64encode((sandbox.kubeconfig.parent / "pki" / "ca.crt").read_bytes()).decode()
    return json.dumps(
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": name},
            "webhooks": [
                {
                    "name": f"deny.{name}.example.org",
                    "clientConfig": {"url": url, "caBundle": authority},
                    "rules": [
                        {
                            "apiGroups": ["apps"],
                            "apiVersions": ["v1"],
                            "operations": ["CREATE"],
                            "resources": ["deployments"],
                        }
                    ],
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}},
                    "objectSelector": {"matchLabels": {"denied": "yes-please"}},
                    "sideEffects": "None",
                    "admissionReviewVersions": ["v1"],
                    "timeoutSeconds": 2,
                }
            ],
        }
    )


@pytest.fixture(scope="module")
def admin(sandbox: Sandbox) -> Kubectl:
    return Kubectl(sandbox)


@pytest.fixture(scope="module")
def refused(server: Server, command: Command, admin: Kubectl, sandbox: Sandbox, webhook: str) -> Seen:
    name = f"refused-{uuid.uuid4().hex[:8]}"
    admin.run("create", "namespace", name)
    admin.run("apply", "-n", name, "-f", "-", text=BOUNDS)
    admin.run("apply", "-f", "-", text=hook(name, webhook, sandbox))

    async def run() -> Seen:
        async with server.client() as client:
            await make(client, name, {**templates(CASES), "values.yaml": VALUES}, "{}\n")
            deployed = await client.applications.deploy(name)
            assert deployed.operation is not None
            ended = await until_ended(client, deployed.operation)
            assert ended.state == "failed", ended
            return await look(client, command, name, ended)

    try:
        return asyncio.run(run())
    finally:
        admin.run("delete", "validatingwebhookconfiguration", name)


def named(case: Case, name: str) -> Case:
    remedies = tuple(
        RemedyInfo(each.key, each.value, each.origin, 0, each.file.replace("{name}", name), each.line)
        for each in case.remedies
    )
    facts = {key: value.replace("{name}", name) for key, value in case.facts.items()}
    return replace(case, remedies=remedies, facts=facts)


@pytest.mark.parametrize("service", CASES)
def test_what_is_refused_is_explained_everywhere(refused: Seen, service: str) -> None:
    case = named(CASES[service], refused.name)
    for cards in (refused.of_operation, refused.of_events, refused.of_status):
        assert_says(cards[service], case)
    assert_printed(refused.shown, refused.of_status[service])


# --- immutable fields ---------------------------------------------------------------------------------------

STATEFUL = """apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db }
spec:
  serviceName: db
  podManagementPolicy: {{ .Values.db.policy }}
  selector: { matchLabels: { app: db } }
  template:
    metadata: { labels: { app: db } }
    spec: { containers: [{ name: main, image: "db:1" }] }
  volumeClaimTemplates:
    - metadata: { name: data }
      spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
"""
CLAIM = """apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: files }
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: {{ .Values.files.class }}
  resources: { requests: { storage: 1Gi } }
"""
WEB = deployment("web").replace("app: web", "app: {{ .Values.web.name }}")
IMMUTABLE = {
    "cantata.yaml": "layout: file\n",
    "templates/db.yaml": STATEFUL,
    "templates/files.yaml": CLAIM,
    "templates/web.yaml": WEB,
}
BEFORE = "db: { policy: OrderedReady }\nfiles: { class: standard }\nweb: { name: one }\n"
AFTER = "db: { policy: Parallel }\nfiles: { class: other }\nweb: { name: two }\n"


async def test_an_immutable_field_leaves_the_choice_to_recreate(
    stage: Stage, client: Client, command: Command, kubectl: Kubectl
) -> None:
    """Pods and claims of the StatefulSet outlive it; a claim is never made anew."""
    name = stage.name
    await stage.application(IMMUTABLE, BEFORE)
    first = await stage.deploy()
    assert first is not None
    assert first.state == "succeeded"
    pod = kubectl.get("pod", "db-0", "-n", name)["metadata"]["uid"]
    before = {kind: kubectl.get(kind, "-n", name)["items"] for kind in ("deployment", "statefulset", "pvc")}

    await client.configs.edit(name, AFTER)
    ended = await stage.deploy()
    assert ended is not None
    cards = {card.service: card for card in ended.failures}
    assert {card.kind for card in cards.values()} == {"immutable_field"}
    assert "--recreate`. Its pods and claims stay." in cards["db"].advice
    assert f"cantata app deploy {name} web --recreate" in cards["web"].advice
    assert "never made anew" in cards["files"].advice
    assert [remedy.key for remedy in cards["web"].remedies] == ["web.name"]

    done = await asyncio.to_thread(command.run, "app", "deploy", name, "db", "web", "--recreate")
    assert done.returncode == 0, done.stderr
    assert kubectl.get("pod", "db-0", "-n", name)["metadata"]["uid"] == pod
    after = {kind: kubectl.get(kind, "-n", name)["items"] for kind in before}
    assert uids(after["deployment"]).isdisjoint(uids(before["deployment"]))
    assert uids(after["statefulset"]).isdisjoint(uids(before["statefulset"]))
    assert uids(after["pvc"]) == uids(before["pvc"])
    assert after["statefulset"][0]["spec"]["podManagementPolicy"] == "Parallel"

    refused = await asyncio.to_thread(command.run, "app", "deploy", name, "files", "--recreate")
    assert refused.returncode == 9
    assert uids(kubectl.get("pvc", "-n", name)["items"]) == uids(before["pvc"])


def uids(items: list[Any]) -> set[str]:
    return {item["metadata"]["uid"] for item in items}


# --- others, namespaces, permissions ------------------------------------------------------------------------


def only(cards: tuple[FailureCardInfo, ...]) -> FailureCardInfo:
    (card,) = cards
    return card


def facts(card: FailureCardInfo) -> dict[str, str]:
    return {fact.name: fact.value for fact in card.facts}


async def test_what_somebody_else_made_meanwhile_is_a_conflict_with_its_owner(
    stage: Stage, client: Client, kubectl: Kubectl
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
    card = only(ended.failures)
    assert (card.service, card.kind) == ("words", "conflict")
    assert facts(card)["managers"] == "kubectl"
    assert facts(card)["fields"] == ".data.a"


async def test_a_namespace_that_goes_says_what_it_waits_for(
    stage: Stage, namespace: str, kubectl: Kubectl
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
    finally:
        kubectl.run(*held, '{"metadata": {"finalizers": null}}')
    assert ended is not None
    card = only(ended.failures)
    assert card.kind == "namespace_terminating"
    assert "example.org/hold" in facts(card)["waits for"]


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
    stage: Stage, namespace: str, kubectl: Kubectl
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
    card = only(await failures_of_the_next(stage))
    assert (card.service, card.kind) == ("shop", "api_removed")
    assert facts(card)["replacement"] == f"{group}/v1"
    assert [(each.file, each.line) for each in card.remedies] == [(f"{namespace}/templates/shop.yaml", 1)]


async def test_a_kind_whose_definition_goes_wants_it_installed(
    stage: Stage, client: Client, namespace: str, kubectl: Kubectl
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
    card = only((await stage.ended(deployed.operation)).failures)
    assert (card.service, card.kind) == ("shop", "kind_missing")
    assert facts(card) == {"kind": "Shop", "api version": f"{group}/v1"}


async def failures_of_the_next(stage: Stage) -> tuple[FailureCardInfo, ...]:
    """An API server goes on serving a version for a moment: until then the deploy succeeds."""
    async with asyncio.timeout(DEADLINE):
        while True:
            ended = await stage.deploy()
            if ended is not None and ended.failures:
                return ended.failures
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


ROLE = """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: NAME }
rules:
  - { apiGroups: ["*"], resources: ["*"], verbs: [get, list, watch] }
  - { apiGroups: [""], resources: [namespaces, configmaps], verbs: ["*"] }
"""


async def test_a_missing_permission_is_told_as_the_rule_that_is_missing(
    stage: Stage, client: Client, kubectl: Kubectl, namespace: str
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
    card = only(ended.failures)
    assert (card.kind, card.service) == ("forbidden", "web")
    rule = '{ apiGroups: ["apps"], resources: ["deployments"], verbs: ["patch"] }'
    assert facts(card)["missing rule"] == rule
    assert facts(card)["user"] == account
    assert f"Role in namespace {namespace}" in card.advice


# --- what does not answer -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hasty(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Relay]]:
    """A server that gives up after three seconds, and reaches the cluster through a relay that can be cut."""
    kubeconfig = json.loads(Kubectl(sandbox).run("config", "view", "--raw", "-o", "json"))
    server = own_server(tmp_path_factory.mktemp("hasty"), CANTATA_PROGRESS_DEADLINE="3")
    server.start()
    with Relay(kubeconfig["clusters"][0]["cluster"]["server"]) as relay:
        for cluster in kubeconfig["clusters"]:
            cluster["cluster"]["server"] = relay.url

        async def add() -> None:
            async with server.client() as client:
                await client.clusters.add("default", json.dumps(kubeconfig))

        asyncio.run(add())
        yield server, relay
    assert server.stop() == 0, server.log[-4000:]


async def test_a_webhook_that_does_not_answer_is_named(
    hasty: tuple[Server, Relay], sandbox: Sandbox, kubectl: Kubectl, namespace: str
) -> None:
    kubectl.run("create", "namespace", namespace)
    kubectl.run("apply", "-f", "-", text=hook(namespace, "https://127.0.0.1:9/", sandbox))
    try:
        async with hasty[0].client() as client:
            stage = Stage(client, namespace)
            await stage.application({"templates/web.yaml": pods("web", labels=", denied: yes-please")})
            ended = await stage.deploy()
    finally:
        kubectl.run("delete", "validatingwebhookconfiguration", namespace)
    assert ended is not None
    card = only(ended.failures)
    assert card.kind == "admission"
    assert facts(card)["webhook"] == f"deny.{namespace}.example.org"
    assert "does not answer" in card.likely


async def test_a_cluster_that_does_not_answer_is_said_to(hasty: tuple[Server, Relay], namespace: str) -> None:
    server, relay = hasty
    async with server.client() as client:
        stage = Stage(client, namespace)
        slow = "{ sandbox.cantata.dev/behaviour: slow, sandbox.cantata.dev/delay: 2s }"
        files = {
            "cantata.yaml": "layout: file\nservices: { api: { dependsOn: [web] } }\n",
            "templates/web.yaml": deployment("web", "{{ .Values.image }}", pod=slow),
            "templates/api.yaml": deployment("api"),
        }
        await stage.application(files, "image: web:1\n")
        first = await stage.deploy()
        assert first is not None
        assert first.state == "succeeded", first
        await client.configs.edit(namespace, "image: web:2\n")
        deployed = await client.applications.deploy(namespace)
        assert deployed.operation is not None
        relay.cut()
        ended = await stage.ended(deployed.operation)
        status = await stage.status()
        relay.mend()
    assert ended.state == "failed"
    assert "cluster_unreachable" in {card.kind for card in ended.failures}, ended.failures
    for service in status.services:
        assert service.failure is not None
        assert service.failure.kind == "cluster_unreachable"
