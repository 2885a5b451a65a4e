"""Rendered objects against a cluster: does it serve their kinds, and would its schemas take them?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from cantata.core.lint.source import Checked, field_text
from cantata.core.model.charts import RenderedObject
from cantata.core.model.findings import Finding
from cantata.core.model.objects import GVK, Manifest
from cantata.core.schemas import KindSchema, find_end, validate
from cantata.core.stamp.templates import POD_TEMPLATES

CLUSTER_SCOPED = frozenset(
    {
        *(("", kind) for kind in ("Namespace", "Node", "PersistentVolume")),
        *(
            ("admissionregistration.k8s.io", kind)
            for kind in (
                "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "MutatingWebhookConfiguration",
                "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
                "ValidatingWebhookConfiguration",
            )
        ),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("apiregistration.k8s.io", "APIService"),
        ("certificates.k8s.io", "CertificateSigningRequest"),
        ("flowcontrol.apiserver.k8s.io", "FlowSchema"),
        ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
        ("networking.k8s.io", "IngressClass"),
        ("node.k8s.io", "RuntimeClass"),
        ("policy", "PodSecurityPolicy"),
        ("rbac.authorization.k8s.io", "ClusterRole"),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        ("resource.k8s.io", "DeviceClass"),
        ("resource.k8s.io", "ResourceSlice"),
        ("scheduling.k8s.io", "PriorityClass"),
        *(("storage.k8s.io", kind) for kind in ("CSIDriver", "CSINode", "StorageClass", "VolumeAttachment")),
    }
)  # fmt: skip
"""Built-in kinds outside of namespaces, for want of a cluster that could be asked."""


def check_apis(
    checked: Checked, kube_version: str, unserved: Mapping[GVK, str] | None = None
) -> Iterator[Finding]:
    """Versions of APIs that end, by the cluster's own version, and kinds that it does not serve: `unserved`
    has what is served of them instead. Without a cluster (None) only the former are known."""
    for item in checked.objects:
        gvk = GVK.of(item.manifest)
        ended = find_end(gvk.api_version, gvk.kind, kube_version)
        if ended is not None:
            end, gone = ended
            instead = (
                f"Write apiVersion: {end.instead}." if end.instead else "Take the object out of the template."
            )
            if gone:
                since = f"is of {gvk.api_version}, which Kubernetes serves no longer since 1.{end.removed}"
                yield checked.at(item, "api-removed", since, "apiVersion", suggestion=instead)
                continue
            until = f"is of {gvk.api_version}, which Kubernetes 1.{end.removed} will not serve"
            yield checked.at(item, "api-deprecated", until, "apiVersion", suggestion=instead)
        served = (unserved or {}).get(gvk)
        if served is None:
            continue
        if served:
            message = f"is of {gvk.api_version}, which the cluster does not serve"
            yield checked.at(
                item, "api-removed", message, "apiVersion", suggestion=f"Write apiVersion: {served}."
            )
        else:
            message = f"is of {gvk.api_version}, and the cluster knows no such kind"
            yield checked.at(item, "kind-unknown", message, "apiVersion")


def check_schemas(
    checked: Checked, kinds: Mapping[GVK, KindSchema], silent: Collection[GVK] = ()
) -> Iterator[Finding]:
    """Of the kinds that are `silent` the cluster has no schema to tell."""
    for item in checked.objects:
        gvk = GVK.of(item.manifest)
        if gvk in kinds:
            yield from _violations(checked, item, kinds[gvk])
        elif gvk in silent:
            message = f"is of {gvk.api_version}, of which the cluster does not tell the schema"
            yield checked.at(item, "schema-unavailable", message, "apiVersion")


def _violations(checked: Checked, item: RenderedObject, schema: KindSchema) -> Iterator[Finding]:
    for each in validate(item.manifest, schema):
        if each.rule == "field-missing" and _is_told(item.manifest, each.steps):
            continue
        steps = each.steps[:-1] if each.rule == "field-missing" else each.steps
        where = field_text(steps)
        if each.rule == "field-missing":
            message = f"{each.message}{f' in {where}' if where else ''}"
        else:
            message = f": {where} {each.message}"
        yield checked.at(item, each.rule, message, *each.steps, suggestion=each.suggestion)


def _is_told(manifest: Manifest, steps: tuple[str | int, ...]) -> bool:
    """A missing selector or image has rules of its own, which need no cluster."""
    gvk = GVK.of(manifest)
    return (gvk.group, gvk.kind) in POD_TEMPLATES and steps == ("spec", "selector")
