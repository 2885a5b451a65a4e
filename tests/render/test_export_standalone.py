"""The standalone chart gives, by Helm alone, what Cantata applies: of the shop, and of charts that each show
one way of delivery."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.render.conftest import ROOT, Pack
from tests.render.exporting import Exported, cleaned, export
from tests.render.test_differential import Helm

from cantata.cli.chart_archive import read_chart
from cantata.cli.exported_files import write_folder
from cantata.core.export.same import differences
from cantata.core.model.charts import RenderedObject
from cantata.render import RenderPool, TemplateFailed

SHOP = ROOT / "examples" / "shop"
BASE = SHOP / "configs" / "shop-base.yaml"
CONFIGS = sorted(path for path in BASE.parent.glob("*.yaml") if path != BASE)
CASES = sorted((Path(__file__).parent / "standalone").glob("*.yaml"))

SPEC = "layout: file\nconfig: { name: cfg }\n"
VALUES = """
image: web:1
db: { host: postgres, port: 5432, password: "" }
limit: 1000000
ratio: 1.10
octal: 0755
yes: no
huge: 12345678901234567890
list: [1, 2.50, { b: 1, a: x }]
empty: {}
none: null
text: |
  two
  lines
app.conf: "a = 1\\n"
routes:
  zebra: { path: /z, weight: 1.50 }
  apple: { path: /a, "odd key": "it's" }
