"""Bad texts and charts: refused where they come in."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import Command, chart, deployment
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
    "a broken schema": (
        lambda: chart("shop", {"values.schema.json": '{"properties": '}),
        Refusal("SchemaInvalid", INVALID, "values.schema.json", "not JSON", "schema", "complete"),
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
