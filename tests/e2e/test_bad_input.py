"""Bad texts and charts: refused where they come in, or at the deploy that would have used them."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import Command, Kubectl, Stage, chart, deployment
from tests.e2e.refusals import Refusal, nothing_happens, refused

from cantata.client import Client
from cantata.contract.applications import ApplicationDraft
from cantata.contract.configs import Extends
from cantata.errors import Category

pytestmark = pytest.mark.sandbox

INVALID, LIMIT, CONFLICT = Category.INVALID, Category.LIMIT, Category.CONFLICT
NOT_FOUND = Category.NOT_FOUND
MIB = 1 << 20
WEB = {"templates/web.yaml": deployment("web")}


def archive(*members: tuple[str, bytes | tarfile.TarInfo]) -> bytes:
    """A .tgz of a sound chart `shop` and further members with any path and of any type."""
    buffer = io.BytesIO()
    head = b"apiVersion: v2\nname: shop\nversion: 1.0.0\n"
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as packed:
        for path, content in (("shop/Chart.yaml", head), *members):
            info = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo()
            info.name = path
            data = content if isinstance(content, bytes) else b""
            info.size = len(data)
            packed.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def link(target: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo()
    info.type, info.linkname = tarfile.SYMTYPE, target
    return info


def spec(text: str) -> bytes:
    return chart("shop", {"cantata.yaml": text, **WEB})


CYCLE = """\
services:
  web: { dependsOn: [api] }
  api:
    dependsOn:
      db: ready
  db:
    dependsOn: [web]
