"""Failure cards of causes that may heal by themselves: told at once, while the operation waits on."""

from __future__ import annotations

import asyncio
import uuid

import pytest
from tests.e2e.cards import Case, Seen, assert_everywhere, look, make, of_application, pods, templates, until
from tests.e2e.conftest import Command, Server

from cantata.contract.cards import RemedyInfo

pytestmark = pytest.mark.sandbox

IMAGE = '          image: "example.org/any:1"\n'

CPU = pods(
    "cpu",
    "",
    IMAGE + '          resources: { requests: { cpu: "{{ .Values.cpu.request }}" } }\n',
)
SELECTOR = pods("selector", "", IMAGE, spec="      nodeSelector: { disk: {{ .Values.selector.disk }} }\n")
PROBE = pods(
    "probe",
    "probe-fail",
    IMAGE
    + """          readinessProbe:
            httpGet: { path: "{{ .Values.probe.path }}", port: 8080 }
            periodSeconds: 7
""",
)
CLAIM = pods("claim", "", IMAGE, kind="StatefulSet").replace(
    "spec:\n  selector",
    """spec:
  serviceName: claim
  volumeClaimTemplates:
    - metadata: { name: data, annotations: { sandbox.cantata.dev/behaviour: pending } }
      spec:
        accessModes: [ReadWriteOnce]
        storageClassName: {{ .Values.claim.storageClass }}
        resources: { requests: { storage: 7Gi } }
  selector""",
    1,
)
WAITING = {
    "cpu": Case(
        "unschedulable",
        CPU,
        "Unschedulable",
        facts={"cpu requested": "900", "cpu of the largest node": "64", "nodes": "3"},
        likely="no node has 900 cpu free",
        remedies=(RemedyInfo(key="cpu.request", value="900", origin_line=2),),
        terminal=False,
    ),
    "selector": Case(
        "unschedulable",
        SELECTOR,
        "Unschedulable",
        facts={"node selector": "disk=nvme"},
        likely="no node has the labels",
        remedies=(RemedyInfo(key="selector.disk"),),
        terminal=False,
    ),
    "probe": Case(
        "probe",
        PROBE,
        "Unhealthy",
        facts={"probe": "readinessProbe", "path": "/ready", "port": "8080", "period": "7 s"},
        likely="answers 503",
        message="statuscode: 503",
        remedies=(RemedyInfo(key="probe.path", value="/ready"),),
        terminal=False,
    ),
    "claim": Case(
        "volume",
        CLAIM,
        "ProvisioningFailed",
        facts={
            "claim": "data-claim-0",
            "storage class": "fast-ish (does not exist)",
            "access modes": "ReadWriteOnce",
            "capacity": "7Gi",
        },
        likely="the storage class fast-ish does not exist",
        remedies=(RemedyInfo(key="claim.storageClass", value="fast-ish"),),
        terminal=False,
    ),
}
WAITING_VALUES = """selector: { disk: nvme }
probe: { path: /ready }
claim: { storageClass: fast-ish }
cpu: { request: 1 }
"""
WAITING_CONFIG = """cpu:
  request: 900
"""


@pytest.fixture(scope="module")
def hanging(server: Server, command: Command) -> Seen:
    """The operation waits, since all of this may heal; it is cancelled when all of it has been seen."""
    name = f"cards-{uuid.uuid4().hex[:8]}"

    async def run() -> Seen:
        async with server.client() as client:
            await make(client, name, {**templates(WAITING), "values.yaml": WAITING_VALUES}, WAITING_CONFIG)
            deployed = await client.applications.deploy(name)
            assert deployed.operation is not None
            operation = await until(
                client,
                deployed.operation,
                lambda now, _: {card.service for card in now.failures} == WAITING.keys(),
            )
            assert operation.state == "running"
            seen = await look(client, command, name, operation)
            await client.operations.cancel(operation.id)
            return seen

    return asyncio.run(run())


@pytest.mark.parametrize("service", WAITING)
def test_a_cause_that_may_heal_is_explained_everywhere_while_it_lasts(hanging: Seen, service: str) -> None:
    assert_everywhere(hanging, service, of_application(WAITING[service], hanging.name))
