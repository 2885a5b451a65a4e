"""What is edited, listed and told of single services, and what is refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.e2e.conftest import Command, Kubectl, Server, Stage, chart
from tests.e2e.shop import CONFIG, FILES, Shop, deployed_shop

from cantata.client import RemoteError
from cantata.contract.adjustments import PatchDraft

pytestmark = pytest.mark.sandbox

SHARED = {
    **FILES,
    "templates/web.yaml": FILES["templates/web.yaml"].replace("s.web }}", "s.web }}{{ .Values.all }}"),
    "templates/api.yaml": FILES["templates/api.yaml"].replace("s.api }}", "s.api }}{{ .Values.all }}"),
}
LINUX = {"nodeSelector": {"kubernetes.io/os": "linux"}}
NODE = PatchDraft("strategic", {"spec": {"template": {"spec": LINUX}}})
DAEMON = """
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: "{{ .Release.Name }}-agent" }
spec:
  selector: { matchLabels: { app: agent } }
  template:
    metadata: { labels: { app: agent } }
    spec: { containers: [{ name: main, image: "agent:1" }] }
"""
SCALER = """---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: "{{ .Release.Name }}-api" }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: "{{ .Release.Name }}-api" }
  minReplicas: 1
  maxReplicas: 5
  metrics:
    - { type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 80 } } }
