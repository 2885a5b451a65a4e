"""Each file of `cases/` is a rule of lint: a chart for which it fires, and one for which it does not.

`findings.txt` has what fires; run with CANTATA_UPDATE=1 to write it anew.
"""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

import yaml
from tests.api.conftest import PROJECT, Http, assert_error, chart

from cantata.core.lint import RULES, Stage
from cantata.core.lint.report import ORDER
from cantata.core.model.findings import Severity

CASES = Path(__file__).parent / "cases"
GOLDEN = Path(__file__).parent / "findings.txt"
ELSEWHERE = {
    "template-invalid": "told by an import, tests/api/test_variables.py; here it is template-failed",
    "object-moved": "needs an application, tests/core/services/test_freezing.py",
    "secret-leak": "test_a_secret_of_a_config_never_reaches_a_template",
    "kind-unknown": "tests/e2e/test_lint.py",
    "schema-unavailable": "tests/core/lint/test_served.py",
}
"""Rules without a file, and where they are shown."""


def _case(path: Path) -> dict[str, Any]:
    case: dict[str, Any] = yaml.safe_load(path.read_text())
    return case


def _request(files: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"archive": base64.b64encode(chart("shop", files)).decode(), **more}


async def _lint(http: Http, request: dict[str, Any]) -> dict[str, Any]:
    answer = await http.post(f"{PROJECT}/charts/lint", json=request)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _line(finding: dict[str, Any]) -> str:
    return "{file}:{line}: {severity}: {message} | {suggestion}".format(**finding)


def test_every_rule_has_a_case() -> None:
    checked = {
        name for name, rule in RULES.items() if rule.stage in (Stage.CHART, Stage.RENDER, Stage.CLUSTER)
    }
    shown = {path.stem for path in CASES.glob("*.yaml")}
    assert shown | ELSEWHERE.keys() == checked


async def test_the_rules_fire_and_are_quiet(admin: Http) -> None:
    told: list[str] = []
    for path in sorted(CASES.glob("*.yaml")):
        rule, case = path.stem, _case(path)
        more = {"kubeVersion": case["kubeVersion"]} if "kubeVersion" in case else {}
        found = (await _lint(admin, _request(case["fires"], **more)))["findings"]
        own = [each for each in found if each["rule"] == rule]
        assert own, f"{rule} does not fire: {found}"
        for each in found:
            assert each["rule"] in RULES, each
            assert each["file"], each
            assert each["line"] > 0, each
            assert each["suggestion"], each
            assert ORDER[Severity(each["severity"])] >= ORDER[RULES[each["rule"]].severity], each
        told += [f"## {rule}", *map(_line, own), ""]
        quiet = (await _lint(admin, _request(case["quiet"], **more)))["findings"]
        loud = [each for each in quiet if each["rule"] == rule or each["severity"] == "error"]
        assert not loud, f"{rule} is not quiet: {loud}"
    text = "\n".join(told)
    if os.environ.get("CANTATA_UPDATE"):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


SECRETIVE = {
    "values.yaml": "password: none\n",
    "templates/web.yaml": """apiVersion: v1
kind: ConfigMap
metadata: {name: web}
data:
  open: {{ .Values.password }}
  hidden: {{ splitList "" .Values.password | reverse | join "" | b64enc }}
  length: {{ required "a" .Values.password | len | quote }}
""",
}


async def test_a_secret_of_a_config_never_reaches_a_template(admin: Http) -> None:
    await admin.post(f"{PROJECT}/configs", json={"name": "dev", "text": "password: !secret hunter22\n"})
    failing = {
        **SECRETIVE,
        "templates/fail.yaml": '{{ splitList "" .Values.password | reverse | join "" | fail }}',
    }
    for files in (SECRETIVE, failing):
        request = _request(files, sets=[{"name": "dev", "config": "dev"}])
        answer = await admin.post(f"{PROJECT}/charts/lint", json=request)
        assert answer.status_code == 200
        for form in ("hunter22", "22retnuh", "MjJyZXRudWg="):
            assert form not in answer.text
    found = await _lint(admin, _request(SECRETIVE, sets=[{"name": "dev", "config": "dev"}]))
    leaks = [each for each in found["findings"] if each["rule"] == "secret-leak"]
    assert [(each["file"], each["line"], each["key"]) for each in leaks] == [
        ("templates/web.yaml", 5, "password")
    ]


