"""What a container would see: a small kubelet over manifests as they stand on an API server."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Data = Mapping[tuple[str, str], Mapping[str, str]]
"""(kind, name) → the content in clear."""


@dataclass(slots=True)
class Seen:
    environment: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)


def contents(objects: Iterable[Any]) -> dict[tuple[str, str], dict[str, str]]:
    found = {}
    for each in objects:
        data = each.get("data") or {}
        if each["kind"] == "Secret":
            data = {key: base64.b64decode(text).decode() for key, text in data.items()}
        found[each["kind"], each["metadata"]["name"]] = data
    return found


def see(pod: Any, container: Any, data: Data) -> Seen:
    seen = Seen()
    for source in container.get("envFrom") or ():
        for kind, reference in _named(source, configMapRef="ConfigMap", secretRef="Secret"):
            for key, text in data[kind, reference["name"]].items():
                seen.environment[(source.get("prefix") or "") + key] = text
    for item in container.get("env") or ():
        if "value" in item:
            seen.environment[item["name"]] = item["value"]
        for kind, reference in _named(
            item.get("valueFrom") or {}, configMapKeyRef="ConfigMap", secretKeyRef="Secret"
        ):
            seen.environment[item["name"]] = data[kind, reference["name"]][reference["key"]]
    volumes = {volume["name"]: _files(volume, data) for volume in pod.get("volumes") or ()}
    for mount in container.get("volumeMounts") or ():
        for path, text in volumes.get(mount["name"], {}).items():
            below = mount.get("subPath")
            if below is None:
                seen.files[f"{mount['mountPath']}/{path}"] = text
            elif path == below:
                seen.files[mount["mountPath"]] = text
    return seen


def _files(volume: Any, data: Data) -> dict[str, str]:
    files: dict[str, str] = {}
    for source in [volume, *(volume.get("projected") or {}).get("sources", ())]:
        for kind, part in _named(source, configMap="ConfigMap", secret="Secret"):
            content = data[kind, part.get("secretName") or part["name"]]
            items = part.get("items") or [{"key": key, "path": key} for key in content]
            files |= {item["path"]: content[item["key"]] for item in items}
    return files


def _named(value: Any, **kinds: str) -> list[tuple[str, Any]]:
    return [(kind, value[field]) for field, kind in kinds.items() if value.get(field)]
