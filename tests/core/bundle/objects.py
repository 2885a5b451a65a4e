"""Small objects for tests."""

from __future__ import annotations

from typing import Any

Manifest = dict[str, Any]


def named(kind: str, name: str, namespace: str = "", group: str = "", **fields: Any) -> Manifest:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **fields.pop("metadata", {})}
    return {"apiVersion": f"{group}/v1" if group else "v1", "kind": kind, "metadata": metadata, **fields}


def container(name: str = "main", image: str = "nginx:1", **fields: Any) -> Manifest:
    return {"name": name, "image": image, **fields}


def deployment(name: str, *containers: Manifest, namespace: str = "", **spec: Any) -> Manifest:
    pod = {"containers": list(containers) or [container(name)], **spec.pop("pod", {})}
    template = {"metadata": {"labels": {"app": name}}, "spec": pod}
    return named(
        "Deployment",
        name,
        namespace,
        "apps",
        spec={"selector": {"matchLabels": {"app": name}}, "template": template, **spec},
    )


def service(name: str, namespace: str = "", app: str = "") -> Manifest:
    return named("Service", name, namespace, spec={"selector": {"app": app or name}, "ports": [{"port": 80}]})