async def test_findings_of_several_sets_are_merged_and_say_whose_they_are(admin: Http) -> None:
    files = {
        "values.yaml": 'tag: "1"\n',
        "templates/web.yaml": """apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: "shop:{{ .Values.tag }}"
""",
    }
    sets = [
        {
            "name": "good",
            "texts": [{"name": "a.yaml", "text": "tag: latest\n"}, {"name": "b.yaml", "text": 'tag: "2"\n'}],
        },
        {"name": "bad", "texts": [{"name": "a.yaml", "text": "tag: latest\n"}]},
    ]
    found = await _lint(admin, _request(files, sets=sets))
    assert found["sets"] == ["good", "bad"]
    by_rule = {each["rule"]: each["sets"] for each in found["findings"]}
    assert by_rule["container-image-latest"] == ["bad"]
    assert by_rule["container-resources-missing"] == []
    assert (found["errors"], found["warnings"]) == (0, 1)
    own = await _lint(admin, _request({**files, "ci/other-values.yaml": "tag: latest\n"}))
    assert own["sets"] == ["values.yaml", "ci/other-values.yaml"]
    assert [each["sets"] for each in own["findings"] if each["rule"] == "container-image-latest"] == [
        ["ci/other-values.yaml"]
    ]


async def test_a_stored_version_is_linted_by_name_and_nothing_is_stored(admin: Http) -> None:
    await admin.post(f"{PROJECT}/templates/shop/versions", content=chart("shop"))
    found = await _lint(admin, {"template": "shop", "version": 1})
    assert (found["chart"], found["chartVersion"]) == ("shop", "1.0.0")
    await _lint(admin, _request({"templates/new.yaml": "# new\n"}))
    history = (await admin.get(f"{PROJECT}/templates/shop/versions")).json()
    assert [each["number"] for each in history["items"]] == [1]


async def test_what_is_no_fault_of_the_chart_is_an_error(admin: Http) -> None:
    async def post(**request: Any) -> Any:
        return await admin.post(f"{PROJECT}/charts/lint", json=request)

    assert_error(await post(), 422, "DraftUnclear")
    assert_error(await post(template="shop"), 404, "TemplateNotFound")
    assert_error(await post(**_request({}), cluster="none"), 404, "ClusterNotFound")
    assert_error(await post(**_request({}), sets=[{"name": "a", "config": "none"}]), 404, "ConfigNotFound")
    broken = [{"name": "a", "texts": [{"name": "a.yaml", "text": "a: [1"}]}]
    error = assert_error(await post(**_request({}), sets=broken), 422, "YamlInvalid")
    assert (error["place"]["file"], error["place"]["line"]) == ("a.yaml", 1)
    assert_error(await post(**_request({}), sets=[{"name": "a"}, {"name": "a"}]), 422, "RequestInvalid")
    assert_error(
        await post(**_request({}), sets=[{"name": str(n)} for n in range(21)]), 422, "RequestInvalid"
    )


async def test_a_schema_that_leads_outside_is_not_imported(admin: Http) -> None:
    for reference in ("https://example.com/a.json", "file:///etc/passwd", "http://169.254.169.254/a.json"):
        schema = f'{{"properties": {{"a": {{"$ref": "{reference}"}}}}}}'
        archive = chart("shop", {"values.schema.json": schema})
        answer = await admin.post(f"{PROJECT}/templates/shop/versions", content=archive)
        error = assert_error(answer, 422, "SchemaInvalid")
        assert reference in error["message"]
        assert error["place"]["file"] == "values.schema.json"
    assert_error(await admin.get(f"{PROJECT}/templates/shop"), 404, "TemplateNotFound")


async def test_templates_that_reach_outside_are_imported_and_harmless(admin: Http) -> None:
    """They need not render yet; once they do, nothing comes of it."""
    files = {
        "templates/a.yaml": """apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data:
  up: {{ .Files.Get "../../../../etc/passwd" | quote }}
  root: {{ .Files.Get "/etc/passwd" | quote }}
  glob: {{ (.Files.Glob "/etc/*").AsConfig | quote }}
  host: {{ getHostByName "localhost" | quote }}
  secret: {{ lookup "v1" "Secret" "kube-system" "" | toJson | quote }}
"""
    }
    answer = await admin.post(f"{PROJECT}/templates/shop/versions", content=chart("shop", files))
    assert answer.status_code == 201, answer.text
    text = (await admin.post(f"{PROJECT}/charts/text", json={"template": "shop"})).json()["text"]
    for line in ('up: ""', 'root: ""', 'glob: "{}"', 'host: ""', 'secret: "{}"'):
        assert line in text
    for word in ("env", "expandenv"):
        body = {"templates/a.yaml": f'a: {{{{ {word} "PATH" }}}}'}
        archive = chart("other", body)
        await admin.post(f"{PROJECT}/templates/other/versions", content=archive)
        refused = await admin.post(f"{PROJECT}/charts/text", json={"template": "other"})
        assert f'function "{word}" not defined' in assert_error(refused, 422, "TemplateFailed")["message"]
