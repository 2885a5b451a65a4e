"""Failure cards of what the API server and admission refuse, many in one application deployed at once."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
from tests.e2e.admission import asking, denying
from tests.e2e.cards import Case, Seen, assert_everywhere, deploy_failing, line_of
from tests.e2e.conftest import Command, Kubectl, Server

from cantata.contract.cards import RemedyInfo
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


@pytest.fixture(scope="module")
def admin(sandbox: Sandbox) -> Kubectl:
    return Kubectl(sandbox)


@pytest.fixture(scope="module")
def refused(server: Server, command: Command, admin: Kubectl, sandbox: Sandbox) -> Seen:
    name = f"refused-{uuid.uuid4().hex[:8]}"
    admin.run("create", "namespace", name)
    admin.run("apply", "-n", name, "-f", "-", text=BOUNDS)
    with denying(sandbox) as webhook:
        admin.run("apply", "-f", "-", text=asking(name, webhook, sandbox))
        try:
            return deploy_failing(server, command, name, CASES, {"values.yaml": VALUES}, "{}\n")
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
    assert_everywhere(refused, service, named(CASES[service], refused.name))
