"""The `Cluster` port against a real API server."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.kube.conftest import eventually, until
from tests.kube.connect_proxy import connect_proxy

from cantata.core.model.objects import GVK, LiveObject, Manifest, ObjectKey
from cantata.kube import (
    Impersonation,
    KubeCluster,
    Kubeconfig,
    Limits,
    Source,
    errors,
)
from cantata.kube.access import ClusterAccess
from cantata.ports import Change, Cluster, Propagation
from cantata.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

MAPS = GVK("", "v1", "ConfigMap")
NAMESPACES = GVK("", "v1", "Namespace")
DEPLOYMENTS = GVK("apps", "v1", "Deployment")
JOBS = GVK("batch", "v1", "Job")
MINE = "cantata:test"


@pytest.fixture
def access(sandbox: Sandbox, kubeconfig: Path) -> ClusterAccess:
    """By kubectl's own reading of the kubeconfig, as JSON: YAML is parsed elsewhere."""
    shown = subprocess.run(
        [sandbox.tool("kubectl"), "config", "view", "--raw", "-o", "json", f"--kubeconfig={kubeconfig}"],
        capture_output=True,
        check=True,
    )
    return Kubeconfig([(str(kubeconfig), json.loads(shown.stdout))]).access()


@pytest.fixture
async def cluster(access: ClusterAccess) -> AsyncIterator[Cluster]:
    cluster = KubeCluster(access, Limits(page=7))
    yield cluster
    await cluster.close()


@pytest.fixture
async def home(cluster: Cluster, namespace: str) -> AsyncIterator[str]:
    """A namespace of the test's own."""
    await cluster.apply(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}, manager=MINE
    )
    yield namespace
    await cluster.delete(NAMESPACES, "", namespace)


def config_map(
    namespace: str, name: str = "a", /, labels: dict[str, str] | None = None, **data: Any
) -> Manifest:
    metadata = {"name": name, "namespace": namespace, **({"labels": labels} if labels else {})}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def job(namespace: str, image: str) -> Manifest:
    pod = {"restartPolicy": "Never", "containers": [{"name": "c", "image": image}]}
    spec = {"template": {"spec": pod}, "suspend": True}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "j", "namespace": namespace},
        "spec": spec,
    }


async def test_who_the_cluster_is(cluster: Cluster) -> None:
    system = await cluster.find(NAMESPACES, "", "kube-system")
    assert system is not None
    assert await cluster.uid() == system.metadata.uid


async def test_capabilities_have_both_forms(cluster: Cluster) -> None:
    capabilities = await cluster.capabilities()
    assert capabilities.kube_version.startswith("v1.")
    assert {"v1", "v1/Pod", "apps/v1", "apps/v1/Deployment", "apps/v1/Scale"} <= set(
        capabilities.api_versions
    )
    assert list(capabilities.api_versions) == sorted(capabilities.api_versions)


