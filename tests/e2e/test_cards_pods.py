"""Failure cards of what pods tell: every cause on the sandbox, many in one application deployed at once."""

from __future__ import annotations

import uuid

import pytest
from tests.e2e.cards import (
    Case,
    Seen,
    assert_everywhere,
    deploy_failing,
    line_of,
    look,
    of_application,
    pods,
)
from tests.e2e.conftest import Command, Kubectl, Server, Stage, deployment

from cantata.client import Client
from cantata.contract.cards import RemedyInfo

pytestmark = pytest.mark.sandbox


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


@pytest.fixture(scope="module")
def failed(server: Server, command: Command) -> Seen:
    name = f"cards-{uuid.uuid4().hex[:8]}"
    return deploy_failing(server, command, name, TERMINAL, {"values.yaml": VALUES}, CONFIG)


@pytest.mark.parametrize("service", TERMINAL)
def test_a_terminal_cause_ends_the_wait_and_is_explained_everywhere(failed: Seen, service: str) -> None:
    assert_everywhere(failed, service, of_application(TERMINAL[service], failed.name))


def test_each_failing_service_is_told_once(failed: Seen) -> None:
    assert sorted(card.service for card in failed.operation.failures) == sorted(TERMINAL)
    assert len(failed.events) == len(failed.of_events), [card.reason for card in failed.events]


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
    stage: Stage, client: Client, command: Command, kubectl: Kubectl
) -> None:
    await stage.application({"templates/before.yaml": HOOK, "templates/web.yaml": deployment("web")})
    ended = await stage.deploy()
    assert ended is not None
    seen = await look(client, command, stage.name, ended)
    assert_everywhere(seen, "", Case("job_failed", HOOK, log="listening"))
    assert kubectl.items("jobs", "-n", stage.name) == []
