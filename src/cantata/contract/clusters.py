"""Clusters."""

from __future__ import annotations

import msgspec


class ClusterDraft(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """`kubeconfig_text` is a kubeconfig as YAML or JSON whose credentials stand inline; an empty `context`
    means its current one."""

    name: str
    kubeconfig_text: str
    context: str = ""


class ClusterEdit(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Other credentials for the same cluster, as in `ClusterDraft`."""

    kubeconfig_text: str
    context: str = ""


class ClusterInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`uid` is the UID of the cluster's kube-system namespace. Credentials are never answered."""

    id: str
    name: str
    uid: str
    server: str
    created_at: str
