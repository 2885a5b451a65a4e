"""For random documents the three renderings agree with what a real API server carries, or are flagged."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from tests.core.delivery.documents import random_document
from tests.core.delivery.kubelet import Seen, contents, see
from tests.core.delivery.test_parity import check_key
from tests.e2e.conftest import Command, Kubectl, Stage, deployment

from cantata.contract.parity import ServiceParityInfo

pytestmark = pytest.mark.sandbox

SPEC = """
layout: file
numbers: NUMBERS
config: shop-config
services:
  web:
    delivery:
      - { as: env }
      - { as: file, mountPath: /etc/app, directory: true }
      - { as: file, mountPath: /etc/all.yaml, format: yaml }
      - { as: file, mountPath: /etc/all.json, format: json }
      - { as: file, mountPath: /etc/all.env, format: dotenv }
"""
POD = """
            envFrom: [{ prefix: NATIVE_, configMapRef: { name: shop-config } }],
            volumeMounts: [{ name: native, mountPath: /etc/native }] }
      volumes: [{ name: native, configMap: { name: shop-config } }]
"""
WEB = deployment("web").replace('image: "web:1" }\n', f'image: "web:1",{POD}')
PRINTED = """---
apiVersion: v1
kind: ConfigMap
metadata: { name: "{{ .Release.Name }}-printed" }
data:
{{- define "leaves" }}
{{- range $key, $value := .map }}
{{- if and (kindIs "map" $value) $value }}
{{- include "leaves" (dict "map" $value "path" (append $.path $key)) }}
{{- else if not (kindIs "invalid" $value) }}
  {{ join "." (append $.path $key) | replace "/" "-" | quote }}: {{ $value | toString | toJson }}
{{- end }}
{{- end }}
{{- end }}
{{- include "leaves" (dict "map" .Values "path" list) }}
"""


@pytest.mark.parametrize(("seed", "numbers"), [(1, "helm"), (2, "exact"), (3, "helm")])
async def test_what_pods_see_is_what_templates_print_or_is_flagged(
    seed: int, numbers: str, stage: Stage, kubectl: Kubectl
) -> None:
    text = random_document(Random(seed), 28)
    files = {
        "cantata.yaml": SPEC.replace("NUMBERS", numbers),
        "values.yaml": "kubernetes.io/arch: arm\nhost: of-the-chart\n",
        "templates/web.yaml": WEB + PRINTED,
    }
    await stage.application(files, text)
    assert (operation := await stage.deploy()) is not None
    assert operation.state == "succeeded", operation
    (shown,) = (await stage.client.applications.parity(stage.name)).services
    seen, printed = at_the_api_server(kubectl, stage.name)
    check(shown, seen, printed)
    assert "hunter2" not in json.dumps([flag.message for key in shown.keys for flag in key.flags])


def at_the_api_server(kubectl: Kubectl, namespace: str) -> tuple[Seen, dict[str, str]]:
    (pod,) = [
        each["spec"]
        for each in kubectl.items("pods", "-n", namespace)
        if not each["metadata"].get("deletionTimestamp")
    ]
    objects = [*kubectl.items("configmaps", "-n", namespace), *kubectl.items("secrets", "-n", namespace)]
    data = contents(objects)
    return see(pod, pod["containers"][0], data), data["ConfigMap", f"{namespace}-printed"]


def check(shown: ServiceParityInfo, seen: Seen, printed: dict[str, str]) -> None:
    keys = {key.key.replace("/", "-"): key for key in shown.keys}
    assert set(printed) <= keys.keys()
    for name, key in keys.items():
        check_key(key, seen)
        assert key.secret or printed.get(name, "") == key.variable.text, key
        leaks = key.secret and key.environment and printed[name] == seen.environment[key.environment[0].name]
        assert not leaks or "secret-in-plain" in {flag.rule for flag in key.flags}, key


async def test_the_command_shows_a_table_with_masks_and_flags(stage: Stage, command: Command) -> None:
    files: dict[str, Any] = {
        "cantata.yaml": "layout: file\nservices: { web: { delivery: [{ as: env }] } }\n",
        "templates/web.yaml": deployment("web"),
        "templates/api.yaml": deployment("api"),
    }
    await stage.application(files, "rate: 1.50\npassword: !secret hunter2-hunter2\nnone: ~\n")
    done = command.run("app", "parity", stage.name, "web")
    assert done.returncode == 0, done
    rows = {line.split()[1]: line for line in done.stdout.splitlines()[1:] if line.startswith("web")}
    assert rows.keys() == {"rate", "password", "none"}
    assert rows["rate"].split()[2:] == ["number", "1.5", "RATE", "1.50", "renamed,", "retyped"]
    assert rows["password"].split()[2:] == ["string", "****", "PASSWORD", "****", "renamed"]
    assert "warning: web: rate: templates print 1.5, there it is 1.50" in done.stdout
    assert "hunter2" not in done.stdout + command.run("app", "parity", stage.name, "-o", "json").stdout
    unknown = command.run("app", "parity", stage.name, "queue")
    assert (unknown.returncode, "queue" in unknown.stderr) == (3, True)