"""

CHARTS: dict[str, tuple[Callable[[], bytes], Refusal]] = {
    "no archive": (
        lambda: b"services: no chart\n",
        Refusal("ChartInvalid", INVALID, says="not a gzip archive", subject="template NAME", hint="chart"),
    ),
    "a path that leaves": (
        lambda: archive(("shop/../../etc/cron.d/x", b"")),
        Refusal("ChartInvalid", INVALID, "../etc/cron.d/x", "leaves the chart", "template NAME"),
    ),
    "an absolute path": (
        lambda: archive(("/etc/passwd", b"")),
        Refusal("ChartInvalid", INVALID, "/etc/passwd", "absolute path", "template NAME"),
    ),
    "a link": (
        lambda: archive(("shop/values.yaml", link("/etc/passwd"))),
        Refusal("ChartInvalid", INVALID, "shop/values.yaml", "link", "template NAME"),
    ),
    "a file over its limit": (
        lambda: archive(("shop/files/big", bytes(5 * MIB + 1))),
        Refusal(
            "ChartTooLarge", LIMIT, "shop/files/big", "allowed are 5242880", "template NAME", "Leave out"
        ),
    ),
    "an archive that unpacks to too much": (
        lambda: archive(*((f"shop/files/{number}", bytes(4 * MIB)) for number in range(17))),
        Refusal("ChartTooLarge", LIMIT, "shop/files/15", "unpacks to more than", "template NAME"),
    ),
    "broken values": (
        lambda: chart("shop", {"values.yaml": "a: 1\nb: [\n"}),
        Refusal("ChartInvalid", INVALID, "values.yaml:2:4", subject="template NAME"),
    ),
    "a broken Chart.yaml": (
        lambda: chart("shop", {"Chart.yaml": "name: shop\n  version: 1\n"}),
        Refusal("ChartInvalid", INVALID, "Chart.yaml:2:10", subject="template NAME"),
    ),
    "a library chart": (
        lambda: chart("shop", {"Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\ntype: library\n"}),
        Refusal("ChartNotDeployable", INVALID, "Chart.yaml (type)", "library chart", "template NAME"),
    ),
    "cantata.yaml that is no YAML": (
        lambda: spec("services:\n  web: [\n"),
        Refusal("YamlInvalid", INVALID, "cantata.yaml:2:8", subject="cantata.yaml"),
    ),
    "cantata.yaml of a wrong type": (
        lambda: spec("layout: file\nservices: [web]\n"),
        Refusal(
            "TemplateSpecInvalid", INVALID, "cantata.yaml:2:11 (services)", "must be a map", "cantata.yaml"
        ),
    ),
    "cantata.yaml with an unknown word": (
        lambda: spec("services:\n  web:\n    dependOn: [api]\n"),
        Refusal(
            "TemplateSpecInvalid",
            INVALID,
            "cantata.yaml:3:5 (services.web.dependOn)",
            "did you mean `dependsOn`?",
            "cantata.yaml",
        ),
    ),
    "a service twice": (
        lambda: spec("services:\n  web: {}\n  api: {}\n  web: {}\n"),
        Refusal("YamlInvalid", INVALID, "cantata.yaml:4:3", "web", "cantata.yaml"),
    ),
    "a cycle": (
        lambda: spec(CYCLE),
        Refusal(
            "DependencyCycle",
            INVALID,
            "cantata.yaml:5 (services.api.dependsOn.db)",
            "api → db → web → api",
            "service api",
            "Remove one",
        ),
    ),
}


def is_first_of_code(cases: Mapping[str, tuple[Any, Refusal]], refusal: Refusal) -> bool:
    """The real command, which takes its time, is asked once for each code."""
    return next(each for _, each in cases.values() if each.code == refusal.code) is refusal


@pytest.mark.parametrize(("make", "refusal"), CHARTS.values(), ids=CHARTS)
async def test_a_bad_chart_is_not_imported(
    make: Callable[[], bytes],
    refusal: Refusal,
    client: Client,
    command: Command,
    namespace: str,
    tmp_path: Path,
) -> None:
    packed = make()
    file = tmp_path / "chart.tgz"
    file.write_bytes(packed)
    async with nothing_happens(client):
        await refused(lambda: client.templates.import_(namespace, packed), refusal, namespace)
        if is_first_of_code(CHARTS, refusal):
            refusal.check_command(command.run("template", "import", namespace, str(file)), namespace)


async def test_a_bad_chart_is_no_new_version_of_a_good_template(client: Client, namespace: str) -> None:
    await client.templates.import_(namespace, chart(namespace, WEB))
    async with nothing_happens(client):
        await refused(
            lambda: client.templates.import_(namespace, spec(CYCLE)), CHARTS["a cycle"][1], namespace
        )
    assert (await client.templates.show(namespace)).number == 1


async def test_a_body_over_the_limit_is_refused(client: Client, namespace: str) -> None:
    refusal = Refusal("BodyTooLarge", LIMIT, says="20 MiB", subject="body", hint="Send less")
    async with nothing_happens(client):
        await refused(lambda: client.templates.import_(namespace, bytes(21 * MIB)), refusal, namespace)


CONFIGS: dict[str, tuple[str, Refusal]] = {
    "broken YAML": (
        "db:\n  host: [\n",
        Refusal("YamlInvalid", INVALID, "config NAME:2:9", subject="config NAME", hint="not closed"),
    ),
    "a key that is a number": (
        "ports:\n  80: web\n",
        Refusal("ConfigInvalid", INVALID, "config NAME:2:3 (ports.80)", "in quotes", "config NAME"),
    ),
    "a secret that is not there": (
        "db:\n  password: !secret ref:nowhere\n",
        Refusal("SecretNotFound", NOT_FOUND, "config NAME:2:13 (db.password)", "nowhere", "secret nowhere"),
    ),
}
"""One for each code, by the real command as well; tests/api/test_config_bad_input.py has all the others."""


@pytest.mark.parametrize(("text", "refusal"), CONFIGS.values(), ids=CONFIGS)
async def test_a_bad_config_is_not_saved(
    text: str, refusal: Refusal, client: Client, command: Command, namespace: str
) -> None:
    async with nothing_happens(client):
        await refused(lambda: client.configs.create(namespace, text), refusal, namespace)
        refusal.check_command(command.run("config", "create", namespace, "-f", "-", text=text), namespace)
    await client.configs.create(namespace, "a: 1\n")
    async with nothing_happens(client):
        await refused(lambda: client.configs.edit(namespace, text), refusal, namespace)
    assert (await client.configs.show(namespace)).text == "a: 1\n"


async def test_a_config_does_not_extend_what_it_cannot(client: Client, namespace: str) -> None:
    base, child = f"{namespace}-base", f"{namespace}-child"
    await client.configs.create(base, "a: 1\n")
    await client.configs.create(child, "a: 2\n", extends=Extends(base))
    create = client.configs.create
    async with nothing_happens(client):
        for parent, refusal in {
            namespace: Refusal(
                "ConfigExtendsCycle", INVALID, "", "NAME → NAME", "config NAME", "Take `extends: "
            ),
            "nothing": Refusal("ConfigNotFound", NOT_FOUND, "", "nothing", "config nothing", "config list"),
        }.items():
            await refused(partial(create, namespace, "{}", extends=Extends(parent)), refusal, namespace)
        edit = client.configs.edit
        cycle = "NAME-base → NAME-child → NAME-base"
        refusal = Refusal("ConfigExtendsCycle", INVALID, "", cycle, "config NAME-base")
        await refused(lambda: edit(base, "{}", extends=Extends(child)), refusal, namespace)
        refusal = Refusal("EditConflict", CONFLICT, "", "version 1", "config NAME-base", "edit again")
        await refused(lambda: edit(base, "b: 1\n", expected=7), refusal, namespace)
        refusal = Refusal("NameTaken", CONFLICT, "", "NAME-base", "config NAME-base")
        await refused(lambda: create(base, "{}"), refusal, namespace)
        refusal = Refusal("InUse", CONFLICT, "", "NAME-child", "config NAME-base")
        await refused(lambda: client.configs.delete(base), refusal, namespace)


@pytest.mark.parametrize("noun", ["template", "config", "application", "cluster", "token"])
async def test_a_bad_name_is_refused(noun: str, client: Client) -> None:
    name = "Not_A-Name"
    makes: dict[str, Callable[[], Awaitable[Any]]] = {
        "template": lambda: client.templates.import_(name, chart("shop", WEB)),
        "config": lambda: client.configs.create(name, "{}\n"),
        "application": lambda: client.applications.create(ApplicationDraft(name, "shop", "shop")),
        "cluster": lambda: client.clusters.add(name, "{}\n"),
        "token": lambda: client.tokens.create(name, "viewer"),
    }
    async with nothing_happens(client):
        await refused(makes[noun], Refusal("NameInvalid", INVALID, "", name, noun, "lower-case"), name)


DRAFTS: dict[str, tuple[dict[str, Any], Refusal]] = {
    "no such template": (
        {"template": "nothing"},
        Refusal("TemplateNotFound", NOT_FOUND, "", "nothing", "template nothing", "template list"),
    ),
    "no such version of the template": (
        {"template_version": 7},
        Refusal("TemplateVersionNotFound", NOT_FOUND, "", "7", "template version", "template history"),
    ),
    "no such config": (
        {"config": "nothing"},
        Refusal("ConfigNotFound", NOT_FOUND, "", "nothing", "config nothing", "config list"),
    ),
    "no such cluster": (
        {"cluster": "nowhere"},
        Refusal("ClusterNotFound", NOT_FOUND, "", "nowhere", "cluster nowhere", "cluster list"),
    ),
    "overrides that are no YAML": (
        {"overrides": "a: 1\nb: [\n"},
        Refusal(
            "YamlInvalid", INVALID, "overrides of application NAME:2:4", "", "overrides of application NAME"
        ),
    ),
    "overrides that are no map": (
        {"service_overrides": {"web": "- a\n"}},
        Refusal(
            "OverridesInvalid", INVALID, "overrides of service web:1", "not a map", "overrides of service"
        ),
    ),
    "a delivery that cannot be": (
        {"delivery": "web:\n  - as: env\n    mountPath: /etc/x\n"},
        Refusal(
            "DeliveryInvalid",
            INVALID,
            "delivery of application NAME:3:5 (web.0.mountPath)",
            "does not fit",
            "delivery of application NAME",
        ),
    ),
    "a namespace that cannot be": (
        {"namespace": "Prod!"},
        Refusal("NameInvalid", INVALID, "", "Prod!", "namespace", "lower-case"),
    ),
}


@pytest.mark.parametrize(("draft", "refusal"), DRAFTS.values(), ids=DRAFTS)
async def test_a_bad_application_is_not_created(
    draft: dict[str, Any], refusal: Refusal, client: Client, namespace: str
) -> None:
    await client.templates.import_(namespace, chart(namespace, WEB))
    await client.configs.create(namespace, "{}\n")
    wanted = ApplicationDraft(**{"name": namespace, "template": namespace, "config": namespace, **draft})
    async with nothing_happens(client):
        await refused(lambda: client.applications.create(wanted), refusal, namespace)
    await client.applications.create(ApplicationDraft(namespace, namespace, namespace))
    async with nothing_happens(client):
        fixed = {"cluster", "namespace"} & draft.keys()
        if not fixed:
            await refused(lambda: client.applications.edit(namespace, wanted), refusal, namespace)


def annotated(name: str, annotation: str, value: str) -> str:
    metadata = f'metadata: {{ annotations: {{ {annotation}: "{value}" }}, name: '
    return deployment(name).replace("metadata: { name: ", metadata, 1)


def depends(name: str, value: str) -> str:
    return annotated(name, "cantata.dev/depends-on", value)


CONFIG_MAP = '---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: "{{ .Release.Name }}-data" }\n'
THREE_LOOPS = "{{ range until 10000 }}" * 3 + "{{ end }}" * 3
DOUBLING = '{{ $text := "0123456789" }}{{ range until 60 }}{{ $text = print $text $text }}{{ end }}'
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
        {**WEB, "templates/bad.yaml": DOUBLING},
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
    "a broken schema": BadDeploy(
        Refusal("SchemaInvalid", INVALID, "NAME/values.schema.json", "", RELEASE, "values.schema.json"),
        {**WEB, "values.schema.json": '{"properties": '},
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
        unknown = Refusal("ServiceNotFound", NOT_FOUND, "", "queue", "service queue", "app status")
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
