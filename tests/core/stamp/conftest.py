"""A Deployment as a chart renders it, and as the API server answers for it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

Manifest = dict[str, Any]

DEPLOYMENT: Manifest = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {
                "containers": [
                    {
                        "name": "web",
                        "image": "shop/web:1.0.0",
                        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
                        "ports": [{"name": "http", "containerPort": 8080}],
                        "resources": {
                            "limits": {"cpu": "1000m", "memory": "1024Mi"},
                            "requests": {"cpu": 0.5},
                        },
                        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
                    }
                ],
                "volumes": [{"name": "tmp", "emptyDir": {}}],
            },
        },
    },
}


@pytest.fixture
def deployment() -> Manifest:
    return copy.deepcopy(DEPLOYMENT)


@pytest.fixture
def live() -> Manifest:
    """Defaults are filled in, quantities are in their short form."""
    live = copy.deepcopy(DEPLOYMENT)
    live["metadata"] |= {
        "uid": "8f3c",
        "resourceVersion": "1204",
        "generation": 1,
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "managedFields": [{"manager": "cantata:app"}],
        "annotations": {"deployment.kubernetes.io/revision": "1"},
    }
    live["status"] = {"readyReplicas": 2}
    live["spec"] |= {"progressDeadlineSeconds": 600, "strategy": {"type": "RollingUpdate"}}
    pod = live["spec"]["template"]["spec"]
    pod |= {"restartPolicy": "Always", "dnsPolicy": "ClusterFirst", "securityContext": {}}
    container = pod["containers"][0]
    container["resources"] = {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}}
    container["ports"] = [{"name": "http", "containerPort": 8080, "protocol": "TCP"}]
    container["imagePullPolicy"] = "IfNotPresent"
    return live
