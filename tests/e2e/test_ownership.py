"""What is somebody else's stays theirs."""

from __future__ import annotations

import pytest
from tests.e2e.conftest import Kubectl, Stage, deployment

from cantata.client import RemoteError

pytestmark = pytest.mark.sandbox


async def test_a_foreign_object_of_the_same_name_is_refused(stage: Stage, kubectl: Kubectl) -> None:
    kubectl.run("create", "namespace", stage.name)
    kubectl.run("create", "deployment", f"{stage.name}-web", "--image=other:1", "-n", stage.name)
    await stage.application(
        {"templates/web.yaml": deployment("web"), "templates/api.yaml": deployment("api")}
    )
    with pytest.raises(RemoteError) as refused:
        await stage.deploy()
    assert refused.value.code == "ObjectOwnedByOther"
    assert f"{stage.name}-web" in str(refused.value)
    found = {each["metadata"]["name"]: each for each in kubectl.items("deployments", "-n", stage.name)}
    assert set(found) == {f"{stage.name}-web"}
    assert found[f"{stage.name}-web"]["spec"]["template"]["spec"]["containers"][0]["image"] == "other:1"
    assert (await stage.status()).state == "not_deployed"


async def test_what_somebody_put_in_the_place_of_a_deleted_object_is_refused(
    stage: Stage, kubectl: Kubectl
) -> None:
    settings = """
---
apiVersion: v1
kind: ConfigMap
metadata: { name: "{{ .Release.Name }}-settings" }
data: { colour: red }
"""
    await stage.application({"templates/web.yaml": deployment("web", more=settings)})
    await stage.deploy()
    name = f"{stage.name}-settings"
    kubectl.run("delete", "configmap", name, "-n", stage.name)
    kubectl.run("create", "configmap", name, "--from-literal=of=others", "-n", stage.name)
    with pytest.raises(RemoteError) as refused:
        await stage.deploy()
    assert refused.value.code == "ObjectOwnedByOther"
    assert kubectl.get("configmap", name, "-n", stage.name)["data"] == {"of": "others"}
    ended = await stage.ended(await stage.client.applications.delete(stage.name))
    assert ended.state == "succeeded", ended
    assert kubectl.get("configmap", name, "-n", stage.name)["data"] == {"of": "others"}


async def test_a_missing_namespace_is_an_error_unless_it_may_be_created(stage: Stage) -> None:
    await stage.application({"templates/web.yaml": deployment("web")}, create_namespace=False)
    with pytest.raises(RemoteError) as refused:
        await stage.deploy()
    assert refused.value.code == "NamespaceMissing"
    assert refused.value.hint
