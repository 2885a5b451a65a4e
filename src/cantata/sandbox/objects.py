"""The Kubernetes objects that each sandbox begins with."""

from __future__ import annotations

import base64
from typing import Any

from cantata.sandbox.state import Ports, Settings

ZONES = ("a", "b", "c")


def first_objects(settings: Settings, ports: Ports, authority: bytes) -> dict[str, Any]:
    """A `List` to apply. `authority` is the certificate (PEM) that signed the servers of the sandbox."""
    items = [_node(number) for number in range(1, settings.nodes + 1)]
    items += [_storage_class(), _viewer()]
    if settings.metrics:
        items += _metrics(ports.metrics_server, authority)
    return {"apiVersion": "v1", "kind": "List", "items": items}


def _node(number: int) -> dict[str, Any]:
    name = f"node-{number}"
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                "node.kubernetes.io/instance-type": "sandbox",
                "topology.kubernetes.io/region": "sandbox",
                "topology.kubernetes.io/zone": f"sandbox-{ZONES[(number - 1) % len(ZONES)]}",
            },
            "annotations": {
                "metrics.k8s.io/resource-metrics-path": f"/metrics/nodes/{name}/metrics/resource"
            },
        },
    }


def _storage_class() -> dict[str, Any]:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": "standard",
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": "sandbox.cantata.dev/volume",
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate",
    }


def _viewer() -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "sandbox-viewer"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "viewer"}],
    }


def _metrics(port: int, authority: bytes) -> list[dict[str, Any]]:
    """The way from the API server to metrics-server, which runs outside the cluster.

    It leads through an ExternalName Service, because Endpoints may not be loopback addresses.
    """
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "metrics-server", "namespace": "kube-system"},
            "spec": {"type": "ExternalName", "externalName": "localhost"},
        },
        {
            "apiVersion": "apiregistration.k8s.io/v1",
            "kind": "APIService",
            "metadata": {"name": "v1beta1.metrics.k8s.io"},
            "spec": {
                "group": "metrics.k8s.io",
                "version": "v1beta1",
                "groupPriorityMinimum": 100,
                "versionPriority": 100,
                "service": {"namespace": "kube-system", "name": "metrics-server", "port": port},
                "caBundle": base64.b64encode(authority).decode(),
            },
        },
    ]
