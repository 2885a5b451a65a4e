from __future__ import annotations

from typing import Any

from cantata.core.model.charts import RenderedObject
from cantata.core.stamp import place


def namespaced(group: str, kind: str) -> bool:
    return (group, kind) != ("rbac.authorization.k8s.io", "ClusterRole")


def placed(*manifests: dict[str, Any]) -> list[dict[str, Any]]:
    objects = [RenderedObject("c/templates/x.yaml", index, item) for index, item in enumerate(manifests)]
    return [item.manifest for item in place(objects, "shop", namespaced)]


def test_the_releases_namespace_goes_where_none_is_named() -> None:
    assert placed(
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "namespace": "other"}},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "namespace": ""}},
    ) == [
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "namespace": "shop"}},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "namespace": "other"}},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "namespace": "shop"}},
    ]


def test_cluster_scoped_objects_lose_theirs() -> None:
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole"}
    assert placed({**role, "metadata": {"name": "r", "namespace": "shop"}}) == [
        {**role, "metadata": {"name": "r"}}
    ]


def test_a_list_becomes_its_items() -> None:
    item = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "x"}}
    inner = {"apiVersion": "v1", "kind": "ConfigMapList", "items": [item]}
    assert placed({"apiVersion": "v1", "kind": "List", "items": [item, inner]}) == [item, item]