"""
SECRETS = 'db: { password: !secret "p4ss w0rd: it\'s #1" }\ntoken: !secret t0ken\n'


async def _case(files: Mapping[str, str], pool: RenderPool, pack: Pack, folder: Path) -> Exported:
    (folder / "config.yaml").write_text(SECRETS)
    archive = pack({"cantata.yaml": SPEC, "values.yaml": VALUES, **files})
    return await export(pool, archive, [folder / "config.yaml"])


def _read(case: Path) -> dict[str, str]:
    files: dict[str, str] = yaml.safe_load(case.read_text())
    return files


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
async def test_the_shop_comes_out_the_same(config: Path, pool: RenderPool) -> None:
    exported = await export(pool, read_chart(SHOP), [BASE, config])
    assert len(exported.wanted) > len(exported.chart.files)
    assert await exported.differences() == []


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
async def test_each_way_of_delivery_comes_out_the_same(
    case: Path, pool: RenderPool, pack: Pack, tmp_path: Path
) -> None:
    exported = await _case(_read(case), pool, pack, tmp_path)
    assert exported.wanted
    assert await exported.differences() == []
    assert "p4ss w0rd" not in exported.values.text("") + str(exported.files)


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
async def test_it_is_a_template_again(case: Path, pool: RenderPool, pack: Pack, tmp_path: Path) -> None:
    """Imported into Cantata, the services are the same, and nothing is delivered twice."""
    exported = await _case(_read(case), pool, pack, tmp_path)
    archive = await pool.pack(exported.files, exported.chart.name)
    (tmp_path / "values.yaml").write_text(exported.values.text(""))
    (tmp_path / "secrets.yaml").write_text(exported.values.secrets_text("") or "{}")
    again = await export(pool, archive, [tmp_path / "values.yaml", tmp_path / "secrets.yaml"])
    assert differences(exported.everything, again.everything, exported.release.name) == []
    assert again.services == exported.services


@pytest.mark.sandbox
@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
async def test_the_real_helm_makes_the_same(
    config: Path, helm: Path, pool: RenderPool, tmp_path: Path
) -> None:
    exported = await export(pool, read_chart(SHOP), [BASE, config])
    real = Helm(helm, tmp_path, pool)
    chart = tmp_path / "shop"
    write_folder(chart, exported.files)
    given = []
    for name, text in (("values", exported.values.text("")), ("secrets", exported.values.secrets_text(""))):
        (chart / f"{name}.shop.yaml").write_text(text)
        given += ["-f", str(chart / f"{name}.shop.yaml")]
    found = [RenderedObject(path, 0, manifest) for path, manifest in await real.objects(str(chart), *given)]
    made = [each.manifest for each in cleaned(found, "space")]
    assert differences(exported.everything, made, "rel") == []
    assert "1 chart(s) linted, 0 chart(s) failed" in real.run("lint", str(chart), *given)


async def test_a_value_that_changes_reaches_the_services_that_use_it(pool: RenderPool) -> None:
    exported = await export(pool, read_chart(SHOP), [BASE])
    before = _workloads(await exported.made())
    for values, changed in (
        ({"catalog": {"pageSize": 12}}, {"catalog"}),
        ({"payment": {"provider": {"token": "another"}}}, {"payment"}),
        ({"gateway": {"routes": {"orders": {"timeoutSeconds": 20}}}}, {"gateway", "orders"}),
        ({"orders": {"limit": 2000000}}, {"orders"}),
        ({"logLevel": "error"}, {"catalog", "gateway", "orders", "report"}),
    ):
        after = _workloads(await exported.made(values))
        assert {name for name in after if after[name] != before[name]} == changed, values


def _workloads(made: list[RenderedObject]) -> dict[str, Any]:
    return {
        each.manifest["metadata"]["name"]: each.manifest["spec"]
        for each in made
        if each.manifest["kind"] in ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob")
    }


async def test_a_subtree_is_written_by_helm_once_it_changes(pool: RenderPool) -> None:
    exported = await export(pool, read_chart(SHOP), [BASE])
    made = await exported.made({"gateway": {"routes": {"orders": {"timeoutSeconds": 20}}}})
    (text,) = (
        text
        for each in made
        for key, text in each.manifest.get("data", {}).items()
        if key == "gateway.routes..yaml"
    )
    assert yaml.safe_load(text) == {
        "catalog": {"path": "/api/products", "timeoutSeconds": 5},
        "orders": {"path": "/api/orders", "timeoutSeconds": 20},
    }


async def test_without_its_secrets_it_does_not_render(pool: RenderPool) -> None:
    exported = await export(pool, read_chart(SHOP), [BASE, CONFIGS[0]])
    with pytest.raises(TemplateFailed) as caught:
        await exported.made({"db": {"password": None}})
    assert "db.password is a secret" in caught.value.message


async def test_a_key_that_is_not_there_fails_by_its_name(pool: RenderPool) -> None:
    exported = await export(pool, read_chart(SHOP), [BASE])
    with pytest.raises(TemplateFailed) as caught:
        await exported.made({"logLevel": None})
    assert "uses the config key logLevel, which does not exist" in caught.value.message


ASKED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "replicas": ({"orders": {"replicas": 3}}, {"orders": ("replicas", 3)}),
    "paused": ({"orders": {"paused": True}, "report": {"paused": True}}, {"orders": ("replicas", 0)}),
    "values of its own": (
        {"orders": {"values": {"orders": {"replicas": 5}}}, "web": {"values": {"orders": {"replicas": 6}}}},
        {"orders": ("replicas", 5)},
    ),
    "edits": (
        {
            "orders": {
                "edits": [
                    {"object": "Deployment/orders", "path": ["spec", "replicas"], "value": 4},
                    {"object": "Deployment/web", "path": ["spec", "replicas"], "value": 9},
                ]
            }
        },
        {"orders": ("replicas", 4)},
    ),
}


@pytest.mark.parametrize(("services", "expected"), ASKED.values(), ids=ASKED)
async def test_what_is_asked_of_a_service_is_done(
    services: dict[str, Any], expected: dict[str, Any], pool: RenderPool
) -> None:
    exported = await export(pool, read_chart(SHOP), [BASE])
    before = _workloads(await exported.made())
    after = _workloads(await exported.made({"global": {"cantata": {"services": services}}}))
    changed = {name for name in after if after[name] != before[name]}
    assert changed == expected.keys() | ({"report"} if "report" in services else set())
    for name, (field, value) in expected.items():
        assert after[name] == {**before[name], field: value}


async def test_an_undeployed_service_has_no_object(pool: RenderPool) -> None:
    exported = await export(pool, read_chart(SHOP), [BASE])
    made = await exported.made({"global": {"cantata": {"services": {"web": {"undeployed": True}}}}})
    assert not [each for each in made if each.path.endswith("templates/web.yaml")]
    assert len(_workloads(made)) == len(_workloads(await exported.made())) - 1


async def test_pods_wait_where_that_is_asked_for(pool: RenderPool) -> None:
    exported = await export(pool, read_chart(SHOP), [BASE])
    asked = {"global": {"cantata": {"wait": {"initContainers": True, "image": "kubectl:1"}}}}
    made = await exported.made(asked)
    workloads = _workloads(made)
    args = {
        name: [each["args"] for each in spec["template"]["spec"].get("initContainers", ())]
        for name, spec in workloads.items()
        if "template" in spec
    }
    assert args == {
        "cache": [],
        "catalog": [
            ["wait", "--for=condition=complete", "--timeout=-1s", "job/migrate"],
            ["rollout", "status", "deployment/cache"],
        ],
        "gateway": [["rollout", "status", "deployment/catalog"], ["rollout", "status", "deployment/orders"]],
        "log-agent": [],
        "migrate": [["rollout", "status", "statefulset/postgres"]],
        "orders": [
            ["wait", "--for=condition=complete", "--timeout=-1s", "job/migrate"],
            ["rollout", "status", "deployment/payment"],
        ],
        "payment": [],
        "postgres": [],
        "web": [["rollout", "status", "deployment/gateway"]],
    }
    assert {
        each.manifest["kind"] for each in made if each.manifest["metadata"]["name"] == "rel-cantata-wait"
    } == {
        "Role",
        "RoleBinding",
    }


async def test_templates_that_nobody_here_wrote_come_out_the_same(
    public_charts: list[Path], pool: RenderPool
) -> None:
    """Each as if it delivered a config, so that all of its templates go through the library."""
    for path in public_charts:
        chart = await pool.load(path.read_bytes())
        files = await pool.unpack(path.read_bytes())
        files["cantata.yaml"] = b"numbers: exact\nconfig: { name: nobody-names-it }\n"
        exported = await export(pool, await pool.pack(files, chart.name))
        assert "templates/_cantata.tpl" in exported.files, path
        assert await exported.differences() == [], path