async def test_capabilities_are_those_that_helm_sees(
    cluster: Cluster, sandbox: Sandbox, kubeconfig: Path, tmp_path: Path
) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: show\nversion: 1.0.0\n")
    (tmp_path / "templates" / "NOTES.txt").write_text(
        "{{ .Capabilities.APIVersions | toJson }}\n{{ .Capabilities.KubeVersion.Version }}"
    )
    helm = await asyncio.create_subprocess_exec(
        *(sandbox.tool("helm"), "install", "x", tmp_path, "--dry-run=server", "-o", "json"),
        env={"KUBECONFIG": str(kubeconfig), "HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
    )
    stdout, _ = await helm.communicate()
    assert helm.returncode == 0
    versions, kube_version = json.loads(stdout)["info"]["notes"].strip().split("\n")
    capabilities = await cluster.capabilities()
    assert set(json.loads(versions)) == set(capabilities.api_versions)
    assert kube_version == capabilities.kube_version


async def test_resources(cluster: Cluster) -> None:
    deployment = await cluster.resource("apps", "Deployment")
    assert (deployment.gvk.version, deployment.plural, deployment.namespaced) == ("v1", "deployments", True)
    assert {"list", "watch", "patch"} <= set(deployment.verbs)
    assert "scale" in deployment.subresources
    assert (await cluster.resource("autoscaling", "HorizontalPodAutoscaler")).gvk.version == "v2"
    assert (await cluster.resource("autoscaling", "HorizontalPodAutoscaler", "v1")).gvk.version == "v1"
    assert not (await cluster.resource("", "Namespace")).namespaced
    with pytest.raises(errors.KindNotServed, match=r"Deployment of extensions/v1beta1") as caught:
        await cluster.resource("extensions", "Deployment", "v1beta1")
    assert "apps/v1" in caught.value.hint


async def test_apply_creates_changes_and_leaves_alone(cluster: Cluster, home: str) -> None:
    created = (await cluster.apply(config_map(home, k="1"), manager=MINE)).object
    changed = (await cluster.apply(config_map(home, k="2"), manager=MINE)).object
    same = (await cluster.apply(config_map(home, k="2"), manager=MINE)).object
    assert created.key == ObjectKey("", "ConfigMap", home, "a")
    assert created.metadata.uid == changed.metadata.uid
    assert changed.metadata.resource_version == same.metadata.resource_version
    found = await cluster.find(MAPS, home, "a")
    assert found is not None
    assert found.manifest()["data"] == {"k": "2"}
    assert found.manifest()["metadata"]["managedFields"][0]["manager"] == MINE


async def test_a_dry_run_changes_nothing(cluster: Cluster, home: str) -> None:
    tried = await cluster.apply(config_map(home, k="1"), manager=MINE, dry_run=True)
    assert tried.object.manifest()["data"] == {"k": "1"}
    assert await cluster.find(MAPS, home, "a") is None


async def test_a_field_of_another_manager_is_a_conflict_until_forced(cluster: Cluster, home: str) -> None:
    await cluster.apply(config_map(home, k="1"), manager="hpa")
    with pytest.raises(errors.ObjectConflict) as caught:
        await cluster.apply(config_map(home, k="2"), manager=MINE)
    assert [(c.manager, c.field) for c in caught.value.conflicts] == [
        ("hpa", ".data.k"),
    ]
    forced = await cluster.apply(config_map(home, k="2"), manager=MINE, force=True)
    assert forced.object.manifest()["data"] == {"k": "2"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"datas": {}}, "datas"),
        ({"data": {"k": 1}}, "data.k"),
        ({"metadata": {"labels": {"a": "b c"}}}, "metadata.labels"),
    ],
)
async def test_wrong_fields_are_named(cluster: Cluster, home: str, change: Manifest, field: str) -> None:
    manifest = config_map(home)
    metadata = {**manifest["metadata"], **change.get("metadata", {})}
    with pytest.raises(errors.ObjectInvalid) as caught:
        await cluster.apply({**manifest, **change, "metadata": metadata}, manager=MINE)
    assert field in [detail.place.key for detail in caught.value.details]
    assert await cluster.find(MAPS, home, "a") is None


async def test_an_immutable_field_is_recognised(cluster: Cluster, home: str) -> None:
    await cluster.apply(job(home, "one"), manager=MINE)
    with pytest.raises(errors.ImmutableField) as caught:
        await cluster.apply(job(home, "two"), manager=MINE)
    assert caught.value.details[0].place.key.startswith("spec.template")


async def test_nothing_of_a_secret_is_told(cluster: Cluster, home: str) -> None:
    metadata = {"name": "s", "namespace": home}
    for wrong in ({"data": {"k": "hunter2!"}}, {"stringData": {"k": {"hunter2": 1}}}):
        with pytest.raises(errors.ObjectInvalid) as caught:
            await cluster.apply(
                {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, **wrong}, manager=MINE
            )
        assert "hunter2" not in f"{caught.value}{caught.value.details}"


