"""In which order people write the keys of Kubernetes objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

FIRST = (
    "apiVersion", "kind", "metadata", "name", "generateName", "namespace", "labels", "annotations",
    "type", "replicas", "strategy", "updateStrategy", "serviceName", "backoffLimit", "schedule",
    "selector", "matchLabels", "template",
    # a pod
    "serviceAccountName", "hostname", "subdomain", "restartPolicy", "terminationGracePeriodSeconds",
    "enableServiceLinks", "automountServiceAccountToken", "hostNetwork", "hostPID", "hostIPC", "hostAliases",
    "dnsPolicy", "dnsConfig", "initContainers", "containers",
    # a container
    "image", "imagePullPolicy", "command", "args", "workingDir", "ports", "envFrom", "env", "value",
    "valueFrom", "volumeMounts", "accessModes", "storageClassName", "resources", "requests", "limits",
    "startupProbe", "readinessProbe",
    "livenessProbe", "lifecycle",
    # a port, a mount, a probe
    "port", "containerPort", "targetPort", "nodePort", "mountPath", "subPath", "exec", "httpGet", "tcpSocket",
)  # fmt: skip
LAST = (
    "securityContext",
    "nodeSelector",
    "affinity",
    "tolerations",
    "volumes",
    "volumeClaimTemplates",
    "status",
)
FREE = frozenset(
    {
        "labels",
        "annotations",
        "matchLabels",
        "nodeSelector",
        "data",
        "stringData",
        "binaryData",
        "limits",
        "requests",
    }
)
"""Maps whose keys are the user's: they stay as they stand."""

_RANK = {name: index for index, name in enumerate(FIRST)} | {
    name: 1000 + index for index, name in enumerate(LAST)
}


def in_order(value: Mapping[str, Any], under: str) -> Iterator[tuple[str, Any]]:
    """The entries of a map below the key `under`. Keys that are in neither list stand between them."""
    if under in FREE:
        return iter(value.items())
    return iter(sorted(value.items(), key=lambda item: _RANK.get(item[0], 500)))
