"""Templates are made of what runs: of objects that kubectl applied, and of releases that helm installed."""

from __future__ import annotations

import base64
import gzip
import json
import os
import subprocess
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.e2e.conftest import Command, Kubectl, Stage
from tests.e2e.test_bad_clusters import as_user, edited
from tests.render.conftest import ROOT
from tests.render.test_bundle import namespaced

from cantata.client import Client
from cantata.contract.errors import RemoteError
from cantata.contract.template_imports import (
    ImportWishRequest,
    MadeTemplateInfo,
    NamespaceImportRequest,
    ReleaseImportRequest,
)
from cantata.core.model.charts import Capabilities, Numbers, Release, RenderedObject, RenderInputs
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.stamp import normalise, place
from cantata.kube import KubeCluster
from cantata.render import RenderPool, build_worker
from cantata.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

PASSWORD = "grey-harbour-horse"
HELMS_OWN = Capabilities("")
PREVIEW = ImportWishRequest(preview=True)
MORE = f"""---
apiVersion: v1
kind: ConfigMap
metadata: {{ name: shop-config }}
data: {{ db.host: postgres, db.port: "5432", db.name: shop, db.user: shop, db.password: x, logLevel: info,
         cache.host: cache, catalog.host: catalog, catalog.port: "8080", catalog.pageSize: "24",
         orders.host: orders, orders.port: "8080", gateway.routes.orders.timeoutSeconds: "15",
         nginx.conf: "server {{}}" }}
---
apiVersion: v1
kind: Secret
metadata: {{ name: web-login }}
stringData: {{ password: {PASSWORD} }}
"""


@pytest.fixture
async def pool() -> AsyncIterator[RenderPool]:
    async with RenderPool(build_worker(print)) as pool:
        yield pool


