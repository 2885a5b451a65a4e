"""An application leaves as a chart: plain Helm makes the same pods, and rolls what a value changes; and as
manifests."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.e2e.conftest import Command, Kubectl, Server, Stage
from tests.e2e.shop import CONFIG, FILES, Shop
from tests.e2e.test_one_of_ten import shop
from tests.e2e.test_services_edit import NODE

from cantata.client import Client, RemoteError
from cantata.core.export.same import differences
from cantata.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

WORKLOADS = "deployments,statefulsets,daemonsets,jobs,cronjobs"
TEN = 10


class Helm:
    """The real command, against the sandbox."""

    def __init__(self, sandbox: Sandbox, namespace: str) -> None:
        self._program = str(sandbox.tool("helm"))
        self._where = ["--kubeconfig", str(sandbox.kubeconfig), "--namespace", namespace]

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [self._program, *words, *self._where], capture_output=True, text=True, check=False, timeout=180
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def templates(kubectl: Kubectl, namespace: str) -> list[dict[str, Any]]:
    """The workloads with nothing but their pods, and the config that these read."""
    found = [
        {
            "apiVersion": each["apiVersion"],
            "kind": each["kind"],
            "metadata": {"name": each["metadata"]["name"]},
            "spec": pods_of(each),
        }
        for each in kubectl.items(WORKLOADS, "-n", namespace)
        if not each["metadata"].get("ownerReferences")
    ]
    for each in kubectl.items("configmaps,secrets", "-n", namespace):
        kept = {key: each[key] for key in ("apiVersion", "kind", "data", "immutable") if key in each}
        if each.get("immutable"):
            found.append({**kept, "metadata": {"name": each["metadata"]["name"]}})
    return found


def pods_of(workload: dict[str, Any]) -> Any:
    spec = workload["spec"].get("jobTemplate", workload)["spec"]["template"]
    labels = {
        key: value
        for key, value in spec["metadata"]["labels"].items()
        if key not in ("cantata.dev/application", "controller-uid", "job-name")
        and not key.startswith("batch.kubernetes.io/")
    }
    return {"labels": labels, "spec": spec["spec"]}


def generations(kubectl: Kubectl, namespace: str) -> dict[str, int]:
    return {
        each["metadata"]["name"]: each["metadata"]["generation"]
        for each in kubectl.items("deployments,statefulsets,daemonsets", "-n", namespace)
    }


async def test_helm_installs_the_same_pods_and_rolls_what_a_value_changes(
    stage: Stage, kubectl: Kubectl, command: Command, sandbox: Sandbox, tmp_path: Path
) -> None:
    await shop(stage, "manual")
    chart, release, elsewhere = tmp_path / "shop", stage.name, f"{stage.name}-helm"
    done = command.run("app", "export", stage.name, "--standalone", "--with-secrets", "--to", str(chart))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "checked: Helm makes the same of it" in done.stdout
    values = [str(chart / f"{kind}-{stage.name}.yaml") for kind in ("values", "secrets")]
    given = [word for file in values for word in ("-f", file)]

    helm = Helm(sandbox, elsewhere)
    helm.run("install", release, str(chart), *given, "--create-namespace", "--wait", "--timeout", "150s")
    ours, theirs = templates(kubectl, stage.name), templates(kubectl, elsewhere)
    assert sum(each["kind"] not in ("ConfigMap", "Secret") for each in ours) == TEN
    assert differences(ours, theirs, release) == []

    before = generations(kubectl, elsewhere)
    helm.run("upgrade", release, str(chart), *given, "--set", "catalog.pageSize=12", "--wait")
    after = generations(kubectl, elsewhere)
    assert {name for name in after if after[name] != before[name]} == {"catalog"}
    (catalog,) = (each for each in templates(kubectl, elsewhere) if each["metadata"]["name"] == "catalog")
    (size,) = (
        each for each in catalog["spec"]["spec"]["containers"][0]["env"] if each["name"] == "PAGE_SIZE"
    )
    name = size["valueFrom"]["configMapKeyRef"]["name"]
    assert kubectl.get("configmap", name, "-n", elsewhere)["data"]["catalog.pageSize"] == "12"
    kubectl.run("delete", "namespace", elsewhere, "--wait=false")

    waiting = f"{stage.name}-wait"
    wait = "global.cantata.wait.initContainers=true,global.cantata.wait.image=kubectl:1"
    where = ("--create-namespace", "--wait", "--timeout", "150s")
    Helm(sandbox, waiting).run("install", release, str(chart), *given, "--set", wait, *where)
    (gateway,) = kubectl.items("pods", "-n", waiting, "-l", "app.kubernetes.io/name=gateway")
    assert [each["args"][-1] for each in gateway["spec"]["initContainers"]] == [
        "deployment/catalog",
        "deployment/orders",
    ]
    kubectl.run("delete", "namespace", waiting, "--wait=false")


TOKEN = "t0ken-of-the-export"
DELIVERY = "web: [{ as: env, keys: [api, token] }]\ndb: [{ as: file, mountPath: /all.yaml, format: yaml }]\n"


async def adjusted(stage: Stage, kubectl: Kubectl) -> Shop:
    """Deployed, with all that can be asked of services, and what an application delivers itself."""
    await stage.application(
        FILES,
        f"{CONFIG}token: !secret {TOKEN}\nlimit: 1000000\n",
        delivery=DELIVERY,
        service_overrides={"api": "api: api:2\n"},
    )
    operation = await stage.deploy()
    assert operation is not None
    assert operation.state == "succeeded", operation.error
    shop = Shop(stage, kubectl)
    await shop.done(await shop.services.scale(shop.name, ["api"], 3))
    await shop.ask("restart", "api")
    await shop.ask("pause", "db")
    await shop.services.edit(shop.name, "web", patches=[NODE])
    return shop


async def test_what_was_asked_of_services_is_in_the_chart(
    stage: Stage, kubectl: Kubectl, server: Server, command: Command, tmp_path: Path
) -> None:
    shop = await adjusted(stage, kubectl)
    exported = await stage.client.exports.chart(shop.name)
    assert (exported.differences, exported.secret_keys, exported.secrets) == ((), ("token",), "")
    asked = yaml.safe_load(exported.values)["global"]["cantata"]["services"]
    restarted = asked["api"].pop("restartedAt")
    assert restarted == shop.world().restarted("api")
    assert asked == {
        "api": {"replicas": 3, "values": {"api": "api:2"}},
        "db": {"paused": True},
        "web": {
            "edits": [
                {
                    "object": "Deployment/{release}-web",
                    "path": ["spec", "template", "spec", "nodeSelector"],
                    "value": {"kubernetes.io/os": "linux"},
                }
            ]
        },
    }
    assert TOKEN not in exported.values

    viewer = await stage.client.tokens.create(f"{shop.name}-viewer", "viewer")
    async with Client(server.url, viewer.token) as client:
        assert (await client.exports.chart(shop.name)).differences == ()
        for reveal in (
            lambda: client.exports.chart(shop.name, reveal=True),
            lambda: client.exports.manifests(shop.name, reveal=True),
        ):
            with pytest.raises(RemoteError) as refused:
                await reveal()
            assert refused.value.code == "Forbidden"
    revealed = await stage.client.exports.chart(shop.name, reveal=True)
    assert yaml.safe_load(revealed.secrets) == {"token": TOKEN}
    audited = [entry async for entry in stage.client.audit.list() if entry.name == shop.name]
    assert (audited[0].verb, audited[0].noun, audited[0].detail) == (
        "reveal",
        "application",
        "secrets for a chart: token",
    )

    archive = tmp_path / "out" / "shop.tgz"
    done = command.run("app", "export", shop.name, "--standalone", "-o", str(archive), "--with-secrets")
    assert done.returncode == 0, done.stdout + done.stderr
    modes = {path.name: path.stat().st_mode & 0o077 for path in archive.parent.iterdir()}
    assert modes[f"secrets-{shop.name}.yaml"] == 0
    assert modes.keys() == {"shop.tgz", f"values-{shop.name}.yaml", f"secrets-{shop.name}.yaml"}
    assert f"helm install {shop.name} {archive} -n {shop.name} -f " in done.stdout


async def test_manifests_are_what_kubectl_takes(
    stage: Stage, kubectl: Kubectl, command: Command, tmp_path: Path
) -> None:
    shop = await adjusted(stage, kubectl)
    now = await stage.client.exports.manifests(shop.name)
    assert [part.name for part in now] == ["db", "api", "web"]
    assert TOKEN not in "".join(part.text for part in now)
    first = await stage.client.exports.manifests(shop.name, 1)
    assert [_replicas(parts, "api") for parts in (first, now)] == [2, 3]
    assert [_replicas(parts, "db") for parts in (first, now)] == [2, 0]
    assert "nodeSelector" not in "".join(part.text for part in first)

    folder = tmp_path / "manifests"
    done = command.run("app", "export", shop.name, "--manifests", "--to", str(folder), "--with-secrets")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["01-db.yaml", "02-api.yaml", "03-web.yaml"]
    assert folder.stat().st_mode & 0o077 == 0
    apply = ("apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f")
    applied = kubectl.run(*apply, str(folder))
    assert applied.count("serverside-applied") == sum(len(part.objects) for part in now)
    masked = command.run("app", "export", shop.name, "--manifests")
    assert masked.returncode == 0
    with pytest.raises(AssertionError, match="illegal base64"):
        kubectl.run(*apply, "-", text=masked.stdout)


def _replicas(parts: Any, service: str) -> int:
    (text,) = (part.text for part in parts if part.name == service)
    (found,) = (each for each in yaml.safe_load_all(text) if each and each["kind"] == "Deployment")
    return int(found["spec"]["replicas"])
