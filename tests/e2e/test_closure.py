"""A service that is deployed or rolled back without the others that it refers to."""

from __future__ import annotations

from typing import Any

import pytest
from tests.e2e.conftest import Command, Kubectl, Stage, chart
from tests.e2e.shop import Shop, workload

from cantata.client import RemoteError

pytestmark = pytest.mark.sandbox

COMMON = """
apiVersion: v1
kind: ConfigMap
metadata: { name: "{{ .Release.Name }}-limits" }
data: { most: "{{ .Values.most }}" }
{{- with .Values.account }}
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: {{ . }} }
{{- end }}
"""
POD = """
      {{- with .Values.account }}
      serviceAccountName: {{ . }}
      {{- end }}
"""
HOOK = """
{{- if .Values.hooked }}
apiVersion: v1
kind: ConfigMap
metadata: { name: hooked, annotations: { helm.sh/hook: "pre-install,pre-upgrade" } }
{{- end }}
"""
HOOKED = "{{ if .Values.hooked }}, { configMapRef: { name: hooked } }{{ end }}"
LIMITS = 'envFrom: [{ configMapRef: { name: "{{ .Release.Name }}-limits" } }' + HOOKED + "] }"
FILES = {
    "cantata.yaml": "layout: file\n",
    "templates/common.yaml": COMMON,
    "templates/before.yaml": HOOK,
    "templates/api.yaml": workload("api"),
    "templates/web.yaml": workload("web", POD).replace(' }}" }', f' }}}}", {LIMITS}', 1),
}
CONFIG = 'api: api:1\nweb: web:1\nmost: "3"\naccount: ""\n'
RUNNER = CONFIG.replace('account: ""', "account: runner")


@pytest.fixture
async def shop(stage: Stage, kubectl: Kubectl) -> Shop:
    await stage.application(FILES, CONFIG)
    operation = await stage.deploy()
    assert operation is not None
    assert operation.state == "succeeded", operation
    return Shop(stage, kubectl)


async def refused(asked: Any) -> RemoteError:
    with pytest.raises(RemoteError) as error:
        await asked
    assert error.value.code == "ReferenceUndeployed"
    return error.value


def accounts(kubectl: Kubectl, namespace: str) -> set[str]:
    found = kubectl.items("serviceaccounts", "-n", namespace)
    return {each["metadata"]["name"] for each in found} - {"default"}


def most(kubectl: Kubectl, shop: Shop) -> str:
    return str(kubectl.get("configmap", f"{shop.name}-limits", "-n", shop.name)["data"]["most"])


async def test_what_would_change_is_told_and_stays_as_it_is(
    shop: Shop, kubectl: Kubectl, command: Command
) -> None:
    await shop.stage.client.configs.edit(shop.name, CONFIG.replace("3", "5").replace("web:1", "web:2"))
    told = f"refers to ConfigMap {shop.name}/{shop.name}-limits of service common, which stays as it is"
    preview = await shop.stage.client.applications.preview(shop.name, ["web"])
    [finding] = [each for each in preview.findings if each.rule == "reference-changed"]
    assert (finding.severity, finding.service) == ("warning", "web")
    assert told in finding.message
    done = command.run("service", "deploy", shop.name, "web")
    assert done.returncode == 0, done.stderr
    assert told in done.stdout
    assert "Add common, or take all that is needed by `--with-dependencies`." in done.stdout
    assert (shop.world().image("web"), most(kubectl, shop)) == ("web:2", "3")
    again = await shop.stage.client.applications.deploy(shop.name, ["web"])
    assert again.operation is None, "nothing of web itself is to be done"
    assert [each.rule for each in again.findings] == ["reference-changed"]
    deployed = await shop.stage.client.applications.deploy(shop.name, ["web"], with_dependencies=True)
    assert (await shop.done(deployed)).services == ("common", "web")
    assert (deployed.findings, most(kubectl, shop)) == ((), "5")
    assert await shop.nothing_to_do()


