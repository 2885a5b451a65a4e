"""The name of the config where references are not rewritten: words of commands, plain variables, annotations,
rules of roles and custom resources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cantata.core.delivery.pods import all_containers, child, maps
from cantata.core.model.objects import GVK, Manifest
from cantata.core.stamp.templates import pod_spec, pod_template

BUILT_IN_GROUPS = frozenset({"", "apps", "autoscaling", "batch", "extensions", "policy"})


def mentions(manifests: list[Manifest], name: str) -> bool:
    word = re.compile(rf"(?<![A-Za-z0-9.-]){re.escape(name)}(?![A-Za-z0-9-]|\.[A-Za-z0-9])")
    return any(word.search(text) for manifest in manifests for text in _texts(manifest))


def _texts(manifest: Manifest) -> Iterator[str]:
    yield from _strings(child(child(manifest, "metadata"), "annotations"))
    template = pod_template(manifest)
    yield from _strings(child(child(template, "metadata"), "annotations"))
    for container in all_containers(pod_spec(manifest) or {}):
        yield from _strings([container.get("command"), container.get("args")])
        yield from _strings([item.get("value") for item in maps(container.get("env"))])
    group = GVK.of(manifest).group
    if group == "rbac.authorization.k8s.io":
        yield from _strings([rule.get("resourceNames") for rule in maps(manifest.get("rules"))])
    elif group not in BUILT_IN_GROUPS and not group.endswith(".k8s.io"):
        yield from _strings([value for key, value in manifest.items() if key not in ("metadata", "kind")])


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