async def test_an_object_that_is_not_the_one_we_mean(cluster: Cluster, home: str) -> None:
    for _ in range(2):
        manifest = config_map(home)
        manifest["metadata"]["uid"] = "0f0e0d0c-0000-0000-0000-000000000000"
        with pytest.raises(errors.ObjectReplaced):
            await cluster.apply(manifest, manager=MINE)
        await cluster.apply(config_map(home), manager=MINE)


async def test_a_missing_namespace(cluster: Cluster, namespace: str) -> None:
    with pytest.raises(errors.NamespaceMissing, match=namespace):
        await cluster.apply(config_map(namespace), manager=MINE)
    assert await cluster.find(MAPS, namespace, "a") is None
    assert await cluster.delete(MAPS, namespace, "a") is False


async def test_a_namespace_that_is_going(cluster: Cluster, home: str) -> None:
    held = config_map(home)
    held["metadata"]["finalizers"] = ["test.cantata.dev/hold"]
    await cluster.apply(held, manager=MINE)
    await cluster.delete(NAMESPACES, "", home)
    try:
        with pytest.raises(errors.NamespaceTerminating):
            await cluster.apply(config_map(home, "b"), manager=MINE)
    finally:
        await cluster.apply(config_map(home), manager=MINE)


async def test_a_quota(cluster: Cluster, home: str) -> None:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "q", "namespace": home},
        "spec": {"hard": {"count/secrets": "0"}},
    }
    await cluster.apply(quota, manager=MINE)
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": home}}

    async def counted() -> bool:
        found = await cluster.find(GVK("", "v1", "ResourceQuota"), home, "q")
        return found is not None and "hard" in found.manifest().get("status", {})

    await until(counted)
    with pytest.raises(errors.QuotaExceeded):
        await cluster.apply(secret, manager=MINE)


