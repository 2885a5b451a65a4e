"""Lint beside the real API server: what strict validation refuses is found, and what it takes is not."""

from __future__ import annotations

import asyncio
import copy
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import Kubectl, Stage, chart, deployment

from cantata.cli.chart_archive import read_chart
from cantata.client import Client
from cantata.contract.drafts import LintRequest, ValuesDraft, ValueSetDraft
from cantata.core.model.objects import GVK
from cantata.core.schemas import definitions, validate
from cantata.errors import CantataError
from cantata.kube import KubeCluster

pytestmark = pytest.mark.sandbox

ROOT = Path(__file__).resolve().parents[2]
POD = {"containers": [{"name": "web", "image": "shop:1", "ports": [{"containerPort": 80}]}]}
DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "labels": {"app": "web"}},
    "spec": {
        "replicas": 1,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": POD},
    },
}
SERVICE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}]},
}
SECRET: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "s"},
    "data": {"a": "YQ=="},
}
INGRESS: dict[str, Any] = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "Ingress",
    "metadata": {"name": "web"},
    "spec": {
        "rules": [
            {
                "http": {
                    "paths": [
                        {
                            "path": "/",
                            "pathType": "Prefix",
                            "backend": {"service": {"name": "web", "port": {"number": 80}}},
                        }
                    ]
                }
            }
        ]
    },
}
SCALER: dict[str, Any] = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "web"},
    "spec": {
        "maxReplicas": 3,
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "metrics": [
            {
                "type": "Resource",
                "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
            }
        ],
    },
}
CONFIG: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "c"},
    "data": {"a": "b"},
}
C = ("spec", "template", "spec", "containers", 0)
GONE = object()

