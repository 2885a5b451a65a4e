"""Versions of templates, templates and charts that are sent are held against each other."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import pytest
from tests.api.conftest import PROJECT, Http, assert_error, chart

from cantata.client import Client
from cantata.contract.drafts import ValuesDraft, ValueSetDraft
from cantata.contract.template_diffs import ChartDiffRequest, ChartSideDraft, TemplateDiffInfo
from cantata.contract.template_edits import TemplateServiceRenameRequest
from cantata.core.authoring import new_template

DIFF = f"{PROJECT}/charts/diff"
RANDOM = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {a: {{ randAlphaNum 8 }}, b: "B"}\n'


def side(number: int | str | None) -> ChartSideDraft:
    return ChartSideDraft("shop", number)


def told(found: TemplateDiffInfo) -> dict[str, list[tuple[str, str, str]]]:
    return {
        service.service: [
            (each.action, each.key.kind, change.path) for each in service.objects for change in each.changes
        ]
        for service in found.services
    }


@pytest.fixture
async def skeleton(client: Client) -> Client:
    await client.templates.import_("shop", chart("shop", new_template("shop", ("api", "web"))))
    return client


async def edit(client: Client, path: str, old: str, new: str) -> None:
    text = new_template("shop", ("api", "web"))[path]
    assert old in text
    await client.templates.edit("shop", {path: text.replace(old, new)})


async def test_versions_by_file_and_by_what_they_render(skeleton: Client) -> None:
    await edit(skeleton, "templates/web.yaml", "periodSeconds: 5", "periodSeconds: 9")
    found = await skeleton.charts.diff(ChartDiffRequest(side(1), side("0.1.1")))
    assert (found.old, found.new, found.differs) == ("shop@1", "shop@2", True)
    files = [(each.path, each.kind, each.added, each.removed) for each in found.files]
    assert files == [("Chart.yaml", "changed", 1, 1), ("templates/web.yaml", "changed", 1, 1)]
    assert "-            periodSeconds: 5\n+            periodSeconds: 9\n" in found.files[1].text
    path = "spec.template.spec.containers[web].readinessProbe.periodSeconds"
    assert told(found) == {"web": [("update", "Deployment", path)]}
    assert found.services[0].rolls


async def test_with_the_values_of_a_config(skeleton: Client) -> None:
    """What a config says anyway makes no difference."""
    await edit(skeleton, "values.yaml", "logLevel: info", "logLevel: debug")
    both = (side(1), side(2))
    found = await skeleton.charts.diff(ChartDiffRequest(*both))
    assert set(told(found)) == {"api", "web"}
    await skeleton.configs.create("quiet", "logLevel: error\n")
    config = ValueSetDraft("quiet", config="quiet")
    found = await skeleton.charts.diff(ChartDiffRequest(*both, values=config))
    assert (found.services, found.differs, len(found.files)) == ((), True, 2)
    text = ValueSetDraft("given", texts=(ValuesDraft("values", "logLevel: error\n"),))
    assert (await skeleton.charts.diff(ChartDiffRequest(*both, values=text))).services == ()


async def test_a_renamed_service_makes_no_difference(skeleton: Client) -> None:
    await skeleton.templates.rename_service("shop", "web", TemplateServiceRenameRequest("front"))
    found = await skeleton.charts.diff(ChartDiffRequest(side(1), side(2)))
    assert (found.services, found.renamed) == ((), {"front": "web"})
    assert {each.path: each.was for each in found.files} == {
        "Chart.yaml": "",
        "cantata.yaml": "",
        "templates/front.yaml": "templates/web.yaml",
        "values.yaml": "",
    }


async def test_random_results_are_the_same_on_both_sides(client: Client) -> None:
    await client.templates.import_("shop", chart("shop", {"templates/web.yaml": RANDOM}))
    other = chart("shop", {"templates/web.yaml": RANDOM.replace('"B"', '"C"')})
    found = await client.charts.diff(
        ChartDiffRequest(side(None), ChartSideDraft(archive=other, name="./shop"))
    )
    assert (found.old, found.new) == ("shop@1", "./shop")
    assert told(found) == {"shared": [("update", "ConfigMap", "data.b")]}


async def test_no_secret_is_shown(client: Client) -> None:
    """The template does with it what it can."""
    secret = "{{ .Values.password }}-{{ .Values.password | b64enc }}"
    charts = [
        chart("shop", {"templates/web.yaml": RANDOM.replace("{{ randAlphaNum 8 }}", each)})
        for each in (secret, f"now-{secret}")
    ]
    await client.configs.create("closed", "password: !secret the-real-password\n")
    sides = [ChartSideDraft(archive=each) for each in charts]
    config = ValueSetDraft("closed", config="closed")
    found = await client.charts.diff(ChartDiffRequest(sides[0], sides[1], values=config))
    changes = {change.path: change for each in found.services[0].objects for change in each.changes}
    assert (changes["data.a"].old, changes["data.a"].new) == ("****-****", "now-****-****")
    for secret in ("the-real-password", base64.b64encode(b"the-real-password").decode()):
        assert secret not in str(found)


async def test_a_side_that_cannot_be_rendered_leaves_the_files(client: Client) -> None:
    await client.templates.import_("shop", chart("shop"))
    broken = chart("shop", {"templates/web.yaml": "{{ fail `no` }}"})
    found = await client.charts.diff(
        ChartDiffRequest(side(None), ChartSideDraft(archive=broken, name="./shop"))
    )
    assert found.unrendered.startswith("./shop: ")
    assert [each.path for each in found.files] == ["templates/web.yaml"]
    assert found.services == ()


async def test_equal_sides(shop: Http) -> None:
    both = {"old": {"template": "shop"}, "new": {"template": "shop", "version": 1}}
    found = (await shop.post(DIFF, json=both)).json()
    assert found == {
        "old": "shop@1", "new": "shop@1", "differs": False,
        "files": [], "services": [], "renamed": {}, "unrendered": "",
    }  # fmt: skip


REFUSED: dict[str, tuple[Mapping[str, Any], int, str]] = {
    "nothing": ({"old": {}, "new": {}}, 422, "DraftUnclear"),
    "no template": ({"old": {"template": "none"}, "new": {"template": "shop"}}, 404, "TemplateNotFound"),
    "no version": (
        {"old": {"template": "shop", "version": "9.9.9"}, "new": {"template": "shop"}},
        404,
        "TemplateVersionNotFound",
    ),
    "no chart": ({"old": {"archive": "AAAA"}, "new": {"template": "shop"}}, 422, "ChartInvalid"),
    "no application": (
        {"old": {"template": "shop"}, "new": {"template": "shop"}, "application": "none"},
        404,
        "ApplicationNotFound",
    ),
    "two kinds of values": (
        {
            "old": {"template": "shop"},
            "new": {"template": "shop"},
            "application": "none",
            "values": {"name": "a", "config": "dev"},
        },
        422,
        "RequestInvalid",
    ),
}


async def test_refused(shop: Http) -> None:
    for name, (body, status, code) in REFUSED.items():
        answer = await shop.post(DIFF, json=body)
        assert answer.status_code == status, name
        assert_error(answer, status, code)
