"""Versions of built-in APIs that end."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec


class ApiEnd(msgspec.Struct, frozen=True):
    """`deprecated` and `removed` are the minor versions of Kubernetes 1 from which on it is; `instead` is the
    apiVersion that serves the kind, empty where nothing does."""

    deprecated: int
    removed: int
    instead: str


ENDS: tuple[tuple[str, int, int, str, str], ...] = (
    ("apps/v1beta1", 8, 16, "apps/v1", "ControllerRevision Deployment StatefulSet"),
    ("apps/v1beta2", 9, 16, "apps/v1", "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet"),
    ("extensions/v1beta1", 8, 16, "apps/v1", "DaemonSet Deployment ReplicaSet"),
    ("extensions/v1beta1", 9, 16, "networking.k8s.io/v1", "NetworkPolicy"),
    ("extensions/v1beta1", 11, 16, "", "PodSecurityPolicy"),
    ("batch/v2alpha1", 8, 21, "batch/v1", "CronJob"),
    (
        "admissionregistration.k8s.io/v1beta1",
        16,
        22,
        "admissionregistration.k8s.io/v1",
        "MutatingWebhookConfiguration ValidatingWebhookConfiguration",
    ),
    ("apiextensions.k8s.io/v1beta1", 16, 22, "apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ("apiregistration.k8s.io/v1beta1", 19, 22, "apiregistration.k8s.io/v1", "APIService"),
    ("certificates.k8s.io/v1beta1", 19, 22, "certificates.k8s.io/v1", "CertificateSigningRequest"),
    ("coordination.k8s.io/v1beta1", 19, 22, "coordination.k8s.io/v1", "Lease"),
    ("extensions/v1beta1", 14, 22, "networking.k8s.io/v1", "Ingress"),
    ("networking.k8s.io/v1beta1", 19, 22, "networking.k8s.io/v1", "Ingress IngressClass"),
    (
        "rbac.authorization.k8s.io/v1beta1",
        17,
        22,
        "rbac.authorization.k8s.io/v1",
        "ClusterRole ClusterRoleBinding Role RoleBinding",
    ),
    ("scheduling.k8s.io/v1beta1", 14, 22, "scheduling.k8s.io/v1", "PriorityClass"),
    ("storage.k8s.io/v1beta1", 19, 22, "storage.k8s.io/v1", "CSIDriver StorageClass VolumeAttachment"),
    ("storage.k8s.io/v1beta1", 17, 22, "storage.k8s.io/v1", "CSINode"),
    ("autoscaling/v2beta1", 22, 25, "autoscaling/v2", "HorizontalPodAutoscaler"),
    ("batch/v1beta1", 21, 25, "batch/v1", "CronJob"),
    ("discovery.k8s.io/v1beta1", 21, 25, "discovery.k8s.io/v1", "EndpointSlice"),
    ("events.k8s.io/v1beta1", 22, 25, "events.k8s.io/v1", "Event"),
    ("node.k8s.io/v1beta1", 22, 25, "node.k8s.io/v1", "RuntimeClass"),
    ("policy/v1beta1", 21, 25, "policy/v1", "PodDisruptionBudget"),
    ("policy/v1beta1", 21, 25, "", "PodSecurityPolicy"),
    ("autoscaling/v2beta2", 23, 26, "autoscaling/v2", "HorizontalPodAutoscaler"),
    (
        "flowcontrol.apiserver.k8s.io/v1beta1",
        23,
        26,
        "flowcontrol.apiserver.k8s.io/v1",
        "FlowSchema PriorityLevelConfiguration",
    ),
    ("storage.k8s.io/v1beta1", 24, 27, "storage.k8s.io/v1", "CSIStorageCapacity"),
    (
        "flowcontrol.apiserver.k8s.io/v1beta2",
        26,
        29,
        "flowcontrol.apiserver.k8s.io/v1",
        "FlowSchema PriorityLevelConfiguration",
    ),
    (
        "flowcontrol.apiserver.k8s.io/v1beta3",
        29,
        32,
        "flowcontrol.apiserver.k8s.io/v1",
        "FlowSchema PriorityLevelConfiguration",
    ),
    (
        "admissionregistration.k8s.io/v1beta1",
        31,
        34,
        "admissionregistration.k8s.io/v1",
        "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding",
    ),
    ("networking.k8s.io/v1beta1", 34, 37, "networking.k8s.io/v1", "IPAddress ServiceCIDR"),
    ("storage.k8s.io/v1beta1", 34, 37, "storage.k8s.io/v1", "VolumeAttributesClass"),
    (
        "resource.k8s.io/v1beta1",
        35,
        38,
        "resource.k8s.io/v1",
        "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice",
    ),
    ("coordination.k8s.io/v1beta1", 36, 39, "coordination.k8s.io/v1", "LeaseCandidate"),
    (
        "resource.k8s.io/v1beta2",
        36,
        39,
        "resource.k8s.io/v1",
        "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice",
    ),
    (
        "admissionregistration.k8s.io/v1beta1",
        37,
        40,
        "admissionregistration.k8s.io/v1",
        "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding",
    ),
    ("certificates.k8s.io/v1beta1", 37, 40, "certificates.k8s.io/v1", "ClusterTrustBundle"),
    ("certificates.k8s.io/v1beta1", 38, 41, "certificates.k8s.io/v1", "PodCertificateRequest"),
    ("storagemigration.k8s.io/v1beta1", 38, 41, "storagemigration.k8s.io/v1", "StorageVersionMigration"),
    ("resource.k8s.io/v1beta2", 39, 42, "resource.k8s.io/v1", "DeviceTaintRule"),
)
"""apiVersion, deprecated and removed in, instead, kinds. Sources: k8s.io/api (APILifecycle of each type), and
kubernetes.io/docs/reference/using-api/deprecation-guide for what that no longer has."""


def _read() -> Iterator[tuple[tuple[str, str], ApiEnd]]:
    for api_version, deprecated, removed, instead, kinds in ENDS:
        for kind in kinds.split():
            yield (api_version, kind), ApiEnd(deprecated, removed, instead)


END_OF_API: dict[tuple[str, str], ApiEnd] = dict(_read())
"""By apiVersion and kind."""

VERSION = re.compile(r"v?1\.(\d+)")


def find_end(api_version: str, kind: str, kube_version: str) -> tuple[ApiEnd, bool] | None:
    """How an API ends for a cluster of this version (`v1.36.3`), and whether it has ended there; None while
    it is neither deprecated nor removed, or of a version that is not understood."""
    end, match = END_OF_API.get((api_version, kind)), VERSION.match(kube_version)
    if end is None or match is None or int(match[1]) < end.deprecated:
        return None
    return end, int(match[1]) >= end.removed