async def test_an_admission_policy_refuses(cluster: Cluster, home: str) -> None:
    group, name = "admissionregistration.k8s.io", f"{home}.test"
    match = {"matchLabels": {"kubernetes.io/metadata.name": home}}
    rules = [
        {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
    ]
    rule = {"expression": "object.metadata.name != 'bad'", "message": "no bad ones here"}
    policy = {"matchConstraints": {"resourceRules": rules, "namespaceSelector": match}, "validations": [rule]}
    binding = {"policyName": name, "validationActions": ["Deny"]}
    kinds = {"ValidatingAdmissionPolicy": policy, "ValidatingAdmissionPolicyBinding": binding}
    for kind, spec in kinds.items():
        manifest = {"apiVersion": f"{group}/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
        await cluster.apply(manifest, manager=MINE)

    async def is_refused() -> bool:
        try:
            await cluster.apply(config_map(home, "bad"), manager=MINE, dry_run=True)
        except errors.ObjectRefused as refusal:
            return "no bad ones here" in str(refusal)
        return False

    try:
        await until(is_refused)
    finally:
        for kind in kinds:
            await cluster.delete(GVK(group, "v1", kind), "", name)


async def test_a_cluster_wide_warning_is_handed_on(cluster: Cluster, home: str) -> None:
    manifest = job(home, "x")
    manifest["spec"]["template"]["spec"]["nodeSelector"] = {"beta.kubernetes.io/os": "linux"}
    applied = await cluster.apply(manifest, manager=MINE)
    assert any("beta.kubernetes.io/os" in warning for warning in applied.warnings)


async def test_delete_means_the_object_of_that_uid(cluster: Cluster, home: str) -> None:
    made = (await cluster.apply(config_map(home), manager=MINE)).object
    assert await cluster.delete(MAPS, home, "a", uid="another") is False
    assert await cluster.find(MAPS, home, "a") is not None
    assert await cluster.delete(MAPS, home, "a", uid=made.metadata.uid) is True
    assert await cluster.delete(MAPS, home, "a") is False


async def test_foreground_deletion_waits_for_the_owned(cluster: Cluster, home: str) -> None:
    owner = (await cluster.apply(config_map(home, "owner"), manager=MINE)).object
    owned = config_map(home, "owned")
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner.metadata.uid}
    owned["metadata"] |= {
        "ownerReferences": [{**reference, "blockOwnerDeletion": True}],
        "finalizers": ["test.cantata.dev/hold"],
    }
    applied = (await cluster.apply(owned, manager=MINE)).object
    assert applied.metadata.owner_references[0].uid == owner.metadata.uid
    assert await cluster.delete(MAPS, home, "owner", propagation=Propagation.FOREGROUND)
    going = await cluster.find(MAPS, home, "owner")
    assert going is not None
    assert going.metadata.deletion_timestamp
    assert going.metadata.finalizers == ("foregroundDeletion",)
    del owned["metadata"]["finalizers"]
    await cluster.apply(owned, manager=MINE)


async def test_lists_come_whole_and_selected(cluster: Cluster, home: str) -> None:
    """Twenty objects in pages of seven."""
    for number in range(20):
        parity = {"parity": "odd" if number % 2 else "even"}
        await cluster.apply(config_map(home, f"m{number}", labels=parity, k="v"), manager=MINE)
    everything = await cluster.list(MAPS, namespace=home)
    assert {f"m{n}" for n in range(20)} <= {live.metadata.name for live in everything}
    odd = await cluster.list(MAPS, namespace=home, label_selector="parity=odd")
    assert len(odd) == 10
    assert odd[0].manifest()["kind"] == "ConfigMap"
    assert odd[0].manifest()["data"] == {"k": "v"}
    (one,) = await cluster.list(MAPS, field_selector=f"metadata.name=m3,metadata.namespace={home}")
    assert one.key == ObjectKey("", "ConfigMap", home, "m3")
    slim = await cluster.list(MAPS, namespace=home, label_selector="parity=odd", metadata_only=True)
    assert len(slim) == 10
    assert "data" not in slim[0].manifest()
    with pytest.raises(errors.RequestInvalid):
        await cluster.list(MAPS, label_selector="not a selector,,")


@pytest.mark.parametrize("metadata_only", [False, True])
async def test_an_informer_follows_the_world(cluster: Cluster, home: str, metadata_only: bool) -> None:
    told: list[tuple[Change, str]] = []

    def listen(change: Change, live: LiveObject) -> None:
        told.append((change, live.metadata.name))

    for name in ("a", "b"):
        await cluster.apply(config_map(home, name, labels={"t": "x"}), manager=MINE)
    resource = await cluster.resource("", "ConfigMap")
    informer = cluster.inform(
        resource, namespace=home, label_selector="t=x", metadata_only=metadata_only, listener=listen
    )
    await informer.wait_synced()
    assert sorted(told) == [(Change.ADDED, "a"), (Change.ADDED, "b")]
    await cluster.apply(config_map(home, "c", labels={"t": "x"}, k="v"), manager=MINE)
    await cluster.apply(config_map(home, "a", labels={"t": "x"}, k="v"), manager=MINE)
    await cluster.delete(MAPS, home, "b")
    await eventually(lambda: len(told) == 5)
    assert told[2:] == [(Change.ADDED, "c"), (Change.MODIFIED, "a"), (Change.DELETED, "b")]
    assert sorted(live.metadata.name for live in informer.objects()) == ["a", "c"]
    found = informer.find(ObjectKey("", "ConfigMap", home, "a"))
    assert found is not None
    assert found.manifest()["kind"] == "ConfigMap"
    assert found.manifest().get("data") == (None if metadata_only else {"k": "v"})
    assert b"managedFields" not in found.body
    await informer.close()


async def test_a_new_kind_is_found_at_once(cluster: Cluster, namespace: str) -> None:
    group = f"{namespace}.cantata.dev"
    names = {"kind": "Widget", "plural": "widgets", "singular": "widget"}
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": {
            "group": group,
            "names": names,
            "scope": "Cluster",
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }
    with pytest.raises(errors.KindNotServed):
        await cluster.resource(group, "Widget")
    await cluster.apply(crd, manager=MINE)
    widget = {"apiVersion": f"{group}/v1", "kind": "Widget", "metadata": {"name": "w"}, "size": 3}

    async def is_served() -> bool:
        try:
            await cluster.apply(widget, manager=MINE)
        except (errors.KindNotServed, errors.ClusterFailing):
            return False
        return True

    try:
        await until(is_served)
        found = await cluster.find(GVK(group, "v1", "Widget"), "", "w")
        assert found is not None
        assert found.manifest()["size"] == 3
        await cluster.refresh_discovery()
        assert f"{group}/v1/Widget" in (await cluster.capabilities()).api_versions
    finally:
        await cluster.delete(
            GVK("apiextensions.k8s.io", "v1", "CustomResourceDefinition"), "", f"widgets.{group}"
        )


