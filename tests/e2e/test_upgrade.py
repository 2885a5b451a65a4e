"""From one version of a template to the next, on a real cluster, by the command; and back."""

from __future__ import annotations

from typing import Any

import pytest
from tests.e2e.conftest import Command, Kubectl, Stage, chart, deployment

pytestmark = pytest.mark.sandbox


def replicated(name: str, image: str) -> str:
    written = deployment(name, image)
    return written.replace(
        "spec:\n  selector", f"spec:\n  replicas: {{{{ .Values.{name}.replicas }}}}\n  selector"
    )


OLD = {
    "values.yaml": "api: {image: api:1, replicas: 1}\nfrontend: {image: web:1, replicas: 1}\n"
    "cache: {image: c:1}\n",
    "cantata.yaml": "layout: file\nservices:\n  api: {dependsOn: {cache: started}}\n",
    "templates/api.yaml": replicated("api", "{{ .Values.api.image }}"),
    "templates/cache.yaml": deployment("cache", "{{ .Values.cache.image }}"),
    "templates/frontend.yaml": replicated("frontend", "{{ .Values.frontend.image }}"),
}
NEW = {
    "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 2.0.0\nkubeVersion: '>=1.20.0-0'\n",
    "values.yaml": "# -- the gate\napi: {image: api:2, replicas: 2}\nfrontend: {image: web:2, replicas: 2}\n"
    "search: {image: s:1}\n",
    "cantata.yaml": "layout: file\nservices:\n  web: {renamedFrom: frontend}\n",
    "templates/api.yaml": replicated("api", "{{ .Values.api.image }}"),
    "templates/web.yaml": replicated("frontend", "{{ .Values.frontend.image }}"),
    "templates/search.yaml": deployment("search", "{{ .Values.search.image }}"),
}
CONFIG = "api:\n  replicas: 3\ncache:\n  image: c:mine\n"
OVERRIDES = {"frontend": "frontend: {replicas: 1}\n", "cache": "cache: {image: c:own}\n"}


def running(kubectl: Kubectl, namespace: str) -> dict[str, tuple[str, int]]:
    return {
        each["metadata"]["name"].removeprefix(f"{namespace}-"): (
            each["spec"]["template"]["spec"]["containers"][0]["image"],
            each["spec"]["replicas"],
        )
        for each in kubectl.items("deployments", "-n", namespace)
    }


async def test_an_upgrade_is_shown_decided_deployed_and_rolled_back(
    stage: Stage, kubectl: Kubectl, command: Command
) -> None:
    await stage.application(OLD, CONFIG, template_version=1, service_overrides=OVERRIDES)
    await stage.deploy()
    before = running(kubectl, stage.name)
    assert before == {"api": ("api:1", 3), "cache": ("c:own", 1), "frontend": ("web:1", 1)}
    await stage.client.templates.import_(stage.name, chart(stage.name, NEW))

    done = command.run("app", "upgrade", stage.name, "--to", "2.0.0", "--dry-run")
    assert done.returncode == 0, done.stderr
    for line in (
        f"application {stage.name}: {stage.name}@1 (1.0.0) → {stage.name}@2 (2.0.0)",
        f"  api.replicas: yours 3 (config {stage.name}@1:2), was 1, now 2",
        "  frontend.replicas (service frontend): yours 1 (overrides of service frontend:1), was 1, now 2",
        f'  cache.image: yours "c:mine" (config {stage.name}@1:4), was "c:1"',
        '  api.image: "api:1" → "api:2"',
        '  search.image: "s:1"',
        "  ~ frontend is web now, its overrides move along",
        "  + search",
        "  - cache; api waited for it; the application has overrides for it: --drop cache",
        "service api (pods are replaced)",
        f"  - delete Deployment {stage.name}/{stage.name}-cache",
        "undecided: 1. Say `--take KEY`, `--keep KEY` or `--set KEY=VALUE`.",
    ):
        assert line in done.stdout.splitlines(), done.stdout
    assert running(kubectl, stage.name) == before

    done = command.run("app", "upgrade", stage.name)
    assert done.returncode == 4
    assert "api.replicas" in done.stderr
    done = command.run("app", "upgrade", stage.name, "--keep", "*")
    assert done.returncode == 2
    assert "service cache is gone" in done.stderr
    choices = ("--take", "frontend", "--set", "api.replicas=4", "--drop", "cache")
    done = command.run("app", "upgrade", stage.name, *choices, "--deploy")
    assert done.returncode == 0, done.stderr
    assert running(kubectl, stage.name) == {
        "api": ("api:2", 4),
        "frontend": ("web:2", 2),
        "search": ("s:1", 1),
    }
    shown = await stage.client.applications.show(stage.name)
    assert (shown.template_version, shown.service_overrides) == (2, {})
    assert shown.overrides == "api:\n  replicas: 4\n"
    assert "already" in command.run("app", "upgrade", stage.name).stdout

    done = command.run("app", "rollback", stage.name)
    assert done.returncode == 0, done.stderr
    assert running(kubectl, stage.name) == before
    newest: Any = await anext(aiter(stage.client.applications.history(stage.name)))
    assert {each.template_version for each in newest.services} == {1}


async def test_a_version_that_cannot_run_here_changes_nothing(stage: Stage, command: Command) -> None:
    await stage.application(OLD, "{}\n", template_version=1)
    policy = "apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: a}\n"
    cases = {
        "kubeVersion": {
            **OLD,
            "Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.1.0\nkubeVersion: '>=9.0.0'\n",
        },
        "api.must": {
            **OLD,
            "templates/api.yaml": OLD["templates/api.yaml"].replace(
                "api.image", 'api.must | required "api.must"'
            ),
        },
        "PodSecurityPolicy": {**OLD, "templates/old.yaml": policy},
    }
    for number, (word, files) in enumerate(cases.items(), start=2):
        await stage.client.templates.import_(stage.name, chart(stage.name, files))
        done = command.run("app", "upgrade", stage.name, "--to", str(number))
        assert done.returncode == 2, done.stdout
        assert word in done.stderr
    shown = await stage.client.applications.show(stage.name)
    assert (shown.template_version, shown.row_version) == (1, 1)
