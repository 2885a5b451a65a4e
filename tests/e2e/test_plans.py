"""Plans that are kept: applied exactly, refused when anything moved."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.e2e.conftest import Command, Kubectl, Stage, chart, deployment

from cantata.client import RemoteError
from cantata.contract.applications import ApplicationDraft
from cantata.contract.stored_plans import StoredPlanInfo

pytestmark = pytest.mark.sandbox

SETTINGS = """
apiVersion: v1
kind: ConfigMap
metadata: { name: "{{ .Release.Name }}-settings", annotations: { cantata.dev/service: web } }
data: { colour: "{{ .Values.colour }}" }
"""
FILES = {
    "templates/web.yaml": deployment("web", "{{ .Values.image }}"),
    "templates/api.yaml": deployment("api", "api:1"),
    "templates/settings.yaml": SETTINGS,
}
CONFIG = "image: web:1\ncolour: red\npassword: !secret hunter2-and-more\n"


async def planned(stage: Stage, *services: str, **asked: Any) -> StoredPlanInfo:
    made = await stage.client.plans.create(stage.name, services, **asked)
    assert made.plan is not None
    return made.plan


async def apply(stage: Stage, plan: StoredPlanInfo) -> None:
    applied = await stage.client.plans.apply(plan.id)
    assert applied.operation is not None
    ended = await stage.ended(applied.operation)
    assert ended.state == "succeeded", ended


def image(kubectl: Kubectl, stage: Stage, service: str = "web") -> str:
    found = kubectl.get("deployment", f"{stage.name}-{service}", "-n", stage.name)
    text: str = found["spec"]["template"]["spec"]["containers"][0]["image"]
    return text


async def test_a_first_deploy_is_planned_shown_and_applied(
    stage: Stage, kubectl: Kubectl, command: Command
) -> None:
    await stage.application(FILES, CONFIG)
    made = command.run("plan", "create", stage.name, "-m", "the first")
    assert made.returncode == 0, made
    assert (await stage.status()).state == "not_deployed"
    (plan,) = [each async for each in stage.client.plans.list(stage.name)]
    assert plan.id in made.stdout
    assert (plan.state, plan.verb, plan.revision, plan.creates, plan.cause) == (
        "open",
        "deploy",
        1,
        3,
        "the first",
    )
    shown = command.run("plan", "show", plan.id)
    assert f"+ create ConfigMap {stage.name}/{stage.name}-settings" in shown.stdout
    applied = command.run("plan", "apply", plan.id)
    assert applied.returncode == 0, applied
    assert (await stage.status()).state == "ready"
    assert image(kubectl, stage) == "web:1"
    ended = await stage.client.plans.show(plan.id)
    assert ended.info.state == "applied"
    operation = await stage.client.operations.show(ended.info.operation)
    assert (operation.cause, operation.revision) == ("the first", 1)
    again = command.run("plan", "apply", plan.id)
    assert (again.returncode, "applied already" in again.stderr) == (4, True), again
    assert "nothing to do" in command.run("plan", "create", stage.name).stdout
    assert (
        "hunter2"
        not in shown.stdout + made.stdout + command.run("plan", "show", plan.id, "-o", "json").stdout
    )


async def test_what_is_applied_is_what_was_shown(stage: Stage, kubectl: Kubectl) -> None:
    await stage.application(FILES, CONFIG)
    await stage.deploy()
    await stage.client.configs.edit(stage.name, CONFIG.replace("web:1", "web:2").replace("red", "blue"))
    plan = await planned(stage)
    assert (plan.updates, plan.creates, plan.deletes, plan.rolls) == (2, 0, 0, ("web",))
    shown = await stage.client.plans.show(plan.id)
    assert {(each.path, each.old, each.new) for each in shown.plan.intent} == {
        ("image", "web:1", "web:2"),
        ("colour", "red", "blue"),
    }
    assert [(each.path, each.new) for each in shown.versions] == [("config", f"{stage.name}@2")]
    changes = {
        (item.key.kind, change.path, change.new)
        for service in shown.plan.services
        for item in service.objects
        for change in item.changes
    }
    assert changes == {
        ("Deployment", "spec.template.spec.containers[main].image", "web:2"),
        ("ConfigMap", "data.colour", "blue"),
    }
    api = kubectl.get("deployment", f"{stage.name}-api", "-n", stage.name)["metadata"]
    await apply(stage, plan)
    assert image(kubectl, stage) == "web:2"
    assert kubectl.get("configmap", f"{stage.name}-settings", "-n", stage.name)["data"] == {"colour": "blue"}
    assert kubectl.get("deployment", f"{stage.name}-api", "-n", stage.name)["metadata"]["generation"] == 1
    assert api["uid"]
    assert await stage.deploy() is None


async def test_one_service_and_a_rollback_are_planned_too(stage: Stage, kubectl: Kubectl) -> None:
    await stage.application(FILES, CONFIG)
    await stage.deploy()
    draft = ApplicationDraft(
        name=stage.name,
        template=stage.name,
        config=stage.name,
        create_namespace=True,
        service_overrides={"web": "image: web:7\n"},
    )
    await stage.client.applications.edit(stage.name, draft)
    plan = await planned(stage, "web")
    shown = await stage.client.plans.show(plan.id)
    assert [(each.path, each.new, each.services) for each in shown.plan.intent] == [
        ("image", "web:7", ("web",))
    ]
    await apply(stage, plan)
    assert image(kubectl, stage) == "web:7"
    back = await planned(stage, rollback=True, revision=1)
    assert (back.verb, back.revision, back.rolls) == ("rollback", 3, ("web",))
    shown = await stage.client.plans.show(back.id)
    assert ("image", "web:7", "web:1") in [(each.path, each.old, each.new) for each in shown.plan.intent]
    await apply(stage, back)
    assert image(kubectl, stage) == "web:1"


def contents(found: list[Any]) -> list[Any]:
    return [(each["metadata"]["uid"], each.get("spec"), each.get("data")) for each in found]


Move = Callable[[Stage, Kubectl], Awaitable[None]]


async def new_config(stage: Stage, _: Kubectl) -> None:
    await stage.client.configs.edit(stage.name, CONFIG.replace("web:1", "web:3"))


async def new_template(stage: Stage, _: Kubectl) -> None:
    await stage.client.templates.import_(stage.name, chart(stage.name, {**FILES, "README.md": "new\n"}))


async def edited(stage: Stage, _: Kubectl) -> None:
    draft = ApplicationDraft(
        name=stage.name,
        template=stage.name,
        config=stage.name,
        create_namespace=True,
        overrides="colour: green\n",
    )
    await stage.client.applications.edit(stage.name, draft)


async def another_revision(stage: Stage, _: Kubectl) -> None:
    await stage.deploy()


async def changed_by_hand(stage: Stage, kubectl: Kubectl) -> None:
    name = f"{stage.name}-web"
    kubectl.run("set", "image", f"deployment/{name}", "main=web:hacked", "-n", stage.name)


async def replaced(stage: Stage, kubectl: Kubectl) -> None:
    manifest = kubectl.run("get", "configmap", f"{stage.name}-settings", "-n", stage.name, "-o", "json")
    kubectl.run("replace", "--force", "-f", "-", text=manifest)


async def deleted(stage: Stage, kubectl: Kubectl) -> None:
    kubectl.run("delete", "configmap", f"{stage.name}-settings", "-n", stage.name)


async def unchanged_one(stage: Stage, kubectl: Kubectl) -> None:
    kubectl.run("set", "image", f"deployment/{stage.name}-api", "main=api:hacked", "-n", stage.name)


@pytest.mark.parametrize(
    ("move", "named"),
    [
        (new_config, "config NAME is at version 3, not 2"),
        (new_template, "template NAME is at version 2, not 1"),
        (edited, "the application was edited"),
        (another_revision, "revision 2 came since; the plan was made on 1"),
        (changed_by_hand, "Deployment.apps NAME/NAME-web was changed in the cluster"),
        (replaced, "ConfigMap NAME/NAME-settings was replaced"),
        (deleted, "ConfigMap NAME/NAME-settings is gone"),
        (unchanged_one, "Deployment.apps NAME/NAME-api was changed in the cluster"),
    ],
    ids=lambda each: each.__name__ if callable(each) else "",
)
async def test_a_plan_is_refused_with_what_moved(
    stage: Stage, kubectl: Kubectl, move: Move, named: str
) -> None:
    await stage.application(FILES, CONFIG)
    await stage.deploy()
    await stage.client.configs.edit(stage.name, CONFIG.replace("web:1", "web:2").replace("red", "blue"))
    plan = await planned(stage)
    await move(stage, kubectl)
    before = kubectl.items("deployments,configmaps", "-n", stage.name)
    revision = (await stage.status()).revision
    with pytest.raises(RemoteError) as refused:
        await stage.client.plans.apply(plan.id)
    assert refused.value.code == "PlanStale"
    told = [each.message for each in refused.value.details]
    assert named.replace("NAME", stage.name) in told, told
    after = kubectl.items("deployments,configmaps", "-n", stage.name)
    specs = [
        [(each["metadata"]["uid"], each.get("spec"), each.get("data")) for each in found]
        for found in (before, after)
    ]
    assert specs[0] == specs[1]
    assert (await stage.status()).revision == revision
    assert (await stage.client.plans.show(plan.id)).info.state == "open"


async def test_what_does_not_matter_makes_no_plan_stale(stage: Stage, kubectl: Kubectl) -> None:
    await stage.application(FILES, CONFIG)
    await stage.deploy()
    await stage.client.configs.edit(stage.name, CONFIG.replace("web:1", "web:2"))
    plan = await planned(stage)
    kubectl.run("annotate", "deployment", f"{stage.name}-api", "note=harmless", "-n", stage.name)
    kubectl.run("scale", "deployment", f"{stage.name}-web", "--replicas=3", "-n", stage.name)
    await apply(stage, plan)
    assert image(kubectl, stage) == "web:2"
    web = kubectl.get("deployment", f"{stage.name}-web", "-n", stage.name)
    assert web["spec"]["replicas"] == 3


async def test_a_plan_is_deleted_and_goes_with_its_application(stage: Stage, command: Command) -> None:
    await stage.application(FILES, CONFIG)
    first, second = await planned(stage), await planned(stage)
    assert command.run("plan", "delete", first.id).returncode == 0
    assert [each.id async for each in stage.client.plans.list(stage.name)] == [second.id]
    missing = command.run("plan", "apply", first.id)
    assert (missing.returncode, f"no plan {first.id}" in missing.stderr) == (3, True), missing
    operation = await stage.client.applications.delete(stage.name)
    await stage.ended(operation)
    assert [each.id async for each in stage.client.plans.list() if each.application == stage.name] == []
