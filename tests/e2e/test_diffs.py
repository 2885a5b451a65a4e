"""What differs: edited and deployed, between revisions, between applications, wanted and live."""

from __future__ import annotations

import json

import pytest
from tests.e2e.conftest import Command, Kubectl, Stage, deployment

from cantata.client import Client, RemoteError
from cantata.contract.applications import ApplicationDraft, CloneDraft
from cantata.contract.diffs import DiffInfo
from cantata.contract.plans import ObjectPlanInfo

pytestmark = pytest.mark.sandbox

FILES = {
    "cantata.yaml": "services:\n  web: { delivery: [{ as: env, prefix: APP_ }] }\n",
    "templates/web.yaml": deployment("web", "{{ .Values.image }}"),
    "templates/api.yaml": deployment("api", "api:1"),
    "templates/secret.yaml": """
apiVersion: v1
kind: Secret
metadata: { name: "{{ .Release.Name }}-web", annotations: { cantata.dev/service: web } }
stringData: { password: "{{ .Values.password }}" }
""",
}
CONFIG = "image: web:1\npassword: !secret hunter2-and-more\n"


def objects(diff: DiffInfo) -> dict[str, ObjectPlanInfo]:
    return {
        f"{item.key.kind} {item.key.name}": item
        for service in diff.services
        for item in service.objects
        if item.action != "unchanged"
    }


async def test_what_was_edited_shows_until_it_is_deployed(stage: Stage) -> None:
    diff = stage.client.applications.diff
    await stage.application(FILES, CONFIG)
    fresh = await diff(stage.name)
    assert (fresh.old, fresh.new, fresh.differs) == ("nothing", "edited", True)
    await stage.deploy()
    assert (await diff(stage.name)).differs is False
    await stage.client.configs.edit(stage.name, CONFIG.replace("web:1", "web:2"))
    edited = await diff(stage.name)
    assert (edited.old, edited.new, edited.differs) == ("revision 1", "edited", True)
    assert [(each.path, each.old, each.new) for each in edited.values] == [("image", "web:1", "web:2")]
    assert [(each.path, each.new) for each in edited.versions] == [("config", f"{stage.name}@2")]
    changed = objects(edited)
    web = changed[f"Deployment {stage.name}-web"]
    image = "spec.template.spec.containers[main].image"
    assert (image, "web:1", "web:2") in [(each.path, each.old, each.new) for each in web.changes]
    assert [service.rolls for service in edited.services] == [True]
    api = await diff(stage.name, ["api"])
    assert (api.services, api.values) == ((), ())
    await stage.deploy()
    again = await diff(stage.name)
    assert (again.differs, again.services, again.values) == (False, (), ())
    with pytest.raises(RemoteError, match="no service nobody"):
        await diff(stage.name, ["nobody"])


async def test_two_revisions_are_compared_by_key_by_file_and_by_field(stage: Stage, command: Command) -> None:
    from tests.e2e.conftest import chart

    await stage.application(FILES, CONFIG)
    await stage.deploy()
    await stage.client.configs.edit(stage.name, "image: web:2\npassword: !secret another-password\n")
    files = {**FILES, "templates/api.yaml": deployment("api", "api:2"), "README.md": "Read.\n"}
    await stage.client.templates.import_(stage.name, chart(stage.name, files))
    await stage.deploy()
    found = await stage.client.applications.diff(stage.name, old=1, new=2)
    assert (found.old, found.new, found.differs) == ("revision 1", "revision 2", True)
    assert {(each.path, each.old, each.new) for each in found.values} >= {
        ("image", "web:1", "web:2"),
        ("password", "****", "****"),
    }
    assert [(each.path, each.new) for each in found.versions] == [
        ("config", f"{stage.name}@2"),
        ("template", f"{stage.name}@2"),
    ]
    assert [(each.path, each.kind) for each in found.files] == [
        ("README.md", "added"),
        ("templates/api.yaml", "changed"),
    ]
    changed = objects(found)
    secret = changed[f"Secret {stage.name}-web"]
    assert [(each.path, each.old, each.new) for each in secret.changes] == [("data.password", "****", "****")]
    assert set(changed) >= {f"Deployment {stage.name}-web", f"Deployment {stage.name}-api"}
    assert (await stage.client.applications.diff(stage.name, old=2, new=2)).differs is False
    of_one = await stage.client.applications.diff(stage.name, ["api", "api"], old=1)
    assert [service.service for service in of_one.services] == ["api"]
    assert of_one.values == (), "it reads neither image nor password"
    shown = command.run("app", "diff", stage.name, "--from", "1", "--exit-code", "--side-by-side")
    assert shown.returncode == 1, shown
    assert "template file templates/api.yaml (+1 -1 lines)" in shown.stdout
    assert "hunter2" not in shown.stdout + shown.stderr
    same = command.run("app", "diff", stage.name, "--exit-code")
    assert (same.returncode, "nothing differs" in same.stdout) == (0, True), same
    wrong = command.run("app", "diff", stage.name, "--from", "1", "--live")
    assert wrong.returncode == 2, wrong
    missing = command.run("app", "diff", stage.name, "--from", "7")
    assert missing.returncode == 3, missing


