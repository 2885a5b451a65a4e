"""The order of objects within a service: Helm's install order, and its exact reverse for deletion.

Kinds are told apart by their API group, which Helm does not do: a `Service` of another group is a custom
resource. Custom resources come after every built-in kind, so that what serves them is there, and are deleted
first, while what cleans up after them still runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from cantata.core.model.objects import ObjectKey

T = TypeVar("T")

RBAC = "rbac.authorization.k8s.io"

INSTALL_ORDER: tuple[tuple[str, str], ...] = (
    ("scheduling.k8s.io", "PriorityClass"),
    ("", "Namespace"),
    ("networking.k8s.io", "NetworkPolicy"),
    ("", "ResourceQuota"),
    ("", "LimitRange"),
    ("policy", "PodSecurityPolicy"),
    ("policy", "PodDisruptionBudget"),
    ("", "ServiceAccount"),
    ("", "Secret"),
    ("", "ConfigMap"),
    ("storage.k8s.io", "StorageClass"),
    ("", "PersistentVolume"),
    ("", "PersistentVolumeClaim"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    (RBAC, "ClusterRole"),
    (RBAC, "ClusterRoleBinding"),
    (RBAC, "Role"),
    (RBAC, "RoleBinding"),
    ("", "Service"),
    ("apps", "DaemonSet"),
    ("", "Pod"),
    ("", "ReplicationController"),
    ("apps", "ReplicaSet"),
    ("apps", "Deployment"),
    ("autoscaling", "HorizontalPodAutoscaler"),
    ("apps", "StatefulSet"),
    ("batch", "Job"),
    ("batch", "CronJob"),
    ("networking.k8s.io", "IngressClass"),
    ("extensions", "Ingress"),
    ("networking.k8s.io", "Ingress"),
    ("apiregistration.k8s.io", "APIService"),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
)

RANK = {kind: rank for rank, kind in enumerate(INSTALL_ORDER)}


def install_rank(key: ObjectKey) -> tuple[int, str, str]:
    """Sorts objects for creation. Custom resources stand last, by kind and group."""
    rank = RANK.get((key.group, key.kind), len(RANK))
    return (rank, key.kind, key.group) if rank == len(RANK) else (rank, "", "")


def sort_for_install(items: Iterable[T], key: Callable[[T], ObjectKey]) -> list[T]:
    """By kind; items of one kind keep their order."""
    return sorted(items, key=lambda item: install_rank(key(item)))


def sort_for_uninstall(items: Iterable[T], key: Callable[[T], ObjectKey]) -> list[T]:
    """The exact reverse of `sort_for_install`."""
    return sort_for_install(items, key)[::-1]