SAMPLE: list[tuple[str, dict[str, Any], tuple[str | int, ...], Any, str]] = [
    ("as it is", DEPLOYMENT, (), None, ""),
    ("replicas are text", DEPLOYMENT, ("spec", "replicas"), "3", "field-type"),
    ("replicas are a fraction", DEPLOYMENT, ("spec", "replicas"), 1.5, "field-type"),
    ("replicas are a whole fraction", DEPLOYMENT, ("spec", "replicas"), 2.0, ""),
    ("replicas are null", DEPLOYMENT, ("spec", "replicas"), None, ""),
    ("a misspelt field", DEPLOYMENT, ("spec", "replica"), 3, "field-unknown"),
    ("a field in another case", DEPLOYMENT, (*C, "imagepullpolicy"), "Always", "field-unknown"),
    ("a field too deep", DEPLOYMENT, (*C, "replicas"), 1, "field-unknown"),
    ("a container is no map", DEPLOYMENT, C, "web", "field-type"),
    ("containers are a map", DEPLOYMENT, C[:-1], {"name": "web"}, "field-type"),
    ("a container without a name", DEPLOYMENT, (*C, "name"), GONE, "field-missing"),
    ("a port is text", DEPLOYMENT, (*C, "ports", 0, "containerPort"), "http", "field-type"),
    ("a port without a number", DEPLOYMENT, (*C, "ports", 0), {"name": "http"}, "field-missing"),
    ("a protocol that is none", DEPLOYMENT, (*C, "ports", 0, "protocol"), "tcp", "field-value"),
    ("a pull policy that is none", DEPLOYMENT, (*C, "imagePullPolicy"), "Sometimes", "field-value"),
    ("an annotation is a number", DEPLOYMENT, ("metadata", "annotations"), {"a": 1}, "field-type"),
    ("a label is true", DEPLOYMENT, ("metadata", "labels"), {"a": True}, "field-type"),
    (
        "a variable is a number",
        DEPLOYMENT,
        (*C, "env"),
        [{"name": "A", "value": 1}],
        "field-type",
    ),
    ("a quantity is none", DEPLOYMENT, (*C, "resources"), {"limits": {"cpu": "lots"}}, "field-value"),
    (
        "a quantity is a number",
        DEPLOYMENT,
        (*C, "resources"),
        {"limits": {"cpu": 1.5, "memory": 1000000}},
        "",
    ),
    ("a quantity is true", DEPLOYMENT, (*C, "resources"), {"limits": {"cpu": True}}, "field-type"),
    ("a probe with two kinds of port", DEPLOYMENT, (*C, "readinessProbe"), {"httpGet": {"port": "http"}}, ""),
    ("a probe's port is true", DEPLOYMENT, (*C, "readinessProbe"), {"httpGet": {"port": True}}, "field-type"),
    (
        "a probe without a port",
        DEPLOYMENT,
        (*C, "readinessProbe"),
        {"httpGet": {"path": "/"}},
        "field-missing",
    ),
    ("a command is text", DEPLOYMENT, (*C, "command"), "sh -c true", "field-type"),
    ("an argument is a number", DEPLOYMENT, (*C, "args"), ["--port", 80], "field-type"),
    ("an empty map", DEPLOYMENT, (*C, "resources"), {}, ""),
    ("no selector", DEPLOYMENT, ("spec", "selector"), GONE, "field-missing"),
    ("a service as it is", SERVICE, (), None, ""),
    ("a target port is a number", SERVICE, ("spec", "ports", 0, "targetPort"), 80, ""),
    ("a port without a port", SERVICE, ("spec", "ports", 0, "port"), GONE, "field-missing"),
    ("a port is text", SERVICE, ("spec", "ports", 0, "port"), "80", "field-type"),
    ("a selector is a number", SERVICE, ("spec", "selector", "app"), 1, "field-type"),
    ("a type that is none", SERVICE, ("spec", "type"), "Loadbalancer", "field-value"),
    ("a secret as it is", SECRET, (), None, ""),
    ("data is no base64", SECRET, ("data", "a"), "not base64!", "field-value"),
    ("data is a number", SECRET, ("data", "a"), 1, "field-type"),
    ("an ingress as it is", INGRESS, (), None, ""),
    ("an old backend", INGRESS, ("spec", "backend"), {"serviceName": "a", "servicePort": 1}, "field-unknown"),
    ("no path type", INGRESS, ("spec", "rules", 0, "http", "paths", 0, "pathType"), GONE, "field-missing"),
    ("no backend", INGRESS, ("spec", "rules", 0, "http", "paths", 0, "backend"), GONE, "field-missing"),
    ("a scaler as it is", SCALER, (), None, ""),
    ("no target", SCALER, ("spec", "scaleTargetRef"), GONE, "field-missing"),
    ("no maximum", SCALER, ("spec", "maxReplicas"), GONE, "field-missing"),
    ("a config map as it is", CONFIG, (), None, ""),
    ("data is a map", CONFIG, ("data", "a"), {"b": "c"}, "field-type"),
    ("an unknown field at the top", CONFIG, ("spec",), {}, "field-unknown"),
    ("binary data", CONFIG, ("binaryData",), {"x": "AAE="}, ""),
]
"""Name, object, the field that is changed, its value, and the rule that finds it: what has one must be
refused, and what has none be taken."""

