"""Make a config of what is elsewhere: texts of other forms, ConfigMaps and Secrets of a cluster."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence

from cantata.actions.create_config import create_config
from cantata.actions.moved_errors import move_error
from cantata.actions.ports import Ports
from cantata.actions.save_config import Save, save_config
from cantata.core.config import ImportInvalid, ImportKind, import_objects, import_place, import_text
from cantata.core.model.access import Actor
from cantata.core.model.configs import ConfigVersion, Extends
from cantata.core.model.errors import check_name
from cantata.core.model.objects import GVK, Manifest
from cantata.errors import CantataError, Category, Place
from cantata.ports import Cluster

OBJECT_NAME = re.compile(r"[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?")


class SourceObjectNotFound(CantataError):
    """The cluster has no ConfigMap or Secret of that name in that namespace."""

    category = Category.NOT_FOUND


async def create_from(
    ports: Ports,
    actor: Actor,
    project: str,
    name: str,
    text: str,
    kind: ImportKind,
    *,
    extends: Extends | None = None,
    message: str = "",
    labels: Mapping[str, str] | None = None,
) -> ConfigVersion:
    """A new config of a text of another form. Raises `ImportInvalid`, and what `create_config` raises with
    places in this text."""
    file = f"config {name}"
    config_text = await asyncio.to_thread(import_text, kind, text, file=file)

    def moved(place: Place) -> Place:
        return import_place(kind, text, place) if place.file == file else place

    try:
        return await create_config(
            ports, actor, project, name, config_text, extends=extends, message=message, labels=labels
        )
    except CantataError as error:
        move_error(error, moved)
        raise


async def import_config(
    ports: Ports,
    actor: Actor,
    project: str,
    name: str,
    *,
    cluster: str,
    namespace: str,
    config_maps: Sequence[str] = (),
    secrets: Sequence[str] = (),
    extends: Extends | None = None,
    message: str = "",
) -> ConfigVersion:
    """A new config with the keys of these objects, read once. Raises `NameInvalid`, `NameTaken`,
    `ClusterNotFound`, `SourceObjectNotFound`, `ImportInvalid`, what the cluster says, and what `save_config`
    raises."""
    check_name("config", name)
    wanted = [("ConfigMap", each) for each in config_maps] + [("Secret", each) for each in secrets]
    if not wanted:
        raise ImportInvalid("no ConfigMap and no Secret is named", subject=f"config {name}")
    session = await ports.clusters.get(project, cluster)
    found = [await _get(session.cluster, cluster, kind, namespace, each) for kind, each in wanted]
    text = await asyncio.to_thread(import_objects, found)
    named = ", ".join(f"{kind} {each}" for kind, each in wanted)
    why = message or f"{named} of namespace {namespace} in cluster {cluster}"
    save = Save(name, text, extends, why, new=True, verb="import")
    return await save_config(ports, actor, project, save)


async def _get(cluster: Cluster, registered: str, kind: str, namespace: str, name: str) -> Manifest:
    """What could not be a name is not asked for: it would be part of a URL."""
    possible = OBJECT_NAME.fullmatch(namespace) and OBJECT_NAME.fullmatch(name)
    found = await cluster.find(GVK("", "v1", kind), namespace, name) if possible else None
    if found is None:
        raise SourceObjectNotFound(
            f"there is no {kind} {name[:80]} in namespace {namespace[:80]} of cluster {registered}",
            subject=f"{kind} {name[:80]}",
            hint=f"`kubectl get {kind.lower()}s -n {namespace[:80]}` shows what is there.",
        )
    return {**found.manifest(), "kind": kind}
