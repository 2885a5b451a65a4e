"""Secrets that a template writes where they do not belong, and that nothing tells."""

from __future__ import annotations

import msgspec
import pytest
from tests.e2e.conftest import Kubectl, Stage, chart, deployment

from cantata.contract.errors import RemoteError

pytestmark = pytest.mark.sandbox

ENV = '{ name: DB, value: "db://a:{{ .Values.db.password }}@db/{{ .Values.name }}" }'
WEB = deployment(
    "web", pod='{ begins: "{{ trunc 9 .Values.db.password }}", sum: "{{ sha256sum .Values.db.password }}" }'
)
FILES = {
    "values.yaml": "name: a\ndb: { password: '' }\n",
    "templates/web.yaml": WEB.replace('image: "web:1" }', f'image: "web:1", env: [{ENV}] }}'),
    "templates/auth.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: '{{ .Release.Name }}-auth' }\n"
        "data: { header: 'Basic {{ printf \"app:%s\" .Values.db.password | b64enc }}' }\n---\n"
        "apiVersion: v1\nkind: Secret\nmetadata: { name: '{{ .Release.Name }}-good' }\n"
        "stringData: { password: '{{ .Values.db.password }}' }\n"
    ),
    "templates/hook.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: '{{ .Release.Name }}-hook'\n"
        "  annotations: { helm.sh/hook: pre-install }\ndata: { p: '{{ .Values.db.password }}' }\n"
    ),
    "templates/NOTES.txt": (
        "Log in with {{ .Values.db.password }} or {{ trunc 9 .Values.db.password }}.\nBye.\n"
    ),
}  # fmt: skip
FIRST, SECOND = "first-e2e-secret-1", "other-e2e-secret-2"


def config(password: str, name: str = "a") -> str:
    return f"name: {name}\ndb: {{ password: !secret {password} }}\n"


async def test_leaks_are_findings_with_their_places_and_masked_in_every_answer(
    stage: Stage, kubectl: Kubectl
) -> None:
    await stage.application(FILES, config(FIRST))
    plan = await stage.client.applications.preview(stage.name)
    found = {each.message.partition("into ")[2]: each for each in plan.findings if each.rule == "secret-leak"}
    web, path = f"Deployment.apps {stage.name}/{stage.name}-web", "spec.template"
    notes = found.pop("")
    assert found.keys() == {
        f"{web}, field {path}.metadata.annotations.begins",
        f"{web}, field {path}.spec.containers[main].env[DB].value",
        f"ConfigMap {stage.name}/{stage.name}-auth, field data.header",
        f"ConfigMap {stage.name}/{stage.name}-hook, field data.p",
    }
    assert {each.key for each in found.values()} == {"db.password"}
    assert all(each.file.startswith(f"{stage.name}/templates/") and each.line for each in found.values())
    assert notes.file == f"{stage.name}/templates/NOTES.txt"

    operation = await stage.deploy()
    assert operation is not None
    assert operation.state == "succeeded", operation.error
    live = kubectl.run("get", "deployments,configmaps", "-n", stage.name, "-o", "yaml")
    assert f"db://a:{FIRST}@db/a" in live
    (revision,) = [revision async for revision in stage.client.applications.history(stage.name)]
    assert revision.notes.strip() == "****\nBye."

    annotation = '[{"op": "replace", "path": "/spec/template/metadata/annotations/begins", "value": "gone"}]'
    kubectl.run("patch", "deployment", f"{stage.name}-web", "-n", stage.name, "--type=json", "-p", annotation)
    drifted = await stage.client.applications.preview(stage.name)
    text = config(SECOND, "b")
    impact = await stage.client.configs.impact(stage.name, text)
    await stage.client.configs.edit(stage.name, text)
    changed = await stage.client.applications.preview(stage.name)
    (begins,) = [change for each in drifted.services for item in each.objects for change in item.changes]
    assert (begins.path, begins.new) == (f"{path}.metadata.annotations.begins", "****")
    changes = {
        change.path: (change.old, change.new)
        for each in changed.services for item in each.objects for change in item.changes
    }  # fmt: skip
    assert changes[f"{path}.spec.containers[main].env[DB].value"] == ("db://a:****@db/a", "db://a:****@db/b")
    assert changes["data.header"] == ("****", "****")
    assert changes[f"{path}.metadata.annotations.begins"] == ("****", "****")
    assert changes[f"{path}.metadata.annotations.sum"] != ("****", "****")
    assert "rolls" in repr(impact)
    for answer in (plan, drifted, impact, changed, revision, operation):
        shown = msgspec.json.encode(answer).decode()
        assert FIRST[:9] not in shown
        assert SECOND[:9] not in shown


FAILURES = {
    "a template that fails": "{{ fail (printf \"bad: %s\" .Values.db.password) }}",
    "a date that is none": "{{ mustToDate \"2006\" .Values.db.password }}",
    "no YAML": "a: [{{ .Values.db.password }}\nb: }",
    "a broken object": "apiVersion: v1\nkind: '{{ .Values.db.password }}'\nmetadata: { name: x }\n",
}  # fmt: skip


@pytest.mark.parametrize("template", FAILURES.values(), ids=FAILURES)
async def test_an_error_of_a_template_does_not_tell_the_secret_that_it_fell_over(
    template: str, stage: Stage
) -> None:
    files = {"templates/web.yaml": deployment("web")}
    await stage.application(files, config(FIRST))
    await stage.deploy()
    await stage.client.templates.import_(stage.name, chart(stage.name, {"templates/web.yaml": template}))
    with pytest.raises(RemoteError) as refusal:
        await stage.client.applications.preview(stage.name)
    error = refusal.value
    assert "unexpected" not in error.message
    assert FIRST not in repr([error.message, error.hint, error.subject, error.details, error.place])
    impact = await stage.client.configs.impact(stage.name, config(SECOND))
    assert [each.reach for each in impact.applications] == ["failed"]
    assert SECOND not in repr(impact)


async def test_what_the_cluster_refuses_does_not_tell_the_secret_in_it(stage: Stage) -> None:
    broken = deployment("web", "web:1").replace(
        'image: "web:1" }',
        'image: "web:1", ports: [{ containerPort: 1, name: "{{ .Values.db.password }}" }] }',
    )
    await stage.application({"templates/web.yaml": broken}, config(FIRST))
    operation = await stage.deploy()
    assert operation is not None
    assert operation.state == "failed"
    assert "****" in operation.error
    assert FIRST not in operation.error
    status = await stage.status()
    assert FIRST not in repr(status)
    events = []
    async for event in stage.client.applications.events(stage.name):
        events.append(event)
        if event.data.get("state") == "failed" and event.type == "operation":
            break
    assert FIRST not in repr(events)