DEFINITION: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "gates.lint.example.com"},
    "spec": {
        "group": "lint.example.com",
        "scope": "Namespaced",
        "names": {"kind": "Gate", "plural": "gates"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "required": ["spec"],
                        "properties": {
                            "spec": {
                                "type": "object",
                                "required": ["port", "mode"],
                                "properties": {
                                    "port": {"type": "integer", "minimum": 1, "maximum": 65535},
                                    "mode": {"type": "string", "enum": ["open", "shut"], "default": "open"},
                                    "target": {"x-kubernetes-int-or-string": True},
                                    "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                                    "closed": {"type": "object"},
                                    "words": {"type": "object", "additionalProperties": {"type": "string"}},
                                    "maybe": {"type": "string", "nullable": True},
                                    "inner": {
                                        "type": "object",
                                        "x-kubernetes-embedded-resource": True,
                                        "properties": {"spec": {"type": "object"}},
                                    },
                                },
                            }
                        },
                    }
                },
            }
        ],
    },
}
GATE: dict[str, Any] = {
    "apiVersion": "lint.example.com/v1",
    "kind": "Gate",
    "metadata": {"name": "gate"},
    "spec": {"port": 80},
}
INNER = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {}}
GATES: list[tuple[str, dict[str, Any], tuple[str | int, ...], Any, str]] = [
    ("as it is", GATE, (), None, ""),
    ("no port", GATE, ("spec",), {"mode": "open"}, "field-missing"),
    ("no spec", GATE, ("spec",), GONE, "field-missing"),
    ("a port that is too large", GATE, ("spec", "port"), 70000, "field-value"),
    ("a port is text", GATE, ("spec", "port"), "80", "field-type"),
    ("a mode that is none", GATE, ("spec", "mode"), "ajar", "field-value"),
    ("a target is a number", GATE, ("spec", "target"), 1, ""),
    ("a target is text", GATE, ("spec", "target"), "a", ""),
    ("a target is a list", GATE, ("spec", "target"), [1], "field-type"),
    ("anything where all is kept", GATE, ("spec", "free"), {"a": {"b": [1]}}, ""),
    ("something where no field is named", GATE, ("spec", "closed"), {"a": 1}, ""),
    ("an unknown field", GATE, ("spec", "prot"), 1, "field-unknown"),
    ("an unknown field at the top", GATE, ("status",), {"a": 1}, "field-unknown"),
    ("a word is a number", GATE, ("spec", "words"), {"a": 1}, "field-type"),
    ("an embedded object", GATE, ("spec", "inner"), INNER, ""),
    ("an unknown field in it", GATE, ("spec", "inner"), {**INNER, "data": {}}, "field-unknown"),
]


def changed(manifest: dict[str, Any], steps: tuple[str | int, ...], value: Any, namespace: str) -> Any:
    found = copy.deepcopy(manifest)
    found["metadata"]["namespace"] = namespace
    if steps:
        inner: Any = found
        for step in steps[:-1]:
            inner = inner[step]
        if value is GONE:
            del inner[steps[-1]]
        else:
            inner[steps[-1]] = value
    return found


async def refusal(cluster: KubeCluster, manifest: Any) -> str:
    """What the API server says of it, empty when it would take it."""
    try:
        await cluster.apply(manifest, manager="lint", force=True, dry_run=True)
    except CantataError as error:
        return f"{error.code}: {error.message}"
    return ""


@pytest.fixture
async def space(cluster: KubeCluster, namespace: str) -> AsyncIterator[str]:
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    await cluster.apply(manifest, manager="lint")
    yield namespace
    await cluster.delete(GVK("", "v1", "Namespace"), "", namespace)


async def test_what_is_found_is_refused_and_what_is_taken_is_not_found(
    cluster: KubeCluster, space: str
) -> None:
    wrong: list[str] = []
    for name, base, steps, value, rule in SAMPLE:
        manifest = changed(base, steps, value, space)
        schemas = await cluster.schemas(manifest["apiVersion"])
        assert schemas is not None
        kind = schemas.find(GVK.of(manifest))
        assert kind is not None
        found = list(validate(manifest, kind))
        theirs = await refusal(cluster, manifest)
        if [each.rule for each in found[:1]] != ([rule] if rule else []):
            wrong.append(f"{name}: found {found}, they say {theirs!r}")
        if bool(rule) != bool(theirs):
            wrong.append(f"{name}: they say {theirs!r}")
    assert not wrong, "\n".join(wrong)


async def test_custom_resources_are_held_against_a_definition_that_is_not_installed_yet(
    cluster: KubeCluster, kubectl: Kubectl, space: str
) -> None:
    own = definitions([DEFINITION])
    ours = {
        name: list(validate(changed(GATE, steps, value, space), own[GVK.of(GATE)]))
        for name, _, steps, value, _ in GATES
    }
    await cluster.apply(DEFINITION, manager="lint")
    try:
        kubectl.run("wait", "crd", "gates.lint.example.com", "--for=condition=Established", "--timeout=20s")
        for _ in range(400):  # Established, and yet it may take a moment until it is served.
            if not await refusal(cluster, changed(GATE, (), None, space)):
                break
            await asyncio.sleep(0.05)
        for name, _, steps, value, rule in GATES:
            manifest = changed(GATE, steps, value, space)
            assert [each.rule for each in ours[name][:1]] == ([rule] if rule else []), name
            theirs = await refusal(cluster, manifest)
            assert bool(theirs) == bool(rule), f"{name}: {theirs}"
    finally:
        await cluster.delete(GVK.of(DEFINITION), "", "gates.lint.example.com")