class Helm:
    """The real helm, against the sandbox."""

    def __init__(self, sandbox: Sandbox, home: Path) -> None:
        self._program = sandbox.tool("helm")
        self._environment = {"HOME": str(home), "KUBECONFIG": str(sandbox.kubeconfig)}

    def run(self, *words: str, **environment: str) -> str:
        done = subprocess.run(
            [self._program, *words],
            env={**self._environment, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def helm(sandbox: Sandbox, tmp_path: Path) -> Helm:
    return Helm(sandbox, tmp_path)


def public_chart(name: str) -> str:
    folder = Path(os.environ.get("CANTATA_TEST_DATA", ROOT.parent / "shared" / "data")) / "charts"
    found = sorted(folder.glob(f"{name}-[0-9]*.tgz"))
    if not found:
        pytest.skip(f"no chart {name} in {folder}; set CANTATA_TEST_DATA to the folder that has it")
    return str(found[0])


def sent(manifests: list[Manifest], namespace: str) -> dict[ObjectKey, Manifest]:
    """As a deploy would send them."""
    placed = place([RenderedObject("", 0, each) for each in manifests if each], namespace, namespaced)
    return {ObjectKey.of(each.manifest): normalise(each.manifest)[0] for each in placed}


async def parsed(pool: RenderPool, text: str) -> list[Manifest]:
    return [msgspec.json.decode(document.value) for document in await pool.parse_yaml(text)]


async def rendered(
    pool: RenderPool,
    made: MadeTemplateInfo,
    release: Release,
    *,
    secrets: str = "",
    numbers: Numbers = Numbers.EXACT,
    capabilities: Capabilities = HELMS_OWN,
) -> dict[ObjectKey, Manifest]:
    """What a preview's template gives with its config; all its secrets are the same one."""
    archive = await pool.pack({path: text.encode() for path, text in made.files.items()}, "made")
    chart = await pool.load(archive)
    (config,) = await parsed(pool, made.config_text.replace("****", secrets)) or [{}]

    async def given() -> bytes:
        return archive

    values = msgspec.Raw(msgspec.json.encode(config or {}))
    found = await pool.render(RenderInputs(chart.digest, release, capabilities, values, numbers), given)
    return sent([each.manifest for each in found.objects], release.namespace)


async def test_a_namespace_becomes_a_template_that_runs_elsewhere(
    client: Client, stage: Stage, kubectl: Kubectl, helm: Helm, pool: RenderPool, namespace: str
) -> None:
    live = f"{namespace}-live"
    kubectl.run("create", "namespace", live)
    applied = helm.run("template", "shop", str(ROOT / "examples" / "shop"), "-n", live) + MORE
    kubectl.run("apply", "-n", live, "-f", "-", text=applied)
    request = NamespaceImportRequest("default", live, wish=PREVIEW)
    preview = await client.imports.namespace(namespace, request)
    assert await rendered(pool, preview, Release("any", live), secrets=PASSWORD) == sent(
        await parsed(pool, applied), live
    )
    assert PASSWORD not in str(preview)
    assert {service.name for service in preview.services} == {
        "cache", "catalog", "gateway", "log-agent", "migrate", "orders", "payment", "postgres", "report",
        "shared", "web",
    }  # fmt: skip
    kinds = {each.object.split(" ")[0] for each in preview.left_out}
    assert {"ServiceAccount", "ConfigMap", "ReplicaSet.apps", "Pod", "PersistentVolumeClaim"} <= kinds

    made = await client.imports.namespace(namespace, NamespaceImportRequest("default", live))
    assert made.config == namespace
    deployed = await deploy(stage, namespace)
    assert {each.state for each in (await stage.status()).services} == {"ready"}
    assert deployed == "succeeded"
    secret = kubectl.get("secret", "web-login", "-n", namespace)
    assert base64.b64decode(secret["data"]["password"]).decode() == PASSWORD


async def deploy(stage: Stage, name: str) -> str:
    from cantata.contract.applications import ApplicationDraft

    draft = ApplicationDraft(name=name, template=name, config=name, create_namespace=True)
    await stage.client.applications.create(draft)
    operation = await stage.deploy()
    assert operation is not None
    return operation.state


DEMO = {
    "replicaCount": 2,
    "adminPassword": PASSWORD,
    "podAnnotations": {"example.com/x": "y"},
    "ingress": {
        "enabled": True,
        "hosts": [{"host": "demo.example.com", "paths": [{"path": "/", "pathType": "Prefix"}]}],
    },
}


def _write(path: Path, text: str) -> None:
    path.write_text(text)


def _texts(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}


def without_parsed(files: Mapping[str, str]) -> dict[str, str]:
    """Helm keeps these two parsed."""
    return {path: text for path, text in files.items() if path not in ("Chart.yaml", "values.yaml")}


@pytest.mark.parametrize("driver", ["secret", "configmap"])
async def test_a_release_becomes_its_chart_and_the_values_of_its_user(
    driver: str,
    client: Client,
    cluster: KubeCluster,
    helm: Helm,
    pool: RenderPool,
    tmp_path: Path,
    namespace: str,
) -> None:
    helm.run("create", str(tmp_path / "demo"))
    file = tmp_path / "values.json"
    _write(file, json.dumps(DEMO))
    words = ("install", "prod", str(tmp_path / "demo"), "-n", namespace, "--create-namespace")
    helm.run(*words, "-f", str(file), HELM_DRIVER=driver)
    manifest = helm.run("get", "manifest", "prod", "-n", namespace, HELM_DRIVER=driver)
    hooks = helm.run("get", "hooks", "prod", "-n", namespace, HELM_DRIVER=driver)
    listed = [each async for each in client.clusters.helm_releases("default", namespace)]
    assert [(each.name, each.revision, each.status) for each in listed] == [("prod", 1, "deployed")]

    request = ReleaseImportRequest("default", namespace, "prod", wish=PREVIEW)
    preview = await client.imports.release(namespace, request)
    ours = await rendered(
        pool,
        preview,
        Release("prod", namespace),
        secrets=PASSWORD,
        numbers=Numbers.HELM,
        capabilities=await cluster.capabilities(),
    )
    assert ours == sent(await parsed(pool, manifest) + await parsed(pool, hooks), namespace)
    assert not [each for each in preview.findings if each.rule == "release-differs"]
    assert without_parsed(preview.files) == without_parsed(_texts(tmp_path / "demo"))
    made = await client.imports.release(namespace, ReleaseImportRequest("default", namespace, "prod"))
    assert made.version is not None
    assert (made.version.chart, made.release, made.config) == ("demo", "prod", namespace)
    config = await client.configs.show(namespace)
    assert "adminPassword: !secret ref:" in config.text
    again = await client.imports.release(namespace, ReleaseImportRequest("default", namespace, "prod"))
    assert not again.fresh


async def test_a_release_whose_subcharts_helm_has_not_kept_becomes_a_template_of_its_objects(
    client: Client, helm: Helm, pool: RenderPool, namespace: str
) -> None:
    helm.run("install", namespace, public_chart("prometheus"), "-n", namespace, "--create-namespace")
    try:
        manifest = helm.run("get", "manifest", namespace, "-n", namespace)
        request = ReleaseImportRequest("default", namespace, namespace, wish=PREVIEW)
        preview = await client.imports.release(namespace, request)
        assert "release-without-chart" in [each.rule for each in preview.findings]
        ours = await rendered(pool, preview, Release(namespace, namespace))
        assert ours == sent(await parsed(pool, manifest), namespace)
        assert {each.name for each in preview.services} >= {"server", "alertmanager", "kube-state-metrics"}
    finally:
        helm.run("uninstall", namespace, "-n", namespace)


def keep(kubectl: Kubectl, namespace: str, name: str, payload: bytes) -> None:
    labels = {"owner": "helm", "name": name, "version": "1", "status": "deployed"}
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "helm.sh/release.v1",
        "metadata": {"name": f"sh.helm.release.v1.{name}.v1", "labels": labels},
        "data": {"release": base64.b64encode(base64.b64encode(payload)).decode()},
    }
    kubectl.run("create", "-n", namespace, "-f", "-", text=json.dumps(secret))


def release_of(namespace: str, files: Mapping[str, bytes], **more: Any) -> bytes:
    chart = {
        "metadata": {"apiVersion": "v2", "name": "evil", "version": "1.0.0"},
        "templates": [
            {"name": path, "data": base64.b64encode(data).decode()} for path, data in files.items()
        ],
    }
    return gzip.compress(
        json.dumps({"name": "evil", "namespace": namespace, "chart": chart, **more}).encode()
    )


async def test_hostile_releases_are_refused_and_nothing_is_stored(
    client: Client, kubectl: Kubectl, namespace: str
) -> None:
    kubectl.run("create", "namespace", namespace)
    bomb = gzip.compress(b" " * (80 << 20))
    endless = b"a: {{ range $i := until 100000000 }}x{{ end }}"
    cases = {
        "bomb": (bomb, "HelmReleaseInvalid", "larger than 64 MiB"),
        "noise": (b"\x1f\x8b\x08noise", "HelmReleaseInvalid", "neither gzip nor base64"),
        "other": (release_of("elsewhere", {}), "HelmReleaseInvalid", "says that it is"),
        "path": (release_of(namespace, {"../../etc/x": b""}, name="path"), "ChartInvalid", "leaves"),
        "list": (release_of(namespace, {}, name="list", config=[1]), "HelmReleaseInvalid", "not JSON"),
        "loop": (release_of(namespace, {"templates/a.yaml": endless}, name="loop"), "RenderOutOfMemory", "."),
    }  # fmt: skip
    for name, (payload, code, word) in cases.items():
        keep(kubectl, namespace, name, payload)
        with pytest.raises(RemoteError, match=word) as caught:
            await client.imports.release(namespace, ReleaseImportRequest("default", namespace, name))
        assert caught.value.code == code, caught.value
        assert caught.value.category != "internal", caught.value
    with pytest.raises(RemoteError, match="there is no release"):
        await client.imports.release(namespace, ReleaseImportRequest("default", namespace, "a,owner=x"))
    with pytest.raises(RemoteError, match="there is no template"):
        await client.templates.show(namespace)


async def test_kinds_that_may_not_be_listed_are_told(
    client: Client, kubectl: Kubectl, sandbox: Sandbox, namespace: str
) -> None:
    kubectl.run("create", "namespace", namespace)
    kubectl.run("create", "configmap", "seen", "--from-literal=a=b", "-n", namespace)
    kubectl.run("create", "secret", "generic", "unseen", "--from-literal=a=b", "-n", namespace)
    await client.clusters.add(namespace, edited(sandbox, as_user(sandbox.tokens["viewer"])))
    try:
        request = NamespaceImportRequest(namespace, namespace, wish=PREVIEW)
        preview = await client.imports.namespace(namespace, request)
        told = [each.message for each in preview.findings if each.rule == "kind-forbidden"]
        assert any(message.startswith("Secret is not imported") for message in told)
        assert [each.objects for each in preview.services] == [(f"ConfigMap {namespace}/seen",)]
        with pytest.raises(RemoteError, match="there is no namespace"):
            await client.imports.namespace(namespace, NamespaceImportRequest(namespace, "no-such-namespace"))
    finally:
        await client.clusters.remove(namespace)


SMALL = "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}"


def test_a_folder_of_yaml_becomes_a_template(command: Command, tmp_path: Path, namespace: str) -> None:
    for path, text in {
        "web.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {a: b}}\n",
        "more/all.yml": f"apiVersion: v1\nkind: List\nitems: [{SMALL}]\n",
        "notes.txt": "not YAML",
    }.items():
        file = tmp_path / "k8s" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    shown = command.run("template", "import-yaml", namespace, "-f", str(tmp_path / "k8s"), "-R", "--dry-run")
    assert shown.returncode == 0, shown.stderr
    assert "service shared\n  ConfigMap c\n  Service web\n" in shown.stdout, shown.stdout
    assert "Nothing was stored." in shown.stdout
    words = ("template", "import-yaml", namespace, "-f", "-", "--config", "-")
    done = command.run(*words, text=SMALL)
    assert done.returncode == 0, done.stderr
    assert f"{namespace}@1" in done.stdout
    assert "config" not in done.stdout.split("next")[0]
