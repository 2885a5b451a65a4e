"""What the API server writes into objects of built-in kinds when nobody says otherwise.

Such a field says nothing, since an apply without it gives it back. Source: the defaults functions of
Kubernetes, `pkg/apis/*/*/defaults.go`, and the strategies that fill in what belongs to one cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cantata.core.model.objects import GVK, Manifest
from cantata.core.stamp.merge_keys import identities

Table = Mapping[str, Any]
"""Field → its default; a table for a map, `Each` for the items of a list, a function that is asked."""

Asked = Callable[[Any, Manifest], bool]
"""(value, the map around it) → whether the value says nothing."""


@dataclass(frozen=True, slots=True)
class Each:
    table: Table


def without_defaults(manifest: Manifest, explicit: Manifest) -> Manifest:
    """A new manifest; what `explicit` has somebody wrote himself, so it stays."""
    gvk = GVK.of(manifest)
    table = TABLES.get((gvk.group, gvk.kind))
    return manifest if table is None else _stripped(manifest, table, explicit, gvk.kind)


def _stripped(value: Manifest, table: Table, explicit: Any, kind: str) -> Manifest:
    kept: Manifest = {}
    said = explicit if isinstance(explicit, dict) else {}
    for name, item in value.items():
        rule = table.get(name)
        if isinstance(rule, Each) and isinstance(item, list):
            item = _items(name, item, rule.table, said.get(name), kind)
        elif isinstance(rule, Mapping) and isinstance(item, dict):
            item = _stripped(item, rule, said.get(name), kind)
        if name in said or not _says_nothing(item, rule, value):
            kept[name] = item
    return kept


def _items(field: str, items: list[Any], table: Table, explicit: Any, kind: str) -> list[Any]:
    mine = _partners(field, items, explicit, kind)
    return [
        _stripped(item, table, said, kind) if isinstance(item, dict) else item
        for item, said in zip(items, mine, strict=True)
    ]


def _partners(field: str, items: list[Any], explicit: Any, kind: str) -> list[Any]:
    """For each item the one that somebody wrote: by identity, else by its place."""
    if not isinstance(explicit, list):
        return [None] * len(items)
    names, said = identities(field, items, kind), identities(field, explicit, kind)
    if names is not None and said is not None:
        by_name = dict(zip(said, explicit, strict=True))
        return [by_name.get(name) for name in names]
    return explicit if len(explicit) == len(items) else [None] * len(items)


def _says_nothing(value: Any, rule: Any, around: Manifest) -> bool:
    if rule is None or isinstance(rule, Each):
        return False
    if isinstance(rule, Mapping):
        return bool(value == {})
    if callable(rule):
        return bool(rule(value, around))
    return _equal(value, rule)


def _equal(value: Any, default: Any) -> bool:
    return type(value) is type(default) and (value == default) is True


def _any(_value: Any, _around: Manifest) -> bool:
    return True


def _pull_policy(value: Any, container: Manifest) -> bool:
    image = str(container.get("image") or "")
    tag = image.rpartition("/")[2].partition("@")[0].partition(":")[2]
    latest = tag == "latest" or (not tag and "@" not in image)
    return bool(value == ("Always" if latest else "IfNotPresent"))


def _same_port(value: Any, port: Manifest) -> bool:
    return bool(value == port.get("port"))


def _old_account_field(value: Any, pod: Manifest) -> bool:
    return bool(value == pod.get("serviceAccountName"))


def _not_headless(value: Any, _around: Manifest) -> bool:
    return value not in ("None", ["None"])


def _generated_selector(_value: Any, spec: Manifest) -> bool:
    return spec.get("manualSelector") is not True


PROBE = {
    "failureThreshold": 3,
    "periodSeconds": 10,
    "successThreshold": 1,
    "timeoutSeconds": 1,
    "httpGet": {"scheme": "HTTP"},
    "grpc": {"service": ""},
}
ENV = {"valueFrom": {"fieldRef": {"apiVersion": "v1"}}}
CONTAINER = {
    "imagePullPolicy": _pull_policy,
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
    "resources": {},
    "securityContext": {},
    "env": Each(ENV),
    "ports": Each({"protocol": "TCP"}),
    "livenessProbe": PROBE,
    "readinessProbe": PROBE,
    "startupProbe": PROBE,
    "lifecycle": {"postStart": {"httpGet": {"scheme": "HTTP"}}, "preStop": {"httpGet": {"scheme": "HTTP"}}},
}
FIELDS = {"items": Each({"fieldRef": {"apiVersion": "v1"}})}
SOURCES = {
    "configMap": {},
    "secret": {},
    "downwardAPI": FIELDS,
    "serviceAccountToken": {"expirationSeconds": 3600},
}
CLAIM = {"volumeMode": "Filesystem"}
VOLUME = {
    "configMap": {"defaultMode": 420},
    "secret": {"defaultMode": 420},
    "projected": {"defaultMode": 420, "sources": Each(SOURCES)},
    "downwardAPI": {"defaultMode": 420, **FIELDS},
    "hostPath": {"type": ""},
    "ephemeral": {"volumeClaimTemplate": {"spec": CLAIM}},
}
POD_SPEC = {
    "dnsPolicy": "ClusterFirst",
    "restartPolicy": "Always",
    "schedulerName": "default-scheduler",
    "securityContext": {},
    "terminationGracePeriodSeconds": 30,
    "enableServiceLinks": True,
    "serviceAccount": _old_account_field,
    "containers": Each(CONTAINER),
    "initContainers": Each(CONTAINER),
    "volumes": Each(VOLUME),
}
POD_TEMPLATE = {"metadata": {}, "spec": POD_SPEC}
JOB_SPEC = {
    "backoffLimit": 6,
    "completionMode": "NonIndexed",
    "completions": 1,
    "parallelism": 1,
    "manualSelector": False,
    "podReplacementPolicy": "TerminatingOrFailed",
    "selector": _generated_selector,
    "suspend": False,
    "template": POD_TEMPLATE,
}
WEBHOOKS = {
    "webhooks": Each(
        {
            "matchPolicy": "Equivalent",
            "namespaceSelector": {},
            "objectSelector": {},
            "reinvocationPolicy": "Never",
            "timeoutSeconds": 10,
            "clientConfig": {"service": {"port": 443}},
            "rules": Each({"scope": "*"}),
        }
    )
}
SCALING_RULES = {"selectPolicy": "Max"}

TABLES: Mapping[tuple[str, str], Table] = {
    ("", "Pod"): {
        "spec": {
            **POD_SPEC,
            "nodeName": _any,
            "preemptionPolicy": "PreemptLowerPriority",
            "priority": 0,
            "serviceAccount": _any,
            "serviceAccountName": "default",
        }
    },
    ("", "PersistentVolumeClaim"): {"spec": {**CLAIM, "volumeName": _any}},
    ("", "ReplicationController"): {"spec": {"template": POD_TEMPLATE}},
    ("", "Secret"): {"type": "Opaque"},
    ("", "Service"): {
        "spec": {
            "allocateLoadBalancerNodePorts": True,
            "clusterIP": _not_headless,
            "clusterIPs": _any,
            "externalTrafficPolicy": "Cluster",
            "healthCheckNodePort": _any,
            "internalTrafficPolicy": "Cluster",
            "ipFamilies": _any,
            "ipFamilyPolicy": "SingleStack",
            "ports": Each({"protocol": "TCP", "targetPort": _same_port, "nodePort": _any}),
            "sessionAffinity": "None",
            "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 10800}},
            "type": "ClusterIP",
        }
    },
    ("apps", "DaemonSet"): {
        "spec": {
            "revisionHistoryLimit": 10,
            "template": POD_TEMPLATE,
            "updateStrategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1},
            },
        }
    },
    ("apps", "Deployment"): {
        "spec": {
            "progressDeadlineSeconds": 600,
            "revisionHistoryLimit": 10,
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"},
            },
            "template": POD_TEMPLATE,
        }
    },
    ("apps", "ReplicaSet"): {"spec": {"template": POD_TEMPLATE}},
    ("apps", "StatefulSet"): {
        "spec": {
            "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
            "podManagementPolicy": "OrderedReady",
            "revisionHistoryLimit": 10,
            "template": POD_TEMPLATE,
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
            "volumeClaimTemplates": Each(
                {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "spec": CLAIM, "status": _any}
            ),
        }
    },
    ("autoscaling", "HorizontalPodAutoscaler"): {
        "spec": {"behavior": {"scaleUp": SCALING_RULES, "scaleDown": SCALING_RULES}}
    },
    ("batch", "CronJob"): {
        "spec": {
            "concurrencyPolicy": "Allow",
            "failedJobsHistoryLimit": 1,
            "jobTemplate": {"metadata": {}, "spec": {**JOB_SPEC, "completions": None, "parallelism": None}},
            "successfulJobsHistoryLimit": 3,
            "suspend": False,
        }
    },
    ("batch", "Job"): {"spec": JOB_SPEC},
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): WEBHOOKS,
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): WEBHOOKS,
}
