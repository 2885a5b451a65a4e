"""What a chart would become, without creating anything."""

from __future__ import annotations

import base64
from typing import Any

from tests.api.conftest import PROJECT, Http, assert_error, chart, in_process

from cantata.server.compose import Composed

FILES = {
    "values.yaml": "replicas: 1\npassword: none\ngreeting: hello\n",
    "cantata.yaml": """layout: file
config: {name: settings}
services:
  web:
    dependsOn: {migrate: completed}
    delivery: [{as: env, keys: [password, greeting]}]
""",
    "templates/web.yaml": """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels: {app: web}
      annotations: {backwards: {{ splitList "" .Values.password | reverse | join "" | b64enc }}}
    spec:
      containers: [{name: web, image: "shop:1", resources: {requests: {cpu: 1}}}]
---
apiVersion: v1
kind: Secret
metadata: {name: own}
stringData: {password: {{ .Values.password }}, other: visible-otherwise}
""",
    "templates/migrate.yaml": """apiVersion: batch/v1
kind: Job
metadata: {name: migrate}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: "a:1"}]}}}
""",
    "templates/hook.yaml": """apiVersion: v1
kind: ConfigMap
metadata: {name: before, annotations: {helm.sh/hook: pre-install, helm.sh/hook-weight: "3"}}
""",
    "templates/NOTES.txt": "{{ .Release.Name }} in {{ .Release.Namespace }} says {{ .Values.password }}",
    "crds/gate.yaml": "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
    "metadata: {name: gates.example.com}\n",
}


async def _preview(http: Http, files: dict[str, str] | None = None, **more: Any) -> Any:
    archive = base64.b64encode(chart("shop", files or FILES)).decode()
    return await http.post(f"{PROJECT}/charts/preview", json={"archive": archive, **more})


async def test_a_preview_tells_services_objects_order_notes_variables_and_findings(admin: Http) -> None:
    answer = await _preview(admin, namespace="space", release="rel", kubeVersion="1.30")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["chart"], found["chartVersion"], found["kubeVersion"]) == ("shop", "1.0.0", "1.30")
    assert found["order"] == [["migrate"], ["web"]]
    web = next(each for each in found["services"] if each["service"] == "web")
    assert web["workload"] == {"group": "apps", "kind": "Deployment", "namespace": "space", "name": "web"}
    assert web["dependsOn"] == {"migrate": "completed"}
    files = {(each["key"]["kind"], each["key"]["name"]): each["file"] for each in web["objects"]}
    assert files["Deployment", "web"] == "shop/templates/web.yaml"
    assert [kind for (kind, _), file in files.items() if not file] == ["ConfigMap"]
    assert [each["key"] for each in web["variables"]] == ["password", "replicas"]
    (hook,) = found["hooks"]
    assert (hook["key"]["name"], hook["events"], hook["weight"]) == ("before", ["pre-install"], 3)
    assert [each["name"] for each in found["definitions"]] == ["gates.example.com"]
    assert found["notes"] == "rel in space says none"
    assert "container-resources-missing" in {each["rule"] for each in found["findings"]}


async def test_secrets_reach_neither_templates_nor_the_answer(admin: Http) -> None:
    text = "password: !secret hunter22\n"
    await admin.post(f"{PROJECT}/configs", json={"name": "dev", "text": text})
    answer = await _preview(admin, values={"name": "dev", "config": "dev"})
    assert answer.status_code == 200, answer.text
    backwards = base64.b64encode(b"22retnuh").decode()
    for form in ("hunter22", base64.b64encode(b"hunter22").decode(), "22retnuh", backwards):
        assert form not in answer.text
    found = answer.json()
    assert found["notes"].endswith("says ****")
    secrets = [
        each["manifest"]
        for service in found["services"]
        for each in service["objects"]
        if each["key"]["kind"] == "Secret"
    ]
    assert len(secrets) == 2, "its own, and what is delivered"
    for secret in secrets:
        assert set(secret["data"].values()) == {"****"}
    web = next(each for each in found["services"] if each["service"] == "web")
    variables = {each["key"]: each["value"] for each in web["variables"]}
    assert variables["password"] == "****"
    failing = {**FILES, "templates/fail.yaml": "{{ fail .Values.password }}"}
    refused = await _preview(admin, failing, values={"name": "dev", "config": "dev"})
    assert_error(refused, 422, "TemplateFailed")
    assert "hunter22" not in refused.text


async def test_not_even_the_shape_of_a_secret_is_told(admin: Http) -> None:
    files = {**FILES, "templates/NOTES.txt": "{{ len .Values.password }} {{ .Values.password | b64enc }}"}
    told = set()
    for name, secret in (("one", "'!#-'"), ("two", "пароль"), ("three", '"123456789012345678901234567890"')):
        await admin.post(f"{PROJECT}/configs", json={"name": name, "text": f"password: !secret {secret}\n"})
        answer = await _preview(admin, files, values={"name": "it", "config": name})
        assert answer.status_code == 200, answer.text
        assert secret.strip("'\"") not in answer.text
        told.add(answer.json()["notes"])
    assert told == {"16 ****"}


async def test_what_cannot_be_rendered_is_an_error(admin: Http) -> None:
    for files, code in (
        ({"templates/a.yaml": "{{ .Values.a.b }}"}, "TemplateFailed"),
        ({"templates/a.yaml": "{{ .Files.Get }}"}, "TemplateFailed"),
        ({"templates/a.yaml": '{{ expandenv "$HOME" }}'}, "TemplateFailed"),
        ({"templates/a.yaml": "a: [1"}, "ManifestInvalid"),
        ({"cantata.yaml": "layout: none\n"}, "TemplateSpecInvalid"),
        ({"values.schema.json": '{"$ref": "http://169.254.169.254/a.json"}'}, "SchemaInvalid"),
        ({"Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\ntype: library\n"}, "ChartNotDeployable"),
    ):
        assert_error(await _preview(admin, files), 422, code)


async def test_a_viewer_may_preview_and_a_stranger_may_not(
    parts: Composed, tokens: dict[str, str], anyone: Http
) -> None:
    assert_error(await _preview(anyone), 401, "TokenMissing")
    async with in_process(parts.app) as viewer:
        viewer.headers["Authorization"] = f"Bearer {tokens['viewer']}"
        assert (await _preview(viewer)).status_code == 200
        assert (await viewer.get(f"{PROJECT}/templates/")).json()["items"] == []
