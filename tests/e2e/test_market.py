"""The market that Cantata serves, as the real `helm` takes it."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import msgspec
import pytest
from tests.api.conftest import chart
from tests.e2e.conftest import Kubectl, Server

from cantata.client import Client
from cantata.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

CONFIG = (
    "kind: ConfigMap\napiVersion: v1\nmetadata: {name: {{ .Release.Name }}-web}\ndata: {a: {{ .Values.a }}}\n"
)


class Helm:
    """With a home of its own, in which it keeps its repositories."""

    def __init__(self, home: Path, kubeconfig: Path) -> None:
        self._program = Sandbox().tool("helm")
        self._home = home
        self._kubeconfig = kubeconfig

    def run(self, *arguments: str, given: str = "", fails: bool = False) -> str:
        done = subprocess.run(
            [self._program, *arguments],
            env={"HOME": str(self._home), "KUBECONFIG": str(self._kubeconfig)},
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode != 0) is fails, done.stderr
        return done.stderr if fails else done.stdout


async def publish(client: Client, name: str, version: str, default: str) -> str:
    """The digest of the archive."""
    files = {
        "Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: {version}\ndescription: Of our own\n",
        "values.yaml": f"a: {default}\n",
        "templates/web.yaml": CONFIG,
    }
    await client.templates.import_(name, chart("any-folder", files))
    return (await client.market.publish(name)).digest


async def test_helm_adds_searches_pulls_and_installs(
    server: Server, client: Client, kubeconfig: Path, kubectl: Kubectl, namespace: str, tmp_path: Path
) -> None:
    helm = Helm(tmp_path, kubeconfig)
    name = f"served-{namespace}"
    older = await publish(client, name, "1.9.0", "one")
    await publish(client, name, "1.10.0+build.1", "two")
    url = f"{server.url}/market/default"
    login = ("--username", "any", "--password-stdin")

    assert "401" in helm.run("repo", "add", "own", url, fails=True)
    assert "401" in helm.run("repo", "add", "own", url, *login, given="wrong", fails=True)
    helm.run("repo", "add", "own", url, *login, given=server.token)
    found = msgspec.json.decode(helm.run("search", "repo", name, "--versions", "-o", "json"))
    assert [(each["version"], each["description"]) for each in found] == [
        ("1.10.0+build.1", "Of our own"),
        ("1.9.0", "Of our own"),
    ]
    helm.run("pull", f"own/{name}", "--version", "~1.9", "--destination", str(tmp_path))
    pulled = (tmp_path / f"{name}-1.9.0.tgz").read_bytes()
    assert f"sha256:{hashlib.sha256(pulled).hexdigest()}" == older
    helm.run("install", "rel", f"own/{name}", "-n", namespace, "--create-namespace")
    (config,) = [
        each for each in kubectl.items("configmaps", "-n", namespace) if each["metadata"]["name"] == "rel-web"
    ]
    assert config["data"] == {"a": "two"}

    await client.market.open(public=True)
    try:
        helm.run("repo", "add", "everybody", url)
        helm.run("pull", f"everybody/{name}", "--destination", str(tmp_path))
        assert (tmp_path / f"{name}-1.10.0+build.1.tgz").is_file()
    finally:
        await client.market.open(public=False)
