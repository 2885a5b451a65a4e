"""The API server's URLs."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from cantata.core.model.objects import Resource
from cantata.kube.errors import ObjectInvalid


def collection_path(resource: Resource, namespace: str = "") -> str:
    """Of all objects of a kind, cluster-wide without a namespace."""
    gvk = resource.gvk
    root = f"/apis/{gvk.group}/{gvk.version}" if gvk.group else f"/api/{gvk.version}"
    if namespace and resource.namespaced:
        return f"{root}/namespaces/{_segment(namespace)}/{resource.plural}"
    return f"{root}/{resource.plural}"


def object_path(resource: Resource, namespace: str, name: str) -> str:
    """Raises `ObjectInvalid` where a name or a needed namespace is missing or cannot stand in a path."""
    if resource.namespaced and not namespace:
        raise ObjectInvalid(
            f"{resource.gvk.kind} {name} has no namespace, and its kind needs one",
            subject=f"{resource.gvk.kind} {name}",
        )
    if not name:
        raise ObjectInvalid(
            f"a {resource.gvk.kind} has no name",
            subject=resource.gvk.kind,
            hint="Set metadata.name (generateName cannot be applied).",
        )
    return f"{collection_path(resource, namespace)}/{_segment(name)}"


def query(**parameters: str | int | bool | None) -> str:
    """`?…` of those that are set; booleans as `true`, left out when false."""
    pairs = [(key, "true" if value is True else value) for key, value in parameters.items() if value]
    return f"?{urlencode(pairs, quote_via=quote)}" if pairs else ""


def _segment(text: str) -> str:
    if text in {".", ".."} or "/" in text or "%" in text:
        raise ObjectInvalid(f"{text!r} cannot be the name of an object", subject=text)
    return quote(text, safe="")
