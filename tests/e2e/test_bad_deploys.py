"""Deploys that cannot be: refused before the first write, with what runs left alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.e2e.conftest import Command, Kubectl, Stage, chart, deployment
from tests.e2e.refusals import Refusal, nothing_happens, refused

from cantata.errors import Category

pytestmark = pytest.mark.sandbox

INVALID, LIMIT, CONFLICT = Category.INVALID, Category.LIMIT, Category.CONFLICT
NOT_FOUND = Category.NOT_FOUND
MIB = 1 << 20
WEB = {"templates/web.yaml": deployment("web")}


def annotated(name: str, annotation: str, value: str) -> str:
    metadata = f'metadata: {{ annotations: {{ {annotation}: "{value}" }}, name: '
    return deployment(name).replace("metadata: { name: ", metadata, 1)


def depends(name: str, value: str) -> str:
    return annotated(name, "cantata.dev/depends-on", value)


CONFIG_MAP = '---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: "{{ .Release.Name }}-data" }\n'
THREE_LOOPS = "{{ range until 10000 }}" * 3 + "{{ end }}" * 3
GROWING = '{{ $text := repeat 65536 "0123456789" }}{{ repeat 65536 $text }}'
"""In one step, so that it does not depend on how busy the machine is whether time or memory ends first."""
FLOOD = '{{ range until 1000 }}{{ repeat 65536 "x" }}{{ end }}'
RELEASE = "release NAME"


@dataclass(frozen=True)
class BadDeploy:
    """A chart that can be imported, with what makes its deploy impossible."""

    refusal: Refusal
    files: dict[str, str]
    config: str = "{}\n"
    draft: dict[str, Any] = field(default_factory=dict)


DEPLOYS: dict[str, BadDeploy] = {
    "a template that does not parse": BadDeploy(
        Refusal("TemplateFailed", INVALID, "NAME/templates/bad.yaml:2", "", RELEASE, "Correct the template"),
        {**WEB, "templates/bad.yaml": "a: 1\nb: {{ if }}\n"},
    ),
    "a template that fails": BadDeploy(
        Refusal("TemplateFailed", INVALID, "NAME/templates/bad.yaml:1:7", "set a host", RELEASE, "the value"),
        {**WEB, "templates/bad.yaml": 'a: {{ required "set a host" .Values.host }}\n'},
    ),
    "an endless loop": BadDeploy(
        Refusal("RenderTimedOut", LIMIT, "", "longer than 5 s", RELEASE, "Look for a loop"),
        {**WEB, "templates/bad.yaml": THREE_LOOPS},
    ),
    "memory without end": BadDeploy(
        Refusal("RenderOutOfMemory", LIMIT, "", "MiB of memory", RELEASE, "Look for text"),
        {**WEB, "templates/bad.yaml": GROWING},
    ),
    "output without end": BadDeploy(
        Refusal("RenderTooLarge", LIMIT, "", "allowed are 33554432", RELEASE, "Render less"),
        {**WEB, "templates/bad.yaml": FLOOD},
    ),
    "output that is no YAML": BadDeploy(
        Refusal(
            "ManifestInvalid", INVALID, "NAME/templates/bad.yaml:3:11", "not YAML", RELEASE, "indentation"
        ),
        {**WEB, "templates/bad.yaml": "apiVersion: v1\nkind: ConfigMap\n  metadata: {}\n"},
    ),
    "output that is no object": BadDeploy(
        Refusal("ManifestInvalid", INVALID, "NAME/templates/bad.yaml", "no kind", RELEASE),
        {**WEB, "templates/bad.yaml": "metadata: { name: x }\n"},
    ),
    "values that the schema refuses": BadDeploy(
        Refusal(
            "ValuesRejected", INVALID, "config NAME@1:1 (replicas)", "replicas", RELEASE, "Correct the values"
        ),
        {**WEB, "values.schema.json": '{"properties": {"replicas": {"type": "integer"}}}'},
        "replicas: three\n",
    ),
    "a chart for another Kubernetes": BadDeploy(
        Refusal("ChartIncompatible", INVALID, "Chart.yaml (kubeVersion)", "1.99", RELEASE, "Choose"),
        {**WEB, "Chart.yaml": 'apiVersion: v2\nname: shop\nversion: 1.0.0\nkubeVersion: ">=1.99"\n'},
    ),
    "a kind that the cluster does not have": BadDeploy(
        Refusal("KindNotServed", NOT_FOUND, "NAME/templates/bad.yaml (kind)", "Queue", "Queue", "Install"),
        {**WEB, "templates/bad.yaml": "apiVersion: mq.example/v1\nkind: Queue\nmetadata: { name: x }\n"},
    ),
    "an object twice": BadDeploy(
        Refusal(
            "DuplicateObject",
            INVALID,
            "NAME/templates/web.yaml (document 2)",
            "rendered twice, by NAME/templates/api.yaml",
            "ConfigMap",
            "another name",
        ),
        {
            "templates/api.yaml": deployment("api", more=CONFIG_MAP),
            "templates/web.yaml": deployment("web", more=CONFIG_MAP),
        },
    ),
    "an object without a name": BadDeploy(
        Refusal(
            "ObjectNameless", INVALID, "NAME/templates/bad.yaml (metadata.name)", "ConfigMap", "ConfigMap"
        ),
        {**WEB, "templates/bad.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: { generateName: x- }\n"},
    ),
    "a service name that cannot be": BadDeploy(
        Refusal(
            "ServiceNameInvalid",
            INVALID,
            "NAME/templates/web.yaml (metadata.annotations.cantata.dev/service)",
            "Web_1",
            "Deployment",
            "lower-case",
        ),
        {"templates/web.yaml": annotated("web", "cantata.dev/service", "Web_1")},
    ),
    "a cycle of annotations": BadDeploy(
        Refusal(
            "DependencyCycle",
            INVALID,
            "NAME/templates/api.yaml (metadata.annotations.cantata.dev/depends-on.web)",
            "api → web → api",
            "service api",
            "Remove one",
        ),
        {"templates/api.yaml": depends("api", "web"), "templates/web.yaml": depends("web", "api")},
    ),
    "a dependency that is no service": BadDeploy(
        Refusal(
            "DependencyUnknown",
            INVALID,
            "cantata.yaml:3 (services.web.dependsOn.databse)",
            "databse",
            "service web",
            "The services are",
        ),
        {**WEB, "cantata.yaml": "services:\n  web:\n    dependsOn: [databse]\n"},
    ),
    "a Deployment that should complete": BadDeploy(
        Refusal(
            "ConditionUnreachable",
            INVALID,
            "cantata.yaml:3 (services.web.dependsOn.api)",
            "api has no Job",
            "service web",
            "Only a Job",
        ),
        {
            **WEB,
            "templates/api.yaml": deployment("api"),
            "cantata.yaml": 'services:\n  web:\n    dependsOn: ["api:completed"]\n',
        },
    ),
    "a dependency that cannot be read": BadDeploy(
        Refusal(
            "DependsOnInvalid",
            INVALID,
            "NAME/templates/web.yaml (metadata.annotations.cantata.dev/depends-on)",
            "healthy",
        ),
        {"templates/web.yaml": depends("web", "api:healthy")},
    ),
    "overrides for no service": BadDeploy(
        Refusal("OverrideUnknownService", INVALID, "", "queue", "service queue", "The services are web"),
        WEB,
        draft={"service_overrides": {"queue": "a: 1\n"}},
    ),
    "two keys that would be one variable": BadDeploy(
        Refusal(
            "TemplateUnsound",
            INVALID,
            "config NAME@1:3 (db-host)",
            "db.host and db-host under the same name DB_HOST",
            "service web",
            "Rename one",
        ),
        WEB,
        "db:\n  host: a\ndb-host: b\n",
        draft={"delivery": "web: [{as: env, keys: [db.host, db-host]}]\n"},
    ),
    "a key that cannot be a variable": BadDeploy(
        Refusal(
            "TemplateUnsound",
            INVALID,
            "config NAME@1:2 (2nd)",
            "2ND cannot be the name of a variable",
            "service web",
            "a prefix",
        ),
        WEB,
        "a: 1\n2nd: x\n",
        draft={"delivery": "web: [{as: env, keys: [a, 2nd]}]\n"},
    ),
    "an entry that no ConfigMap holds": BadDeploy(
        Refusal(
            "DeliveryTooLarge",
            LIMIT,
            "values.yaml of NAME:2:6 (big)",
            f"the config entry big of service web has {MIB + 1} bytes",
            "service web",
            "volume",
        ),
        {**WEB, "values.yaml": f"small: 1\nbig: {'x' * (MIB + 1)}\n"},
        draft={"delivery": "web: [{as: file, mountPath: /etc/app, directory: true}]\n"},
    ),
    "a delivery to no service": BadDeploy(
        Refusal("DeliveryUnknownService", INVALID, "", "queue", "service queue", "The services are web"),
        WEB,
        draft={"delivery": "queue: [{as: env}]\n"},
    ),
    "a missing namespace": BadDeploy(
        Refusal("NamespaceMissing", NOT_FOUND, "", "NAME", "namespace NAME", "--create-namespace"),
        WEB,
        draft={"create_namespace": False},
    ),
}
COMMANDED = {
    "a template that does not parse",
    "memory without end",
    "values that the schema refuses",
    "a kind that the cluster does not have",
    "a missing namespace",
}
"""Those whose deploy is also asked for by the real command: one for each kind of trouble."""


@pytest.mark.parametrize("what", DEPLOYS)
async def test_a_deploy_that_cannot_be_is_refused_before_it_begins(
    what: str, stage: Stage, command: Command, kubectl: Kubectl
) -> None:
    bad, client, name = DEPLOYS[what], stage.client, stage.name
    await stage.application(bad.files, bad.config, **bad.draft)
    async with nothing_happens(client, kubectl, name):
        await refused(stage.deploy, bad.refusal, name)
        if bad.refusal.code == "TemplateUnsound":  # A preview shows what is wrong beside the rest.
            plan = await client.applications.preview(name)
            assert [each.severity for each in plan.findings] == ["error"], plan.findings
        else:
            await refused(lambda: client.applications.preview(name), bad.refusal, name)
        if what in COMMANDED:
            bad.refusal.check_command(command.run("app", "deploy", name), name)
    assert (await stage.status()).state == "not_deployed"
    assert [revision async for revision in client.applications.history(name)] == []


async def test_an_object_of_somebody_else_is_named_and_left_alone(
    stage: Stage, command: Command, kubectl: Kubectl
) -> None:
    name = stage.name
    kubectl.run("create", "namespace", name)
    kubectl.run("create", "configmap", f"{name}-data", "-n", name, "--from-literal=of=other")
    await stage.application({"templates/web.yaml": deployment("web", more=CONFIG_MAP)})
    refusal = Refusal(
        "ObjectOwnedByOther",
        CONFLICT,
        "",
        "ConfigMap NAME/NAME-data belongs to somebody else",
        "application NAME",
        "another namespace",
    )
    async with nothing_happens(stage.client, kubectl, name):
        await refused(stage.deploy, refusal, name)
        await refused(lambda: stage.client.applications.preview(name), refusal, name)
        refusal.check_command(command.run("app", "deploy", name), name)
    assert kubectl.get("configmap", f"{name}-data", "-n", name)["data"] == {"of": "other"}


async def test_a_bad_change_leaves_what_runs_alone(stage: Stage, kubectl: Kubectl) -> None:
    client, name = stage.client, stage.name
    await stage.application(WEB)
    assert (operation := await stage.deploy()) is not None
    assert operation.state == "succeeded", operation
    bad = DEPLOYS["a template that fails"]
    await client.templates.import_(name, chart(name, bad.files))
    async with nothing_happens(client, kubectl, name):
        await refused(stage.deploy, bad.refusal, name)
        await refused(lambda: client.applications.preview(name), bad.refusal, name)
        unknown = Refusal("ServiceNotFound", NOT_FOUND, "", "queue", "service queue", "The services of")
        await client.configs.show(name)
        await refused(lambda: client.applications.rollback(name, 9), REVISION, name)
    assert (await stage.status()).state == "ready"
    await client.templates.import_(name, chart(name, WEB))
    async with nothing_happens(client, kubectl, name):
        await refused(lambda: client.applications.deploy(name, ["queue"]), unknown, name)


REVISION = Refusal("RevisionNotFound", NOT_FOUND, "", "9", "revision", "app history")


async def test_what_the_api_server_refuses_is_named_by_object_and_field(
    stage: Stage, command: Command, kubectl: Kubectl
) -> None:
    await stage.application(
        {"templates/web.yaml": deployment("web").replace("spec:\n", "spec:\n  replicas: three\n", 1)}
    )
    done = command.run("app", "deploy", stage.name)
    assert done.returncode == 9, done
    for word in (f"{stage.name}-web", "replicas", "hint: "):
        assert word in done.stderr, done.stderr
    assert kubectl.items("deployments", "-n", stage.name) == []
    assert (await stage.status()).state in ("failed", "not_deployed")
    await stage.client.templates.import_(stage.name, chart(stage.name, WEB))
    assert (operation := await stage.deploy()) is not None
    assert operation.state == "succeeded", operation