async def test_what_is_new_has_to_come_along(shop: Shop, kubectl: Kubectl) -> None:
    applications, plans = shop.stage.client.applications, shop.stage.client.plans
    await shop.stage.client.configs.edit(shop.name, RUNNER)
    before = shop.world()
    error = await refused(applications.deploy(shop.name, ["web"]))
    assert f"ServiceAccount {shop.name}/runner of service common, which is not deployed" in str(error)
    assert error.hint == "Add common, or take all that is needed by `--with-dependencies`."
    await refused(plans.create(shop.name, ["web"]))
    preview = await applications.preview(shop.name, ["web"])
    assert [each.severity for each in preview.findings if each.rule == "reference-absent"] == ["error"]
    assert shop.world().changed_since(before) == set()
    planned = await plans.create(shop.name, ["web"], with_dependencies=True)
    assert planned.plan is not None
    assert planned.plan.services == ("common", "web")
    await shop.done(await plans.apply(planned.plan.id))
    assert accounts(kubectl, shop.name) == {"runner"}
    assert shop.world().changed_since(before) == {"web"}


async def test_what_another_service_still_uses_outlives_the_one_that_drops_it(
    shop: Shop, kubectl: Kubectl
) -> None:
    await shop.stage.client.configs.edit(shop.name, RUNNER)
    await shop.stage.deploy()
    await shop.stage.client.configs.edit(shop.name, CONFIG)
    assert await shop.stage.deploy("common") is not None
    assert accounts(kubectl, shop.name) == {"runner"}, "web runs with it"
    await shop.stage.deploy()
    assert accounts(kubectl, shop.name) == set()


async def test_an_earlier_version_is_rolled_back_to_with_what_it_needs(shop: Shop, kubectl: Kubectl) -> None:
    applications = shop.stage.client.applications
    await shop.stage.client.configs.edit(shop.name, RUNNER)
    await shop.stage.deploy()
    await shop.stage.client.configs.edit(shop.name, CONFIG)
    await shop.stage.deploy()
    before = shop.world()
    for revision in (None, 2):
        error = await refused(applications.rollback(shop.name, revision, ["web"]))
        assert f"ServiceAccount {shop.name}/runner of service common, which is not deployed" in str(error)
    assert shop.world().changed_since(before) == set()
    back = await applications.rollback(shop.name, None, ["web"], with_dependencies=True)
    assert (await shop.done(back)).services == ("common", "web")
    assert accounts(kubectl, shop.name) == {"runner"}
    assert shop.world().spec("web")["template"]["spec"]["serviceAccountName"] == "runner"


async def test_what_a_hook_brings_comes_with_the_whole_application(shop: Shop) -> None:
    applications = shop.stage.client.applications
    await shop.stage.client.configs.edit(shop.name, CONFIG + "hooked: true\n")
    error = await refused(applications.deploy(shop.name, ["web"], with_dependencies=True))
    assert f"ConfigMap {shop.name}/hooked of a hook of the application, which is not deployed" in str(error)
    assert error.hint == "Deploy the whole application."
    [skipped] = [
        each
        for each in (await applications.preview(shop.name, ["web"])).findings
        if each.rule == "hooks-skipped"
    ]
    assert skipped.message.endswith(f"do not run: ConfigMap {shop.name}/hooked")
    await shop.stage.deploy()
    assert (await applications.preview(shop.name, ["web"])).findings == ()


async def test_an_object_that_moves_stays_while_only_the_service_that_it_leaves_is_deployed(
    stage: Stage, kubectl: Kubectl
) -> None:
    moving = """---
apiVersion: v1
kind: ConfigMap
metadata: { name: moving, annotations: { cantata.dev/service: OWNER } }
"""
    files = {**FILES, "templates/web.yaml": workload("web", moving.replace("OWNER", "web"))}
    await stage.application(files, CONFIG)
    await stage.deploy()

    def uid() -> str:
        found = kubectl.get("configmap", "moving", "-n", stage.name)
        return str(found["metadata"]["uid"])

    before = uid()
    moved = {**FILES, "templates/web.yaml": workload("web", moving.replace("OWNER", "api"))}
    await stage.client.templates.import_(stage.name, chart(stage.name, moved))
    rules = {each.rule for each in (await stage.client.applications.preview(stage.name)).findings}
    assert "object-moved" in rules
    planned = await stage.client.plans.create(stage.name, ["web"])
    assert planned.plan is not None
    await Shop(stage, kubectl).done(await stage.client.plans.apply(planned.plan.id))
    assert uid() == before, "api would have it"
    assert (await stage.client.applications.preview(stage.name)).findings == (), "it has moved"
    assert await stage.deploy("api") is not None
    assert uid() == before
    assert await Shop(stage, kubectl).nothing_to_do()
