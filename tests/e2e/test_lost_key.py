"""An application that runs, a key file that is lost, and the way back to deploys."""

from __future__ import annotations

import subprocess

import pytest
from tests.e2e.conftest import CANTATA, Kubectl, Stage, deployment
from tests.e2e.faults import own_server

from cantata.contract.config_edits import KeyEdit
from cantata.contract.errors import RemoteError
from cantata.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

FILES = {
    "values.yaml": "password: ''\n",
    "templates/web.yaml": deployment("web"),
    "templates/secret.yaml": (
        "apiVersion: v1\nkind: Secret\nmetadata: { name: '{{ .Release.Name }}-s' }\n"
        "stringData: { password: '{{ .Values.password }}' }\n"
    ),
}


async def test_an_application_is_deployed_again_another_one_deleted(
    sandbox: Sandbox, namespace: str, kubectl: Kubectl, tmp_path_factory: pytest.TempPathFactory
) -> None:
    gone = f"{namespace}-gone"
    own = own_server(tmp_path_factory.mktemp("own"))
    own.start()
    try:
        async with own.client() as client:
            await client.clusters.add("default", sandbox.kubeconfig.read_text())
            stage = Stage(client, namespace)
            await stage.application(FILES, "password: !secret lost-e2e-secret\n")
            other = Stage(client, gone)
            await other.application(FILES, "password: !secret lost-e2e-secret\n")
            for first in (await stage.deploy(), await other.deploy()):
                assert first is not None
                assert first.state == "succeeded"
        own.stop()
        (own.folder / "key").unlink()
        given_up = [CANTATA, "server", "replace-lost-key"]
        subprocess.run(given_up, env=own.environment, check=True, capture_output=True)  # noqa: ASYNC221
        own.start()
        async with own.client() as client:
            await come_back(Stage(client, namespace), sandbox.kubeconfig.read_text())
            other = Stage(client, gone)
            deleted = await other.ended(await client.applications.delete(gone))
            assert deleted.state == "succeeded", deleted
            assert kubectl.items("deployments", "-n", gone) == []
    finally:
        assert own.stop() == 0, own.log[-4000:]


async def come_back(stage: Stage, kubeconfig: str) -> None:
    client, name = stage.client, stage.name
    assert (await stage.status()).revision == 1
    assert [each.number async for each in client.applications.history(name)] == [1]
    assert [each.state async for each in client.operations.list()] == ["succeeded"] * 2

    async def refused(code: str, *services: str) -> None:
        with pytest.raises(RemoteError) as error:
            await client.applications.preview(name, services)
        assert (error.value.code, error.value.category) == (code, "conflict")
        assert error.value.hint

    await refused("SecretUnreadable")
    await client.configs.set(name, [KeyEdit("password", secret="anew-e2e-secret")])
    await refused("ClusterCredentialsUnreadable")
    await client.clusters.edit("default", kubeconfig)
    await refused("RevisionUnreadable", "web")
    (told,) = [each async for each in client.configs.where(name, "password")]
    assert "revision 1" in told.error
    plan = await client.applications.preview(name)
    assert "revision-lost" in {finding.rule for finding in plan.findings}
    again = await stage.deploy()
    assert again is not None
    assert again.state == "succeeded", again
    assert await stage.deploy() is None, "nothing is left to do"
    with pytest.raises(RemoteError, match="revision 1"):
        await client.applications.rollback(name, 1)
