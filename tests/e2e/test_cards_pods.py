"""Failure cards of what pods tell: every cause on the sandbox, many in one application deployed at once."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace

import msgspec
import pytest
from tests.e2e.cards import (
    Case,
    Seen,
    assert_printed,
    assert_says,
    deploy_failing,
    line_of,
    look,
    make,
    templates,
    until,
)
from tests.e2e.conftest import Command, Kubectl, Server, Stage, deployment

from cantata.contract.cards import RemedyInfo

pytestmark = pytest.mark.sandbox


def pods(
    name: str, behaviour: str, container: str, more: str = "", spec: str = "", kind: str = "Deployment"
) -> str:
    """A workload whose pods behave so; `container` are further lines of its container, `spec` of its pods."""
    annotations = f'sandbox.cantata.dev/behaviour: "{behaviour}"{more}'
    return f"""apiVersion: apps/v1
kind: {kind}
metadata: {{ name: {name} }}
spec:
  selector: {{ matchLabels: {{ app: {name} }} }}
  template:
    metadata:
      annotations: {{ {annotations} }}
      labels: {{ app: {name} }}
    spec:
{spec}      containers:
        - name: main
{container}"""


IMAGE = '          image: "example.org/any:1"\n'

PULL = pods(
    "pull",
    "image-pull-error",
    '          image: "{{ .Values.pull.image.repository }}:{{ .Values.pull.image.tag }}"\n',
)
SECRET = pods("secret", "image-pull-error", IMAGE, spec="      imagePullSecrets: [{ name: regcred }]\n")
CRASH = pods("crash", "crash-loop", '          image: "example.org/crash:{{ .Values.crash.tag }}"\n')
MEMORY = pods(
    "memory",
    "oom",
    IMAGE + "          resources:\n{{ toYaml .Values.memory.resources | indent 12 }}\n",
)
REFERENCE = pods(
    "reference",
    "waiting",
    IMAGE + "          envFrom:\n            - configMapRef: { name: not-there }\n",
    more=""", sandbox.cantata.dev/message: 'configmap "not-there" not found'""",
)
KEY = pods(
    "key",
    "waiting",
    IMAGE
    + """          env:
            - name: COLOUR
              valueFrom: { configMapKeyRef: { name: paints, key: {{ .Values.key.colour }} } }
""",
    more=', sandbox.cantata.dev/message: "couldn\'t find key blue-ish in ConfigMap any/paints"',
)
COMMAND = pods(
    "command",
    "waiting",
    IMAGE + '          command: ["{{ .Values.command.program }}"]\n',
    more=", sandbox.cantata.dev/reason: RunContainerError"
    ", sandbox.cantata.dev/message: 'exec: \"/no/such/program\": no such file or directory'",
)
JOB = """apiVersion: batch/v1
kind: Job
metadata: { name: job }
spec:
  backoffLimit: 0
  template:
    metadata: { annotations: { sandbox.cantata.dev/behaviour: job-fail } }
    spec:
      restartPolicy: Never
      containers:
        - name: main
          image: "example.org/job:{{ .Values.job.tag }}"
"""

VALUES = """
pull: { image: { repository: registry.example.org/shop/pull, tag: "1.0" } }
crash: { tag: "2.1.7" }
memory: { resources: { limits: { memory: 64Mi }, requests: { memory: 32Mi } } }
key: { colour: blue-ish }
command: { program: /no/such/program }
job: { tag: "3.0.0" }
"""
CONFIG = """pull:
  image:
    tag: "9.9"
crash:
  word: !secret fatal