def charts_at_hand() -> list[Path]:
    """Those of examples/, and the public ones where they are."""
    folder = Path(os.environ.get("CANTATA_TEST_DATA", ROOT.parent / "shared" / "data")) / "charts"
    examples = [path.parent for path in sorted((ROOT / "examples").glob("*/Chart.yaml"))]
    return [*examples, *sorted(folder.glob("*.tgz"))]


async def test_charts_at_hand_have_no_error(client: Client) -> None:
    charts = charts_at_hand()
    assert charts
    for path in charts:
        found = await client.charts.lint(LintRequest(archive=read_chart(path), cluster="default"))
        assert found.chart
        errors = [each for each in found.findings if each.severity == "error"]
        # What no cluster has without the chart's own operator is told rightly.
        assert [each for each in errors if each.rule != "kind-unknown"] == [], path.name


REMOVED = """\
apiVersion: policy/v1beta1
kind: PodDisruptionBudget
metadata: {name: web}
---
apiVersion: nobody.example.com/v1
kind: Nothing
metadata: {name: web}
---
apiVersion: lint.example.com/v1
kind: Gate
metadata: {name: gate}
spec: {port: "80"}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: web
data:
  port: {{ .Values.port }}
"""


async def test_a_chart_is_linted_against_the_cluster(client: Client) -> None:
    files = {
        "values.yaml": "port: http\n",
        "templates/web.yaml": REMOVED,
        "crds/gate.yaml": json.dumps(DEFINITION),
    }
    sets = (ValueSetDraft("bad", texts=(ValuesDraft("bad.yaml", "port: 80\n"),)), ValueSetDraft("good"))
    request = LintRequest(archive=chart("shop", files), sets=sets, cluster="default")
    found = await client.charts.lint(request)
    lines = [
        (each.file, each.line, each.rule, each.sets, each.suggestion)
        for each in found.findings
        if each.severity == "error"
    ]
    fields = "Quote text, and print numbers without quotes."
    assert lines == [
        ("templates/web.yaml", 1, "api-removed", (), "Write apiVersion: policy/v1."),
        (
            *("templates/web.yaml", 5, "kind-unknown", ()),
            "Install what defines this kind, or correct its apiVersion.",
        ),
        ("templates/web.yaml", 12, "field-type", (), fields),
        ("templates/web.yaml", 19, "field-type", ("bad",), fields),
    ]


async def test_a_plan_holds_against_schemas_what_no_dry_run_can_try_yet(stage: Stage) -> None:
    """In a namespace that is still to be made, and of a kind whose definition comes along."""
    group = f"{stage.name}.example.com"
    defined = json.loads(json.dumps(DEFINITION).replace("lint.example.com", group))
    gate = json.dumps({**GATE, "apiVersion": f"{group}/v1", "spec": {"port": 80, "mode": "ajar"}})
    files = {
        "cantata.yaml": "layout: file\n",
        "crds/gate.yaml": json.dumps(defined),
        "templates/gate.yaml": gate,
        "templates/web.yaml": deployment("web").replace(
            "spec:\n  selector", "spec:\n  replica: 3\n  selector"
        ),
    }
    await stage.application(files)
    plan = await stage.client.applications.preview(stage.name)
    why = {item.key.kind: item.unverified for each in plan.services for item in each.objects}
    assert why == {
        "Gate": f"namespace {stage.name} does not exist yet",
        "Deployment": f"namespace {stage.name} does not exist yet",
    }
    told = {(each.rule, each.service, each.key, each.severity) for each in plan.findings}
    assert ("field-unknown", "web", "spec.replica", "error") in told
    assert ("field-value", "gate", "spec.mode", "error") in told
