"""What comes at the same time, and what no longer fits together: nothing is lost, and it is said."""

from __future__ import annotations

import asyncio

import pytest
from tests.e2e.conftest import Kubectl, Stage, chart, deployment
from tests.e2e.refusals import Refusal, nothing_happens, refused

from cantata.client import RemoteError
from cantata.errors import Category

pytestmark = pytest.mark.sandbox

SPEC = "layout: file\nservices:\n  api: { dependsOn: [db] }\n"
FILES = {
    "cantata.yaml": SPEC,
    "templates/db.yaml": deployment("db"),
    "templates/api.yaml": deployment("api"),
}
KINDS = "deployments,configmaps"


def there(kubectl: Kubectl, namespace: str) -> dict[str, str]:
    """UIDs by kind and name."""
    return {
        f"{each['kind']} {each['metadata']['name']}": each["metadata"]["uid"]
        for each in kubectl.items(KINDS, "-n", namespace)
        if each["metadata"]["name"] != "kube-root-ca.crt"
    }


async def deployed(stage: Stage) -> None:
    await stage.application(FILES)
    operation = await stage.deploy()
    assert operation is not None
    assert operation.state == "succeeded", operation


async def test_two_deletes_at_once_are_one_and_take_only_what_is_ours(stage: Stage, kubectl: Kubectl) -> None:
    await deployed(stage)
    name, applications = stage.name, stage.client.applications
    kubectl.run("create", "configmap", "of-somebody-else", "-n", name)
    foreign = there(kubectl, name)["ConfigMap of-somebody-else"]
    one, other = await asyncio.gather(applications.delete(name), applications.delete(name))
    assert one.id == other.id
    with pytest.raises(RemoteError) as late:
        await applications.deploy(name)
    assert late.value.code in ("ApplicationDeleting", "ApplicationNotFound")
    ended = await stage.ended(one)
    assert ended.state == "succeeded", ended
    assert there(kubectl, name) == {"ConfigMap of-somebody-else": foreign}
    told = stage.client.events.follow(application=name, types=("operation",), onward=False)
    states = [each.data["state"] async for each in told if each.data.get("verb") == "delete"]
    assert states == ["queued", "running", "succeeded"]


async def test_a_template_that_lost_what_others_depend_on_is_refused(stage: Stage, kubectl: Kubectl) -> None:
    await deployed(stage)
    name, client = stage.name, stage.client
    before = there(kubectl, name)
    lost = {key: text for key, text in FILES.items() if "db" not in key}
    await client.templates.import_(name, chart(name, lost))
    refusal = Refusal(
        "DependencyUnknown",
        Category.INVALID,
        "cantata.yaml:3 (services.api.dependsOn.db)",
        "service api depends on db, which is no service",
        "service api",
        "The services are: api",
    )
    async with nothing_happens(client, kubectl, name):
        await refused(stage.deploy, refusal, name)
        await refused(lambda: client.applications.deploy(name, ["api"]), refusal, name)
    assert there(kubectl, name) == before
    assert (await stage.status()).state == "ready"