"""

TERMINAL = {
    "pull": Case(
        "image_pull",
        PULL,
        "ImagePull",
        facts={"image": "registry.example.org/shop/pull:9.9"},
        likely="does not exist",
        remedies=(
            RemedyInfo(
                key="pull.image.tag",
                value="9.9",
                origin="config {name}@1",
                origin_line=3,
                file="{name}/templates/pull.yaml",
                line=line_of(PULL, "image:"),
            ),
            RemedyInfo(key="pull.image.repository", origin="values.yaml of {name}"),
        ),
    ),
    "secret": Case(
        "pull_secret",
        SECRET,
        "ImagePull",
        facts={"missing secret": "regcred"},
        likely="pull secret regcred does not exist",
        remedies=(RemedyInfo(file="{name}/templates/secret.yaml", line=line_of(SECRET, "regcred")),),
    ),
    "crash": Case(
        "crash_loop",
        CRASH,
        facts={"exit code": "1"},
        likely="its last lines say why",
        log="****: the process gives up",
        remedies=(RemedyInfo(key="crash.tag", value="2.1.7"),),
    ),
    "memory": Case(
        "out_of_memory",
        MEMORY,
        facts={"memory limit": "64Mi", "memory request": "32Mi"},
        likely="limit of 64Mi",
        remedies=(
            RemedyInfo(
                key="memory.resources.limits.memory",
                value="64Mi",
                file="{name}/templates/memory.yaml",
                line=line_of(MEMORY, "toYaml"),
            ),
        ),
    ),
    "reference": Case(
        "missing_reference",
        REFERENCE,
        "CreateContainerConfigError",
        facts={"kind": "ConfigMap", "name": "not-there"},
        likely="the ConfigMap not-there does not exist",
        remedies=(
            RemedyInfo(file="{name}/templates/reference.yaml", line=line_of(REFERENCE, "configMapRef")),
        ),
    ),
    "key": Case(
        "missing_reference",
        KEY,
        "CreateContainerConfigError",
        facts={"key": "blue-ish", "name": "paints"},
        likely="the ConfigMap paints has no key blue-ish",
        remedies=(RemedyInfo(key="key.colour", file="{name}/templates/key.yaml", line=line_of(KEY, "key:")),),
    ),
    "command": Case(
        "container_start",
        COMMAND,
        "RunContainerError",
        facts={"command": "/no/such/program"},
        likely="cannot be run",
        remedies=(RemedyInfo(key="command.program"),),
    ),
    "job": Case(
        "job_failed",
        JOB,
        "BackoffLimitExceeded",
        facts={"exit code": "1", "back off limit": "0"},
        log="listening",
        remedies=(RemedyInfo(key="job.tag"),),
    ),
}


def of_application(case: Case, name: str) -> Case:
    """With the application's name where the case says `{name}`."""
    remedies = tuple(
        msgspec.structs.replace(
            each, origin=each.origin.replace("{name}", name), file=each.file.replace("{name}", name)
        )
        for each in case.remedies
    )
    return replace(case, remedies=remedies)


@pytest.fixture(scope="module")
def failed(server: Server, command: Command) -> Seen:
    name = f"cards-{uuid.uuid4().hex[:8]}"
    return deploy_failing(server, command, name, TERMINAL, {"values.yaml": VALUES}, CONFIG)


@pytest.mark.parametrize("service", TERMINAL)
def test_a_terminal_cause_ends_the_wait_and_is_explained_everywhere(failed: Seen, service: str) -> None:
    case = of_application(TERMINAL[service], failed.name)
    for cards in (failed.of_operation, failed.of_events, failed.of_status):
        assert_says(cards[service], case)
    assert_printed(failed.shown, failed.of_status[service])


def test_each_failing_service_is_told_once(failed: Seen) -> None:
    assert sorted(card.service for card in failed.operation.failures) == sorted(TERMINAL)
    assert len(failed.events) == len(failed.of_events), [card.reason for card in failed.events]


def test_the_command_shows_the_cards_of_an_operation(failed: Seen, command: Command) -> None:
    shown = command.run("operation", "show", failed.operation.id)
    for card in failed.operation.failures:
        assert_printed(shown.stdout, card)


HOOK = """apiVersion: batch/v1
kind: Job
metadata:
  name: before
  annotations: { helm.sh/hook: pre-install, helm.sh/hook-delete-policy: "before-hook-creation,hook-failed" }
spec:
  backoffLimit: 0
  template:
    metadata: { annotations: { sandbox.cantata.dev/behaviour: job-fail } }
    spec:
      restartPolicy: Never
      containers: [{ name: main, image: "before:1" }]
"""


async def test_a_failed_hook_is_the_applications_and_its_log_is_read_before_it_goes(
    stage: Stage, kubectl: Kubectl
) -> None:
    await stage.application({"templates/before.yaml": HOOK, "templates/web.yaml": deployment("web")})
    ended = await stage.deploy()
    assert ended is not None
    (card,) = ended.failures
    assert (card.service, card.kind) == ("", "job_failed")
    assert "listening" in card.log
    assert kubectl.items("jobs", "-n", stage.name) == []


# --- causes that may heal by themselves --------------------------------------------------------------------

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
                lambda _, status: all(service.failure for service in status.services),
            )
            assert operation.state == "running"
            seen = await look(client, command, name, operation)
            await client.operations.cancel(operation.id)
            return seen

    return asyncio.run(run())


@pytest.mark.parametrize("service", WAITING)
def test_a_cause_that_may_heal_is_explained_while_it_lasts(hanging: Seen, service: str) -> None:
    case = of_application(WAITING[service], hanging.name)
    assert_says(hanging.of_status[service], case)
    assert_printed(hanging.shown, hanging.of_status[service])


@pytest.mark.parametrize("service", ["cpu", "selector"])
def test_what_keeps_a_service_from_coming_up_is_an_event_at_once(hanging: Seen, service: str) -> None:
    assert_says(hanging.of_events[service], of_application(WAITING[service], hanging.name))