async def test_two_applications_differ_by_more_than_their_names(stage: Stage, client: Client) -> None:
    await stage.application(FILES, CONFIG)
    await stage.deploy()
    other = Stage(client, f"{stage.name}-b")
    await client.configs.create(other.name, CONFIG.replace("web:1", "web:9"))
    draft = CloneDraft(name=other.name, config=other.name, create_namespace=True)
    await client.applications.clone(stage.name, draft)
    with pytest.raises(RemoteError, match="never deployed"):
        await client.applications.diff(stage.name, other=other.name)
    await other.deploy()
    found = await client.applications.diff(stage.name, other=other.name)
    assert (found.old, found.new) == (f"{stage.name}, revision 1", f"{other.name}, revision 1")
    assert [(each.path, each.old, each.new) for each in found.values if each.path == "image"] == [
        ("image", "web:1", "web:9")
    ]
    for service, keys in {"web": ["image"], "api": []}.items():
        of_one = await client.applications.diff(stage.name, [service], other=other.name)
        assert [each.path for each in of_one.values if each.path != "password"] == keys
        assert of_one.differs is (service == "web")
    changed = objects(found)
    web = changed[f"Deployment {other.name}-web"]
    paths = [change.path for change in web.changes]
    assert "spec.template.spec.containers[main].image" in paths
    assert "metadata.name" not in paths
    assert f"Deployment {other.name}-api" not in changed
    assert [each.reason for each in found.folded] == ["names"]


async def test_what_others_change_is_told_with_manager_and_time(
    stage: Stage, kubectl: Kubectl, command: Command
) -> None:
    await stage.application(FILES, CONFIG)
    with pytest.raises(RemoteError, match="never deployed"):
        await stage.client.applications.diff(stage.name, live=True)
    await stage.deploy()
    live = await stage.client.applications.diff(stage.name, live=True)
    assert (live.differs, objects(live)) == (False, {}), live
    name, at = f"{stage.name}-web", ("-n", stage.name)
    kubectl.run("set", "image", f"deployment/{name}", "main=web:hacked", *at, "--field-manager=intruder")
    kubectl.run("annotate", f"deployment/{name}", "note=hello", *at, "--field-manager=scribe")
    data = json.dumps({"stringData": {"password": "another-password"}})
    kubectl.run("patch", "secret", name, "-p", data, *at, "--field-manager=thief")
    kubectl.run("delete", "deployment", f"{stage.name}-api", *at)
    found = await stage.client.applications.diff(stage.name, live=True)
    changed = objects(found)
    assert found.differs
    web = changed[f"Deployment {name}"]
    (field,) = web.drift
    image = "spec.template.spec.containers[main].image"
    assert (field.path, field.wanted, field.live) == (image, "web:1", "web:hacked")
    assert (field.manager, bool(field.at)) == ("intruder", True)
    assert [(each.path, each.manager) for each in web.foreign] == [("metadata.annotations.note", "scribe")]
    (secret,) = changed[f"Secret {name}"].drift
    assert (secret.path, secret.wanted, secret.live) == ("data.password", "****", "****")
    assert secret.manager == "thief"
    gone = changed[f"Deployment {stage.name}-api"]
    assert (gone.action, gone.reason) == ("delete", "gone from the cluster")
    shown = command.run("app", "diff", stage.name, "--live", "web", "--exit-code")
    assert shown.returncode == 1
    assert f'drift: {image} is "web:hacked", wanted "web:1", by intruder at ' in shown.stdout
    of_one = command.run("service", "diff", stage.name, "web", "--live", "--exit-code")
    assert (of_one.returncode, of_one.stdout) == (1, shown.stdout)
    planned = objects(await stage.client.applications.diff(stage.name))
    assert [each.manager for each in planned[f"Deployment {name}"].drift] == ["intruder"]
    await stage.deploy()
    healed = await stage.client.applications.diff(stage.name, live=True)
    assert healed.differs is False, healed


async def test_replicas_of_an_autoscaler_are_folded(stage: Stage, kubectl: Kubectl) -> None:
    web = deployment("web").replace("spec:\n  selector", "spec:\n  replicas: 1\n  selector")
    await stage.application({"templates/web.yaml": web})
    await stage.deploy()
    kubectl.autoscale(f"{stage.name}-web", stage.name, 3)
    found = await stage.client.applications.diff(stage.name, live=True)
    assert found.differs is False, found
    assert ("autoscaler", 1) in [(each.reason, each.count) for each in found.folded]


async def test_an_application_that_is_not_there_is_named(client: Client) -> None:
    draft = ApplicationDraft(name="nowhere", template="none", config="none")
    with pytest.raises(RemoteError, match=f"no application {draft.name}"):
        await client.applications.diff(draft.name, live=True)