async def test_impersonation_and_forbidding(access: ClusterAccess, home: str) -> None:
    user = msgspec.structs.replace(access.user, impersonation=Impersonation("jane", groups=("nobodies",)))
    cluster = KubeCluster(msgspec.structs.replace(access, user=user))
    with pytest.raises(errors.ClusterForbidden, match='"jane" cannot'):
        await cluster.apply(config_map(home), manager=MINE)
    informer = cluster.inform((await cluster.resource("", "ConfigMap")), namespace=home)
    with pytest.raises(errors.ClusterForbidden):
        await informer.wait_synced()
    await cluster.close()


async def test_a_wrong_token(access: ClusterAccess) -> None:
    user = msgspec.structs.replace(
        access.user, certificate=None, key=None, token=Source(data=b"wrong"), impersonation=None
    )
    cluster = KubeCluster(msgspec.structs.replace(access, user=user))
    with pytest.raises(errors.ClusterUnauthorized):
        await cluster.uid()
    await cluster.close()


async def test_through_a_connect_proxy(access: ClusterAccess, home: str) -> None:
    """The proxy sees where we go and its own password; TLS reaches from us to the API server."""
    async with connect_proxy() as proxy:
        access = msgspec.structs.replace(access, proxy_url=proxy.url)
        cluster = KubeCluster(access, Limits(informer_pause=0.01))
        await cluster.apply(config_map(home, k="1"), manager=MINE)
        informer = cluster.inform(await cluster.resource("", "ConfigMap"), namespace=home)
        await informer.wait_synced()
        proxy.cut()
        await cluster.apply(config_map(home, "b"), manager=MINE)
        await eventually(lambda: informer.find(ObjectKey("", "ConfigMap", home, "b")), 20)
        await cluster.close()
        for head in proxy.heads:
            assert head[0] == f"CONNECT {access.server.removeprefix('https://')} HTTP/1.1"
            assert "Proxy-Authorization: Basic bWU6aHVudGVyMg==" in head
        other = KubeCluster(msgspec.structs.replace(access, tls_server_name="other.invalid"))
        with pytest.raises(errors.ClusterUntrusted):
            await other.uid()
        await other.close()


async def test_logs_of_a_pod_come_as_lines_and_can_be_followed(cluster: Cluster, home: str) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": home},
        "spec": {"containers": [{"name": "c", "image": "x"}]},
    }
    await cluster.apply(pod, manager=MINE)

    async def runs() -> bool:
        found = await cluster.find(GVK("", "v1", "Pod"), home, "p")
        return found is not None and found.manifest()["status"].get("phase") == "Running"

    await until(runs)
    lines = [line async for line in cluster.logs(home, "p", "c", tail_lines=2)]
    assert 0 < len(lines) <= 2
    assert all(line and b"\n" not in line for line in lines)
    async with asyncio.timeout(20):
        assert await anext(cluster.logs(home, "p", "c", follow=True))


async def test_logs_of_a_pod_that_is_not_there(cluster: Cluster, home: str) -> None:
    with pytest.raises(errors.ObjectNotFound):
        _ = [line async for line in cluster.logs(home, "none", "c")]