"""


@pytest.fixture
async def shop(stage: Stage, kubectl: Kubectl) -> Shop:
    return await deployed_shop(stage, kubectl)


async def refused(asked: Any) -> RemoteError:
    with pytest.raises(RemoteError) as error:
        await asked
    return error.value


async def test_a_patch_is_kept_over_deploys_until_it_is_dropped(shop: Shop) -> None:
    before = shop.world()
    await shop.services.edit(shop.name, "api", patches=[NODE])
    assert shop.world().changed_since(before) == set(), "nothing is deployed yet"
    await shop.until_outdated(api="patches edited since")
    await shop.done(await shop.stage.client.applications.deploy(shop.name, outdated=True))
    assert shop.world().changed_since(before) == {"api"}
    assert shop.world().spec("api")["template"]["spec"]["nodeSelector"] == LINUX["nodeSelector"]
    assert await shop.nothing_to_do()
    await shop.ask("restart", "api")
    assert "nodeSelector" in shop.world().spec("api")["template"]["spec"]
    await shop.services.edit(shop.name, "api", patches=[])
    await shop.ask("restart", "api")
    assert "nodeSelector" in shop.world().spec("api")["template"]["spec"], "a restart brings nothing newer"
    await shop.stage.deploy("api")
    assert "nodeSelector" not in shop.world().spec("api")["template"]["spec"]
    back = await shop.stage.client.applications.rollback(shop.name, None, ["api"])
    await shop.done(back)
    assert "nodeSelector" in shop.world().spec("api")["template"]["spec"]


async def test_a_patch_of_a_service_that_is_not_there_yet_waits_for_it(
    stage: Stage, kubectl: Kubectl
) -> None:
    await stage.application(FILES, CONFIG)
    shop = Shop(stage, kubectl)
    await shop.services.edit(shop.name, "api", patches=[NODE])
    await shop.done(await stage.client.applications.deploy(shop.name, ["db"]))
    await shop.done(await stage.client.applications.deploy(shop.name, ["api"]))
    assert shop.world().spec("api")["template"]["spec"]["nodeSelector"] == LINUX["nodeSelector"]


async def test_a_patch_that_does_not_fit_stops_the_deploy_before_its_first_write(shop: Shop) -> None:
    before = shop.world()
    patch = PatchDraft("json", [{"op": "remove", "path": "/spec/template/spec/volumes"}])
    await shop.services.edit(shop.name, "api", patches=[patch])
    error = await refused(shop.stage.client.applications.deploy(shop.name))
    assert error.code == "PatchInvalid"
    assert "patch 1 of service api" in str(error)
    assert error.place.key == "/spec/template/spec/volumes"
    assert shop.world().changed_since(before) == set()
    unread = PatchDraft("json", {"spec": {}})
    assert (await refused(shop.services.edit(shop.name, "api", patches=[unread]))).code == "PatchInvalid"


SCHEMA = """{ "type": "object", "additionalProperties": false,
  "properties": { "web": {"type": "string"}, "api": {"type": "string"}, "all": {"type": "string"},
                  "db": {"type": "string"}, "global": {} } }"""


async def test_values_that_do_not_fit_are_refused_when_they_are_set(stage: Stage) -> None:
    edit, applications = stage.client.services.edit, stage.client.applications
    await stage.application({**SHARED, "values.schema.json": SCHEMA}, CONFIG + 'all: ""\n')
    error = await refused(edit(stage.name, "web", values={"wbe": "web:7"}))
    assert error.code == "ValuesRejected"
    assert "with the overrides of service web, the values do not fit" in str(error)
    assert (await applications.show(stage.name)).service_overrides == {}
    await edit(stage.name, "web", text="wbe: web:7\nweb: web:6\n")  # A whole text is taken as it is.
    error = await refused(applications.preview(stage.name, ["web"]))
    assert "with the overrides of service web, the values do not fit" in str(error)
    await edit(stage.name, "web", values={"wbe": None})
    assert (await applications.show(stage.name)).service_overrides == {"web": "web: web:6\n"}


async def test_overrides_of_one_service_are_set_key_by_key(stage: Stage, kubectl: Kubectl) -> None:
    await stage.application(SHARED, CONFIG + 'all: ""\n')
    await stage.deploy()
    shop = Shop(stage, kubectl)
    before = shop.world()
    await shop.services.edit(stage.name, "web", values={"web": "web:7"})
    assert (await stage.client.applications.show(stage.name)).service_overrides == {"web": "web: web:7\n"}
    edited = await stage.client.applications.diff(stage.name)
    assert [(each.path, each.new, each.services) for each in edited.values] == [("web", "web:7", ("web",))]
    await stage.deploy("web")
    assert (await stage.client.applications.diff(stage.name)).values == ()
    assert shop.world().changed_since(before) == {"web"}
    assert shop.world().image("web") == "web:7"
    error = await refused(shop.services.edit(stage.name, "web", values={"all": "-x"}))
    assert error.code == "ValueShared"
    assert "all is read by api, too" in str(error)
    await shop.services.edit(stage.name, "web", values={"all": "-x"}, here=True)
    await shop.services.edit(stage.name, "web", values={"all": "-y"}, everywhere=True)
    await stage.deploy()
    assert (shop.world().image("web"), shop.world().image("api")) == ("web:7-x", "api:1-y")
    await shop.services.edit(stage.name, "web", values={"all": None, "web": None}, here=True)
    assert (await stage.client.applications.show(stage.name)).service_overrides == {}
    await stage.deploy()
    assert shop.world().image("web") == "web:1-y"
    assert (await stage.client.applications.diff(stage.name)).values == ()


async def test_a_value_that_nothing_of_the_service_reads_is_told(stage: Stage, command: Command) -> None:
    await stage.application(SHARED, CONFIG + 'all: ""\n')
    await stage.deploy()
    edited = await stage.client.services.edit(stage.name, "web", values={"web": "web:7"})
    assert edited.findings == ()
    edited = await stage.client.services.edit(stage.name, "web", values={"wbe": "1", "nothing.like.it": "1"})
    assert [(each.rule, each.severity, each.key) for each in edited.findings] == [
        ("override-unread", "warning", "wbe"),
        ("override-unread", "warning", "nothing.like.it"),
    ]
    told = command.run("service", "edit", stage.name, "web", "--set", "alll=2")
    assert "warning: alll is set, but nothing of service web reads it\n  Did you mean all?" in told.stdout
    assert (await stage.client.services.edit(stage.name, "web", values={"wbe": None})).findings == ()
    delivers = FILES["cantata.yaml"].replace("[api] }", "[api], delivery: [{ as: env, keys: [wbe] }] }")
    delivering = {**SHARED, "cantata.yaml": delivers}
    await stage.client.templates.import_(stage.name, chart(stage.name, delivering))
    assert (await stage.client.services.edit(stage.name, "web", values={"wbe": "1"})).findings == ()


async def test_the_history_of_a_service_tells_only_what_changed_it(shop: Shop) -> None:
    await shop.stage.client.configs.edit(shop.name, CONFIG.replace("web:1", "web:2"))
    await shop.stage.deploy()
    await shop.done(await shop.services.scale(shop.name, ["api"], 3, cause="a sale"))
    await shop.stage.client.configs.edit(shop.name, CONFIG.replace(":1", ":2"))
    await shop.stage.deploy()
    await shop.ask("undeploy", "web")
    told = [
        (each.number, each.operation and each.operation.verb, each.cause, each.changes)
        async for each in shop.services.history(shop.name, "api")
    ]
    assert told == [
        (4, "deploy", "deploy", (f"config {shop.name}@1 → {shop.name}@3", "image api:1 → api:2")),
        (3, "scale", "a sale", ("scaled to 3",)),
        (1, "deploy", "deploy", ("new",)),
    ]
    web = [each.number async for each in shop.services.history(shop.name, "web")]
    assert web == [5, 2, 1]
    assert (await refused(anext(shop.services.history(shop.name, "nope")))).code == "ServiceNotFound"


async def test_services_are_found_over_all_applications(shop: Shop) -> None:
    await shop.ask("pause", "api")
    await shop.until(api="paused")

    async def found(**wanted: Any) -> list[str]:
        rows = [row async for row in shop.services.list(**wanted)]
        return [row.service.name for row in rows if row.application == shop.name]

    assert await found() == ["api", "db", "web"]
    assert await found(application=shop.name, state="paused") == ["api"]
    assert await found(application=shop.name, image="web:") == ["web"]
    assert await found(config=f"{shop.name}@1") == ["api", "db", "web"]
    assert await found(config=f"{shop.name}@2") == []
    assert await found(kind="deployment", search=shop.name) == ["api", "db", "web"]
    assert await found(kind="StatefulSet") == []
    assert await found(search="DB:1") == ["db"]
    assert (await refused(found(application="nope"))).code == "ApplicationNotFound"


async def test_pages_of_services_begin_where_the_last_one_ended(shop: Shop, server: Server) -> None:
    names: list[str] = []
    query: dict[str, str] = {"limit": "2", "application": shop.name}
    async with httpx.AsyncClient(
        base_url=server.url, headers={"Authorization": f"Bearer {server.token}"}
    ) as http:
        while True:
            page = (await http.get("/api/v1/projects/default/services", params=query)).json()
            names += [row["service"]["name"] for row in page["items"]]
            assert len(page["items"]) <= 2
            query["after"] = page["next"]
            if not page["next"]:
                break
    assert names == ["api", "db", "web"]


async def test_what_cannot_be_scaled_or_paused_is_refused_with_words(stage: Stage, kubectl: Kubectl) -> None:
    files = {
        "cantata.yaml": "layout: file\n",
        "templates/agent.yaml": DAEMON,
        "templates/api.yaml": FILES["templates/api.yaml"].replace("  replicas: 2\n", "") + SCALER,
    }
    await stage.application(files, CONFIG)
    await stage.deploy()
    shop = Shop(stage, kubectl)
    error = await refused(shop.services.ask("pause", stage.name, ["agent"]))
    assert (error.code, "DaemonSet.apps" in str(error)) == ("AdjustmentImpossible", True)
    error = await refused(shop.services.scale(stage.name, ["agent"], 2))
    assert error.code == "AdjustmentImpossible"
    error = await refused(shop.services.scale(stage.name, ["api"], 2))
    assert f"HorizontalPodAutoscaler.autoscaling {stage.name}/{stage.name}-api sets" in str(error)
    await shop.ask("pause", "api")
    assert shop.world().replicas("api") == 0
    await shop.ask("resume", "api")
    assert shop.world().replicas("api") == 1
    assert (await shop.ask("restart", every=True)).services == ("agent", "api")


async def test_what_is_not_there_is_told_with_what_is(shop: Shop) -> None:
    applications, services = shop.stage.client.applications, shop.services
    asked: dict[str, Callable[[], Awaitable[object]]] = {
        "preview": lambda: applications.preview(shop.name, ["nope"]),
        "deploy": lambda: applications.deploy(shop.name, ["nope"]),
        "deploy with": lambda: applications.deploy(shop.name, ["nope"], with_dependencies=True),
        "rollback": lambda: applications.rollback(shop.name, None, ["nope"]),
        "rollback to": lambda: applications.rollback(shop.name, 1, ["nope"]),
        "restart": lambda: services.ask("restart", shop.name, ["api", "nope"]),
        "undeploy": lambda: services.ask("undeploy", shop.name, ["nope"]),
        "scale": lambda: services.scale(shop.name, ["nope"], 2),
        "show": lambda: services.show(shop.name, "nope"),
        "edit": lambda: services.edit(shop.name, "nope", text="a: 1\n"),
        "set": lambda: services.edit(shop.name, "nope", values={"web": "1"}),
        "variables": lambda: applications.variables(shop.name, "nope"),
    }
    for what, ask in asked.items():
        error = await refused(ask())
        assert error.code == "ServiceNotFound", what
        assert error.hint == f"The services of {shop.name} are api, db, web.", what
    near = await refused(services.show(shop.name, "wb"))
    assert near.hint == f"Did you mean web? The services of {shop.name} are api, db, web."
    assert (await refused(applications.rollback(shop.name, 99, ["api"]))).code == "RevisionNotFound"
    assert (await refused(applications.rollback(shop.name, None, ["api"]))).code == "RevisionNotFound"
    assert (await refused(services.ask("restart", "nope", ["api"]))).code == "ApplicationNotFound"
    assert (await refused(services.ask("restart", shop.name))).code == "NothingSelected"
    assert (await refused(services.scale(shop.name, ["api"], -1))).code == "RequestInvalid"


async def test_a_template_that_lost_a_service_that_others_depend_on_is_refused(shop: Shop) -> None:
    before = shop.world()
    lost = {path: text for path, text in FILES.items() if path != "templates/db.yaml"}
    await shop.stage.client.templates.import_(shop.name, chart(shop.name, lost))
    error = await refused(shop.stage.client.applications.deploy(shop.name))
    assert error.code == "DependencyUnknown"
    assert "db" in str(error)
    assert shop.world().changed_since(before) == set()


async def test_the_command_line(shop: Shop, command: Command, tmp_path: Path) -> None:
    def run(*words: str, code: int = 0) -> str:
        done = command.run("service", *words)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    assert "succeeded" in run("restart", shop.name, "api", "-m", "new certificate")
    run("scale", shop.name, "api", "--replicas", "3")
    run("pause", shop.name, "web")
    await shop.until(web="paused")
    listed = run("list", "--application", shop.name, "--state", "paused")
    assert [line.split()[1] for line in listed.splitlines()[1:]] == ["web"]
    told = run("history", shop.name, "api")
    assert "new certificate" in told
    assert "scaled to 3" in told
    patch = tmp_path / "patch.yaml"
    patch.write_text('[{ op: add, path: /metadata/labels, value: { a: "1" } }]\n')
    edited = run("edit", shop.name, "api", "--set", "api=api:3", "--patch", str(patch))
    assert edited.startswith(f"service  {shop.name}/api\npatches  1\noverrides:\n  api: api:3\n"), edited
    preview = run("preview", shop.name, "api")
    assert "api:1" in preview
    assert "api:3" in preview
    run("deploy", shop.name, "api")
    shown = run("show", shop.name, "api", "--variables")
    assert "scaled to 3, restarted at" in shown
    assert f"Deployment/{shop.name}-api" in shown
    run("rollback", shop.name, "api")
    assert shop.world().image("api") == "api:1"
    assert run("diff", shop.name, "api")
    assert "api, web would be left without db" in run("undeploy", shop.name, "db", code=4)
    run("undeploy", shop.name, "db", "--with-dependents")
    assert shop.world().generations == {}
    assert "no service is named" in run("restart", shop.name, code=2)
