"""Compose projects that people wrote, imported by the command: each becomes ready, in its order."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import uuid
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import Command, Kubectl, Stage

from cantata.cli.compose_files import ComposeFolder
from cantata.client import Client
from cantata.contract.applications import ApplicationDraft
from cantata.contract.compose import ComposeImportInfo
from cantata.contract.events import EventInfo
from cantata.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

FOLDER = Path(os.environ.get("CANTATA_TEST_DATA", Path(__file__).parents[3] / "shared" / "data")) / "compose"

CASES = Path(__file__).parents[1] / "render" / "compose"

ORDER: dict[str, dict[str, dict[str, str]]] = {
    "elasticsearch-logstash-kibana": {
        "elasticsearch": {},
        "logstash": {"elasticsearch": "started"},
        "kibana": {"elasticsearch": "started"},
    },
    "nginx-flask-mysql": {"db": {}, "backend": {"db": "ready"}, "proxy": {"backend": "started"}},
    "nginx-golang-postgres": {"db": {}, "backend": {"db": "ready"}, "proxy": {"backend": "started"}},
    "nginx-nodejs-redis": {
        "redis": {},
        "web1": {},
        "web2": {},
        "nginx": {"web1": "started", "web2": "started"},
    },
    "prometheus-grafana": {"prometheus": {}, "grafana": {}},
    "react-express-mongodb": {
        "mongo": {},
        "backend": {"mongo": "started"},
        "frontend": {"backend": "started"},
    },
    "spring-postgres": {"backend": {}, "db": {}},
    "wordpress-mysql": {"db": {}, "wordpress": {}},
}
"""The services of each project, and what each waits for."""


async def test_all_projects_become_ready_in_their_order(
    client: Client, command: Command, kubectl: Kubectl, namespace: str, tmp_path: Path
) -> None:
    if not FOLDER.is_dir():
        pytest.skip(f"no compose files in {FOLDER}; set CANTATA_TEST_DATA to the folder that has them")
    assert {path.stem for path in FOLDER.glob("*.yaml")} == ORDER.keys()
    stages = {project: Stage(client, f"{namespace}-{number}") for number, project in enumerate(ORDER)}
    for project, stage in stages.items():
        folder = tmp_path / project
        folder.mkdir()
        (folder / "compose.yaml").write_bytes((FOLDER / f"{project}.yaml").read_bytes())
        await make(stage, folder, command)
        preview = await client.applications.preview(stage.name)
        assert [each.message for each in preview.findings if each.rule == "secret-leak"] == [], project
    operations = await asyncio.gather(*(stage.deploy() for stage in stages.values()))
    for (project, stage), operation in zip(stages.items(), operations, strict=True):
        assert operation is not None
        assert operation.state == "succeeded", (project, operation)
        status = await stage.status()
        services = {each.name: each.state for each in status.services if each.name != "shared"}
        assert services == dict.fromkeys(ORDER[project], "ready"), project
        events = await events_of(client, stage.name, operation.id)
        for service, waits in ORDER[project].items():
            for other, condition in waits.items():
                assert met(events, other, condition) < first_write(events, service), (project, service, other)
        found = {each["metadata"]["name"] for each in kubectl.items("services", "-n", stage.name)}
        assert found >= ORDER[project].keys(), project


async def test_helm_installs_what_comes_out(
    client: Client, sandbox: Sandbox, kubectl: Kubectl, namespace: str, tmp_path: Path
) -> None:
    """Every case of the translation, on the real API server."""
    helm = [str(sandbox.tool("helm")), "--kubeconfig", str(sandbox.kubeconfig)]
    gate = asyncio.Semaphore(4)

    async def install(number: int, case: str) -> str:
        found = await translated(client, CASES / case, case)
        chart = tmp_path / case
        for path, text in found.files.items():
            (chart / path).parent.mkdir(parents=True, exist_ok=True)
            (chart / path).write_text(text)
        values = tmp_path / f"{case}.yaml"
        values.write_text(found.config_text.replace("!secret ", ""))
        given = [word for key in found.required for word in ("--set", f"{key}=given:1")]
        name = f"{namespace}-{number}"
        words = ("install", name, str(chart), "-n", name, "--create-namespace", "-f", str(values), *given)
        async with gate:
            done = await asyncio.to_thread(
                subprocess.run, [*helm, *words], capture_output=True, text=True, check=False
            )
        kubectl.run("delete", "namespace", name, "--wait=false")
        return f"{case}: {done.stderr}" if done.returncode else ""

    cases = sorted(path.name for path in CASES.iterdir())
    refused = await asyncio.gather(*(install(number, case) for number, case in enumerate(cases)))
    assert not list(filter(None, refused))


async def translated(client: Client, folder: Path, name: str) -> ComposeImportInfo:
    project = ComposeFolder([folder])
    while True:
        request = project.request(env_files=(), profiles=(), allow_missing=True)
        found = await client.templates.import_compose(name, request, dry_run=True)
        if not found.wanted and not found.variables:
            return found
        for wanted in found.wanted:
            project.look(wanted)
        project.look_up(found.variables, {})


async def make(stage: Stage, folder: Path, command: Command) -> None:
    """The template by the command, a config with made-up images and secrets, the application."""
    words = ("template", "import-compose", stage.name, str(folder), "--allow-missing", "-o", "json")
    done = await asyncio.to_thread(command.run, *words)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    text = found["configText"].replace('image: ""', "image: registry.example.com/built:1")
    for written in ('!secret "****"', '!secret ""'):
        text = text.replace(written, f"!secret made-up-{uuid.uuid4().hex}")
    await stage.client.configs.create(stage.name, text)
    draft = ApplicationDraft(
        name=stage.name, template=stage.name, config=stage.name, cluster="default", create_namespace=True
    )
    await stage.client.applications.create(draft)


async def events_of(client: Client, name: str, operation: str) -> list[EventInfo]:
    """Those of an operation that has ended."""
    events = []
    async with asyncio.timeout(10):
        async for event in client.applications.events(name):
            if event.data.get("operation") == operation:
                events.append(event)
                if event.data.get("state") == "succeeded":
                    break
    return events


def place(events: list[EventInfo], wanted: Any) -> int:
    return next(event.id for event in events if wanted(event.data))


def first_write(events: list[EventInfo], service: str) -> int:
    return place(events, lambda data: "object" in data and data["service"] == service)


def met(events: list[EventInfo], service: str, condition: str) -> int:
    if condition == "ready":
        return place(events, lambda data: data.get("service") == service and data.get("state") == "ready")
    return max(event.id for event in events if "object" in event.data and event.data["service"] == service)


async def test_a_project_without_what_it_needs_is_refused_by_name(
    stage: Stage, command: Command, tmp_path: Path
) -> None:
    (tmp_path / "compose.yaml").write_text(
        "services: {web: {build: ., volumes: ['./nginx.conf:/etc/nginx.conf']}}\n"
    )
    words = ("template", "import-compose", stage.name, str(tmp_path))
    refused = command.run(*words)
    assert refused.returncode == 2
    assert "./nginx.conf is not there" in refused.stderr
    (tmp_path / "nginx.conf").write_text("events {}\n")
    done = command.run(*words, "--config", stage.name)
    assert done.returncode == 0, done.stderr
    assert "must be set before a deploy: web.image" in done.stdout
    draft = ApplicationDraft(
        name=stage.name, template=stage.name, config=stage.name, cluster="default", create_namespace=True
    )
    await stage.client.applications.create(draft)
    deployed = command.run("app", "deploy", stage.name)
    assert deployed.returncode != 0
    assert "web.image is not set" in deployed.stderr
