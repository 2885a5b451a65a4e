"""Rules about one rendered object: names, labels, namespace, selectors, containers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cantata.core.lint.source import Checked
from cantata.core.model.charts import RenderedObject
from cantata.core.model.findings import Finding
from cantata.core.model.objects import GVK, Manifest
from cantata.core.services.fields import as_map, as_maps, labels_of
from cantata.core.services.selectors import selects
from cantata.core.spec.reading import LABEL, SUBDOMAIN
from cantata.core.stamp.templates import POD_TEMPLATES, pod_template

SERVICE_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
SEGMENT = re.compile(r"(?!\.{1,2}$)[^/%]+")
VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")

NAMES: Mapping[tuple[str, str], tuple[re.Pattern[str], int]] = {
    ("", "Namespace"): (LABEL, 63),
    ("", "Service"): (SERVICE_NAME, 63),
    **{
        ("rbac.authorization.k8s.io", kind): (SEGMENT, 253)
        for kind in ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")
    },
}
"""What kinds take for a name, and how long; all others a DNS subdomain of at most 253 characters. Source:
kubernetes.io/docs/concepts/overview/working-with-objects/names."""

SELECTING = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"})
LASTING = frozenset({"Deployment", "StatefulSet", "DaemonSet"})
SYSTEM = "kube-system"
"""Roles of aggregated servers belong there, by the rules of Kubernetes."""


def check_objects(checked: Checked) -> Iterator[Finding]:
    for item in checked.objects:
        for rule in OBJECT_RULES:
            yield from rule(checked, item)


def _name(checked: Checked, item: RenderedObject) -> Iterator[Finding]:
    gvk = GVK.of(item.manifest)
    name = as_map(item.manifest.get("metadata")).get("name")
    pattern, most = NAMES.get((gvk.group, gvk.kind), (SUBDOMAIN, 253))
    if name is None or (isinstance(name, str) and len(name) <= most and pattern.fullmatch(name)):
        return
    said = f"{len(name)} characters long" if isinstance(name, str) and len(name) > most else "no valid name"
    yield checked.at(item, "object-name-invalid", f"has a name that is {said}", "metadata", "name")


def _labels(checked: Checked, item: RenderedObject) -> Iterator[Finding]:
    places: list[tuple[tuple[str, ...], Manifest]] = [(("metadata", "labels"), labels_of(item.manifest))]
    gvk = GVK.of(item.manifest)
    path = POD_TEMPLATES.get((gvk.group, gvk.kind))
    if path:
        template = pod_template(item.manifest) or {}
        places.append(((*path, "metadata", "labels"), labels_of(template)))
    for at, labels in places:
        for key, value in labels.items():
            if isinstance(value, str) and (len(value) > 63 or not VALUE.fullmatch(value)):
                message = f"has the label {key}: {value[:80]!r}, which is no value of a label"
                yield checked.at(item, "label-invalid", message, *at, key)


def _namespace(checked: Checked, item: RenderedObject) -> Iterator[Finding]:
    """One that is written as it is: what comes from a value may be another one."""
    namespace = as_map(item.manifest.get("metadata")).get("namespace")
    if not isinstance(namespace, str) or namespace in ("", checked.namespace, SYSTEM):
        return
    written = re.compile(rf"""^\s*namespace:\s*["']?{re.escape(namespace)}["']?\s*$""")
    text = checked.source.texts.get(item.path, "")
    if any(written.match(line) for line in text.splitlines()):
        yield checked.at(
            item, "namespace-fixed", f"is always in namespace {namespace}", "metadata", "namespace"
        )


def _selector(checked: Checked, item: RenderedObject) -> Iterator[Finding]:
    gvk = GVK.of(item.manifest)
    if gvk.group != "apps" or gvk.kind not in SELECTING:
        return
    selector = as_map(item.manifest.get("spec")).get("selector")
    labels = labels_of(pod_template(item.manifest) or {})
    if not selector:
        yield checked.at(item, "selector-mismatch", "has no selector", "spec", "selector")
    elif not selects(selector, labels):
        message = "does not select its own pods: their labels are others"
        yield checked.at(item, "selector-mismatch", message, "spec", "selector")


def _containers(checked: Checked, item: RenderedObject) -> Iterator[Finding]:
    gvk = GVK.of(item.manifest)
    path = POD_TEMPLATES.get((gvk.group, gvk.kind))
    if path is None:
        return
    spec = as_map((pod_template(item.manifest) or {}).get("spec"))
    for field in ("initContainers", "containers"):
        for number, container in enumerate(as_maps(spec.get(field))):
            at = (*path, "spec", field, number)
            yield from _image(checked, item, container, at)
            if field == "containers" and item.hook is None:
                yield from _comfort(checked, item, container, at)


def _image(
    checked: Checked, item: RenderedObject, container: Manifest, at: tuple[str | int, ...]
) -> Iterator[Finding]:
    name, image = container.get("name"), container.get("image")
    if not image:
        yield checked.at(item, "container-image-missing", f"has no image for container {name}", *at, "image")
    elif isinstance(image, str) and is_latest(image):
        yield checked.at(item, "container-image-latest", f"runs {image}, of no version", *at, "image")


def is_latest(image: str) -> bool:
    """Without a tag or digest, or with the tag latest. A port of a registry is no tag."""
    if "@" in image:
        return False
    _, colon, tag = image.rpartition("/")[2].partition(":")
    return not colon or tag in ("", "latest")


def _comfort(
    checked: Checked, item: RenderedObject, container: Manifest, at: tuple[str | int, ...]
) -> Iterator[Finding]:
    name = container.get("name")
    if not as_map(as_map(container.get("resources")).get("requests")) and not as_map(
        as_map(container.get("resources")).get("limits")
    ):
        message = f"has no resources for container {name}"
        yield checked.at(item, "container-resources-missing", message, *at, "resources")
    lasting = item.manifest.get("kind") in LASTING
    if lasting and container.get("ports") and not container.get("readinessProbe"):
        message = f"has no readiness probe for container {name}"
        yield checked.at(item, "container-probes-missing", message, *at, "readinessProbe")


ObjectRule = Callable[[Checked, RenderedObject], Iterator[Finding]]
OBJECT_RULES: tuple[ObjectRule, ...] = (_name, _labels, _namespace, _selector, _containers)


def shown(value: Any) -> str:
    """A value in a message, shortly."""
    text = str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
