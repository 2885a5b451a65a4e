"""A config is made of the ConfigMaps and Secrets that a cluster has."""

from __future__ import annotations

import pytest
from tests.e2e.conftest import Kubectl, Server

from cantata.client import Client
from cantata.contract.errors import RemoteError

pytestmark = pytest.mark.sandbox

PASSWORD = "grey-harbour-horse"
BINARY = "apiVersion: v1\nkind: Secret\nmetadata: {name: binary}\ndata: {k: //4=}\n"


@pytest.fixture
def objects(kubectl: Kubectl, namespace: str) -> str:
    """A namespace with objects of every sort."""
    kubectl.run("create", "namespace", namespace)
    for kind in (
        ("configmap", "env", "--from-literal=db.host=db", "--from-literal=PORT=5432"),
        ("configmap", "files", "--from-literal=app.ini=[a]\nb = 1\n"),
        ("configmap", "same", "--from-literal=PORT=1"),
        ("secret", "generic", "keys", f"--from-literal=password={PASSWORD}", "--from-literal=pem=a\nb\n"),
    ):
        kubectl.run("create", *kind, "-n", namespace)
    kubectl.run("apply", "-n", namespace, "-f", "-", text=BINARY)
    return namespace


async def test_a_config_has_the_keys_and_values_of_the_objects(
    client: Client, server: Server, objects: str
) -> None:
    made = await client.configs.import_(
        objects, cluster="default", namespace=objects, config_maps=["env", "files"], secrets=["keys"]
    )
    assert (
        made.message
        == f"ConfigMap env, ConfigMap files, Secret keys of namespace {objects} in cluster default"
    )
    lines = made.text.splitlines()
    assert lines[:7] == [
        "# ConfigMap env",
        'PORT: "5432"',
        "db.host: db",
        "# ConfigMap files",
        "app.ini: |",
        "  [a]",
        "  b = 1",
    ]
    assert [line.partition("ref:")[0] for line in lines[7:]] == [
        "# Secret keys",
        "password: !secret ",
        "pem: !secret ",
    ]
    leaves = {leaf.key: leaf.value async for leaf in client.configs.effective(objects)}
    assert (leaves["PORT"], leaves["app.ini"], leaves["password"]) == ("5432", "[a]\nb = 1\n", "****")
    assert PASSWORD not in server.log
    audited = [(record.verb, record.name) async for record in client.audit.list()]
    assert ("import", objects) in audited


@pytest.mark.parametrize(
    ("config_maps", "secrets", "code", "word"),
    [
        (["none"], [], "SourceObjectNotFound", "there is no ConfigMap none in namespace"),
        (["../secrets/keys"], [], "SourceObjectNotFound", "there is no ConfigMap"),
        ([], ["binary"], "ImportInvalid", "the value of k is binary"),
        (["env", "same"], [], "ImportInvalid", "the key PORT is in ConfigMap env too"),
        ([], [], "ImportInvalid", "no ConfigMap and no Secret is named"),
    ],
)
async def test_what_cannot_be_imported_is_named_and_nothing_is_made(
    config_maps: list[str], secrets: list[str], code: str, word: str, client: Client, objects: str
) -> None:
    with pytest.raises(RemoteError, match=word) as caught:
        await client.configs.import_(
            objects, cluster="default", namespace=objects, config_maps=config_maps, secrets=secrets
        )
    assert caught.value.code == code
    with pytest.raises(RemoteError, match=f"there is no config {objects}"):
        await client.configs.show(objects)
