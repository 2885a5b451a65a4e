"""Rules about objects together: what is named and not there, what selects nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cantata.core.lint.source import Checked
from cantata.core.model.charts import RenderedObject
from cantata.core.model.findings import Finding
from cantata.core.model.objects import GVK, Manifest, ObjectKey
from cantata.core.services.fields import as_map, as_maps, labels_of
from cantata.core.services.references import Reference, Relation, pointers
from cantata.core.services.selectors import selects_plainly
from cantata.core.stamp.templates import POD_TEMPLATES, pod_spec, pod_template

NEEDED = frozenset({"ConfigMap", "Secret", "ServiceAccount", "PersistentVolumeClaim"})
TARGETS: Mapping[str, tuple[str, ...]] = {
    "HorizontalPodAutoscaler": ("spec", "scaleTargetRef"),
    "Ingress": ("spec", "rules"),
    "RoleBinding": ("subjects",),
    "ClusterRoleBinding": ("subjects",),
    "APIService": ("spec", "service"),
    "MutatingWebhookConfiguration": ("webhooks",),
    "ValidatingWebhookConfiguration": ("webhooks",),
}
"""Kinds that point at objects which are nearly always of the same chart, and the field that points."""
GIVEN = frozenset({("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")})
"""Every namespace has these."""


def check_references(checked: Checked) -> Iterator[Finding]:
    present = Present.of(checked)
    for item in checked.objects:
        yield from _needed(checked, present, item)
        yield from _targets(checked, present, item)
        if item.manifest.get("kind") == "Service" and item.manifest.get("apiVersion") == "v1":
            yield from _service(checked, present, item)


@dataclass(frozen=True, slots=True)
class Present:
    """What a render has, hooks included: names by kind, keys of ConfigMaps, pods."""

    names: frozenset[tuple[str, str]]
    keys: Mapping[str, frozenset[str]]
    pods: tuple[Manifest, ...]
    custom: bool
    """Whether there are custom resources: their operators make pods and objects that no render has."""

    @classmethod
    def of(cls, checked: Checked) -> Present:
        names, keys, pods, custom = set(), {}, [], False
        for item in checked.objects:
            key = ObjectKey.of(item.manifest)
            names.add((key.kind, key.name))
            if key.kind == "ConfigMap":
                data = (as_map(item.manifest.get(field)) for field in ("data", "binaryData"))
                keys[key.name] = frozenset(name for each in data for name in each)
            template = pod_template(item.manifest)
            if template is not None:
                pods.append(template)
            if key.kind == "StatefulSet":
                names.update(_claims(item.manifest))
            custom |= "." in key.group and not key.group.endswith(".k8s.io")
        return cls(frozenset(names), keys, tuple(pods), custom)


def _claims(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """The volumes that a StatefulSet claims by itself have no claim of their own in a render."""
    for claim in as_maps(as_map(manifest.get("spec")).get("volumeClaimTemplates")):
        yield "PersistentVolumeClaim", str(as_map(claim.get("metadata")).get("name"))


def _needed(checked: Checked, present: Present, item: RenderedObject) -> Iterator[Finding]:
    gvk = GVK.of(item.manifest)
    path = POD_TEMPLATES.get((gvk.group, gvk.kind))
    if path is None:
        return
    spec = pod_spec(item.manifest) or {}
    # Not what holds the pods itself, such as the claims of a StatefulSet.
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": spec}
    told = set()
    for pointer in pointers(pod):
        if not isinstance(pointer, Reference) or not pointer.required or pointer.kind not in NEEDED:
            continue
        named = (pointer.kind, pointer.name)
        if named in present.names or named in GIVEN or named in told or pointer.name == checked.config:
            continue
        told.add(named)
        steps = _find(spec, pointer.name) or ()
        message = f"needs {pointer.kind} {pointer.name}, which the chart does not make"
        yield checked.at(item, "reference-missing", message, *path, "spec", *steps)
    yield from _missing_keys(checked, present, item, spec, (*path, "spec"))


def _find(value: Any, name: str, at: tuple[str | int, ...] = ()) -> tuple[str | int, ...] | None:
    """The steps to the first field that holds a name."""
    if value == name:
        return at
    children: Sequence[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        children = [(key, item) for key, item in value.items() if key not in ("args", "command")]
    elif isinstance(value, list):
        children = list(enumerate(value))
    for key, item in children:
        # A volume or container may have the name of what it takes.
        if isinstance(item, str) and key == "name" and not _is_reference(at):
            continue
        steps = _find(item, name, (*at, key))
        if steps is not None:
            return steps
    return None


def _is_reference(at: tuple[str | int, ...]) -> bool:
    last = next((step for step in reversed(at) if isinstance(step, str)), "")
    return last.endswith("Ref") or last in ("configMap", "secret", "imagePullSecrets")


def _missing_keys(
    checked: Checked,
    present: Present,
    item: RenderedObject,
    spec: Manifest,
    path: tuple[str | int, ...],
) -> Iterator[Finding]:
    for field in ("initContainers", "containers"):
        for number, container in enumerate(as_maps(spec.get(field))):
            for index, variable in enumerate(as_maps(container.get("env"))):
                reference = as_map(as_map(variable.get("valueFrom")).get("configMapKeyRef"))
                name, key = str(reference.get("name")), str(reference.get("key"))
                if reference.get("optional") is True or name not in present.keys:
                    continue
                if key not in present.keys[name]:
                    message = f"needs the key {key} of ConfigMap {name}, which has none of that name"
                    at = (*path, field, number, "env", index, "valueFrom", "configMapKeyRef", "key")
                    yield checked.at(item, "reference-key-missing", message, *at)


def _targets(checked: Checked, present: Present, item: RenderedObject) -> Iterator[Finding]:
    kind = str(item.manifest.get("kind"))
    at = TARGETS.get(kind)
    if at is None:
        return
    told = set()
    for pointer in pointers(item.manifest):
        if not isinstance(pointer, Reference) or pointer.relation is not Relation.ACTS_ON:
            continue
        named = (pointer.kind, pointer.name)
        elsewhere = pointer.namespace not in ("", checked.namespace)
        if elsewhere or named in present.names or named in GIVEN or named in told:
            continue
        told.add(named)
        message = f"points at {pointer.kind} {pointer.name}, which the chart does not make"
        yield checked.at(item, "target-missing", message, *at)


def _service(checked: Checked, present: Present, item: RenderedObject) -> Iterator[Finding]:
    spec = as_map(item.manifest.get("spec"))
    selector = spec.get("selector")
    if not isinstance(selector, dict) or not selector or spec.get("type") == "ExternalName":
        return
    pods = [pod for pod in present.pods if selects_plainly(selector, labels_of(pod))]
    if not pods:
        if not present.custom:
            yield checked.at(
                item, "service-selects-nothing", "selects no pods of the chart", "spec", "selector"
            )
        return
    names = {
        str(port.get("name"))
        for pod in pods
        for field in ("containers", "initContainers")
        for container in as_maps(as_map(pod.get("spec")).get(field))
        for port in as_maps(container.get("ports"))
    }
    for number, port in enumerate(as_maps(spec.get("ports"))):
        target = port.get("targetPort")
        if isinstance(target, str) and not target.isdecimal() and target not in names:
            message = f"goes to port {target}, which no container of its pods names"
            yield checked.at(item, "service-port-unknown", message, "spec", "ports", number, "targetPort")
