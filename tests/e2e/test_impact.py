"""What a config would change is told before it is saved, and is what a deploy then does."""

from __future__ import annotations

import pytest
from tests.e2e.conftest import Command, Kubectl, Stage, deployment

from cantata.contract.configs import Extends

pytestmark = pytest.mark.sandbox

GREETING = "{ name: GREETING, valueFrom: { configMapKeyRef: { name: shop-config, key: greeting } } }"
API = deployment("api", "api:{{ .Values.tag }}").replace('tag }}" }', f'tag }}}}", env: [{GREETING}] }}')
FILES = {
    "cantata.yaml": (
        "layout: file\nconfig: { name: shop-config }\n"
        "services:\n  web: { dependsOn: { api: ready } }\n"
        "  worker: { delivery: [{ as: env, keys: [queue] }] }\n"
    ),
    "values.yaml": "tag: '1'\nextra: false\nreplicas: 1\n",
    "templates/api.yaml": API,
    "templates/web.yaml": deployment("web", "web:{{ .Values.tag }}"),
    "templates/worker.yaml": deployment("worker", "worker:1"),
    "templates/extra.yaml": "{{ if .Values.extra }}" + deployment("extra") + "{{ end }}",
    "templates/settings.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: '{{ .Release.Name }}-settings' }\n"
        "data: { n: '{{ .Values.replicas }}' }\n"
    ),
}
CONFIG = "tag: '1'\ngreeting: hello\nqueue: { host: q, size: 1 }\nunread: 1\n"


def generations(kubectl: Kubectl, namespace: str) -> dict[str, int]:
    return {
        each["metadata"]["name"].removeprefix(f"{namespace}-"): each["metadata"]["generation"]
        for each in kubectl.items("deployments", "-n", namespace)
    }


CHANGES = {
    "a template variable of two": ("tag: '1'", "tag: '2'", {"api": True, "web": True}),
    "a key by reference": ("greeting: hello", "greeting: good day", {"api": True}),
    "a key by delivery": ("size: 1", "size: 2", {"worker": True}),
    "a new key in a selected subtree": ("size: 1", "size: 1, port: 5", {"worker": True}),
    "a key that nobody reads": ("unread: 1", "unread: 2", {}),
    "only a comment": ("unread: 1", "unread: 1 # why", {}),
    "a value in no pod": ("unread: 1", "replicas: 5", {"settings": False}),
    "a service switched on": ("unread: 1", "extra: true", {"extra": False}),
}


@pytest.mark.parametrize(("old", "new", "changed"), CHANGES.values(), ids=CHANGES)
async def test_what_would_change_is_what_changes(
    old: str, new: str, changed: dict[str, bool], stage: Stage, kubectl: Kubectl
) -> None:
    await stage.application(FILES, CONFIG)
    operation = await stage.deploy()
    assert operation is not None
    assert operation.state == "succeeded", operation.error
    before = generations(kubectl, stage.name)
    text = CONFIG.replace(old, new)

    told = await stage.client.configs.impact(stage.name, text)
    (application,) = told.applications
    assert {each.service: each.rolls for each in application.services} == changed
    assert application.reach == ("changed" if changed else "unchanged")
    assert (await stage.client.configs.show(stage.name)).number == 1, "nothing is stored"

    await stage.client.configs.edit(stage.name, text)
    plan = await stage.client.applications.preview(stage.name)
    touched = {
        service.service
        for service in plan.services
        if any(item.action not in ("unchanged", "keep") for item in service.objects)
    }
    assert touched == changed.keys()
    await stage.deploy()
    after = generations(kubectl, stage.name)
    rolled = {name for name in before if after[name] != before[name]}
    assert rolled == {name for name, rolls in changed.items() if rolls}


async def test_impact_is_shown_with_order_and_unread_keys(stage: Stage, command: Command) -> None:
    await stage.application(FILES, CONFIG)
    await stage.deploy()
    done = command.run("config", "impact", stage.name, "-f", "-", text=CONFIG.replace("'1'", "'2'"))
    assert done.returncode == 0, done.stderr
    assert f"application {stage.name}: 2 services would change" in done.stdout
    assert "service api (pods are replaced)" in done.stdout
    assert "order: api → web" in done.stdout
    assert "read by no application: unread" in done.stdout


async def test_a_text_that_could_not_be_deployed_says_so(stage: Stage) -> None:
    await stage.application(FILES, CONFIG)
    await stage.deploy()
    told = await stage.client.configs.impact(stage.name, CONFIG.replace("greeting", "greetings"))
    (application,) = told.applications
    assert application.reach == "failed"
    assert "greeting, which does not exist" in application.error


async def test_followers_are_reached_and_pinned_ones_are_not(stage: Stage) -> None:
    await stage.application(FILES, CONFIG)
    base, pinned = f"{stage.name}-base", f"{stage.name}-pinned"
    await stage.client.configs.create(base, "tag: '1'\n")
    child = CONFIG.replace("tag: '1'\n", "")
    await stage.client.configs.edit(stage.name, child, extends=Extends(base))
    await stage.client.configs.create(pinned, child, extends=Extends(base, 1))
    await stage.deploy()
    told = await stage.client.configs.impact(base, "tag: '2'\n")
    assert {each.application: each.reach for each in told.applications} == {stage.name: "changed"}
    assert {each.service for each in told.applications[0].services} == {"api", "web"}
