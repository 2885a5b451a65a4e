"""Which kinds of a render live in namespaces, asked of the cluster."""

from __future__ import annotations

from collections.abc import Sequence

from cantata.core.cards.refusals import no_longer, replacement
from cantata.core.delivery.pods import child
from cantata.core.model.charts import Rendered
from cantata.core.model.objects import GVK, Manifest, ObjectKey
from cantata.errors import CantataError, Category, Place
from cantata.ports import Cluster, KindNotServed


def flat(manifest: Manifest) -> Sequence[Manifest]:
    """The items of a `List`, else the manifest itself."""
    items = manifest.get("items")
    return items if str(manifest.get("kind", "")).endswith("List") and isinstance(items, list) else [manifest]


async def scopes(cluster: Cluster, rendered: Rendered) -> dict[tuple[str, str], bool]:
    """(group, kind) → whether it lives in namespaces, of everything in a render. Kinds that the render itself
    defines count as served. Raises `KindNotServed`, which names the template."""
    found: dict[tuple[str, str], bool] = {}
    for item in (*rendered.crds, *rendered.objects):
        if item.manifest.get("kind") == "CustomResourceDefinition":
            spec = child(item.manifest, "spec")
            defined = str(spec.get("group", "")), str(child(spec, "names").get("kind", ""))
            found[defined] = spec.get("scope") == "Namespaced"
    for item in rendered.objects:
        for manifest in flat(item.manifest):
            gvk = GVK.of(manifest)
            if (gvk.group, gvk.kind) in found:
                continue
            try:
                resource = await cluster.resource(gvk.group, gvk.kind, gvk.version)
            except CantataError as error:
                if error.category is not Category.NOT_FOUND:
                    raise
                instead = replacement(gvk.api_version, gvk.kind, error.hint)
                raise KindNotServed(
                    f"the cluster does not serve {gvk}" + (" any more" if instead is not None else ""),
                    subject=str(ObjectKey.of(manifest)),
                    hint=no_longer(instead)
                    if instead is not None
                    else "Install what defines this kind, or correct its apiVersion.",
                    place=Place(item.path, key="kind"),
                ) from error
            found[gvk.group, gvk.kind] = resource.namespaced
    return found
