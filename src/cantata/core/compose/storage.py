"""Volumes, tmpfs, secrets and configs of a service."""

from __future__ import annotations

import posixpath
from typing import Any

from cantata.core.chart_text import Value
from cantata.core.compose.binds import MISSING_HINT, add_bind, config_map, files_object
from cantata.core.compose.fields import Fields
from cantata.core.compose.names import ANNOTATION, data_key, object_name
from cantata.core.compose.project import KEPT, Object, Part, SourceState, claim, claimed, clean
from cantata.core.compose.quantities import memory, size_text

VOLUME_SIZE = "1Gi"
SECRETS_FOLDER = "/run/secrets"


def add_storage(part: Part) -> None:
    fields = part.fields
    items = [(item.take("type", "volume"), item) for item in fields.items("volumes")]
    hidden = [target for kind, item in items if kind == "bind" and (target := add_bind(part, item))]
    for kind, item in items:
        if kind == "volume":
            _add_volume(part, item, hidden)
        elif kind == "tmpfs":
            size = item.inner("tmpfs").take("size")
            _mount_memory(part, item.take("target", ""), memory(size) if size else "")
        elif kind != "bind":
            part.left_out(
                f"volumes.{item.take('target', '')}", f"a mount of the type {kind} is not translated"
            )
            item.take("source")
    for text in fields.take("tmpfs", []):
        target, _, options = text.partition(":")
        given = dict(option.partition("=")[::2] for option in options.split(",") if option)
        _mount_memory(part, target, size_text(given.get("size", "")))
    if size := fields.take("shm_size"):
        _mount_memory(part, "/dev/shm", memory(size))
    for item in fields.items("secrets"):
        _add_secret(part, item)
    for item in fields.items("configs"):
        _add_config(part, item)
    if part.files:
        part.add(config_map(part, files_object(part), part.files))


def _add_volume(part: Part, item: Fields, hidden: list[str]) -> None:
    source, target, read_only = (
        item.take("source", ""),
        item.take("target", ""),
        item.take("read_only", False),
    )
    options = item.inner("volume")
    options.take("nocopy")
    if not source:
        above = next((folder for folder in hidden if target.startswith(f"{folder}/")), "")
        if above:
            part.left_out(
                f"volumes.{target}", f"a volume at {target} is not needed without the code at {above}"
            )
            return
        volume = part.add_volume(object_name(f"anonymous{target}"), {"emptyDir": {}})
        part.changed(
            f"volumes.{target}",
            f"the volume at {target} has no name: it is empty at the start of each pod and goes with it",
            "Give it a name to keep it.",
        )
        _mount(part, volume, target, read_only=read_only)
        return
    top = part.project.top("volumes", source)
    if top.get("external"):
        name = object_name(top.get("name") or source)
        part.decide(f"volumes.{source}", f"the volume claim {name} must be there: {source} is external")
    else:
        name = part.project.unique("PersistentVolumeClaim", object_name(source), source)
        part.project.make("volumes", source, part, lambda: _claim(part, source, name, top))
    volume = part.add_volume(object_name(source), claimed(name))
    _mount(part, volume, target, read_only=read_only, sub_path=options.take("subpath", ""))


def _claim(part: Part, source: str, name: str, top: Any) -> Object:
    project, notes = part.project, part.project.notes
    users = project.users("volumes", source)
    notes.changed(
        "volumes",
        "volumes are empty at first: a cluster does not copy what the image has there, as docker does",
        f"Their size is {project.root('volumes')}.NAME.size.",
    )
    if len(users) > 1:
        notes.decide(
            f"volumes.{source}",
            f"{', '.join(users)} share the volume {source}, which needs a storage class with ReadWriteMany",
        )
    kept = {"name", "external", "labels"}
    driver = top.get("driver", "local")
    for key in sorted(key for key, value in top.items() if value and key not in kept):
        if key != "driver" or driver != "local":
            notes.decide(
                f"volumes.{source}.{key}",
                f"{key} of the volume {source} is not translated",
                "Choose a storage class in its claim.",
            )
    size = Value(project.path("volumes", source, "size"), VOLUME_SIZE, f"Size of the volume {source}")
    annotations = {key: text for key, text in (top.get("labels") or {}).items() if ANNOTATION.fullmatch(key)}
    metadata = {
        "name": name,
        "labels": project.labels("volumes", source, part),
        "annotations": {**annotations, **KEPT},
    }
    return claim(metadata, size, "ReadWriteMany" if len(users) > 1 else "ReadWriteOnce")


def _mount_memory(part: Part, target: str, size: str) -> None:
    directory = {"medium": "Memory", **({"sizeLimit": size} if size else {})}
    _mount(part, part.add_volume(object_name(f"tmpfs{target}"), {"emptyDir": directory}), target)


def _mount(part: Part, volume: str, target: str, *, read_only: bool = False, sub_path: str = "") -> None:
    more = {key: value for key, value in (("subPath", sub_path), ("readOnly", read_only)) if value}
    part.mount({"name": volume, "mountPath": target, **more})


def _add_secret(part: Part, item: Fields) -> None:
    project, source = part.project, item.take("source", "")
    target = posixpath.join(SECRETS_FOLDER, item.take("target", "") or source)
    top = project.top("secrets", source)
    name, key = project.unique("Secret", object_name(source), source), data_key(source)
    if top.get("external"):
        name = object_name(top.get("name") or source)
        part.decide(
            f"secrets.{source}", f"the Secret {name} with the key {key} must be there: {source} is external"
        )
    else:
        value = _secret_value(part, source, top)
        project.make(
            "secrets",
            source,
            part,
            lambda: {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": name, "labels": project.labels("secrets", source, part)},
                "stringData": {key: value},
            },
        )
        part.roll_with(value.path)
    mode = _mode(part, item)
    volume = part.add_volume(f"secret-{name}", {"secret": {"secretName": name, **mode}})
    _mount(part, volume, target, read_only=True, sub_path=key)


def _secret_value(part: Part, source: str, top: Any) -> Value:
    project = part.project
    path = project.path("secrets", source)
    text = project.reading.secrets.get(source)
    if file := top.get("file"):
        found = project.look(file)
        if isinstance(found, str):
            text = found
    if text is None:
        origin = clean(file) if file else f"the variable {top.get('environment', '')}"
        project.notes.decide(
            f"secrets.{source}",
            f"the secret {source} is to come from {origin}, which is not there: {'.'.join(path)} must be set",
            "Set it in the config, tagged !secret.",
        )
    return Value(
        path,
        text or "",
        f"The secret {source}: set it in the config, tagged !secret",
        required=f"{'.'.join(path)} is not set: give it in the config, tagged !secret",
        secret=True,
    )


def _add_config(part: Part, item: Fields) -> None:
    source = item.take("source", "")
    target = item.take("target", "") or f"/{source}"
    project, top = part.project, part.project.top("configs", source)
    name, key = project.unique("ConfigMap", object_name(source), source), data_key(source)
    if top.get("external"):
        name = object_name(top.get("name") or source)
        part.decide(
            f"configs.{source}",
            f"the ConfigMap {name} with the key {key} must be there: {source} is external",
        )
    else:
        value = Value(
            project.path("configs", source), _config_text(part, source, top), f"The config {source}"
        )
        project.make(
            "configs",
            source,
            part,
            lambda: {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": name, "labels": project.labels("configs", source, part)},
                "data": {key: value},
            },
        )
        part.roll_with(value.path)
    volume = part.add_volume(f"config-{name}", {"configMap": {"name": name, **_mode(part, item)}})
    _mount(part, volume, target, read_only=True, sub_path=key)


def _config_text(part: Part, source: str, top: Any) -> str:
    if "content" in top:
        return str(top["content"])
    file = top.get("file", "")
    if not file:
        return ""
    found = part.project.look(file)
    if not isinstance(found, SourceState):
        return found or ""
    message = f"{clean(file)}, the file of the config {source}, is {found.value}"
    if part.project.allow_missing and found is SourceState.ABSENT:
        part.project.notes.decide(f"configs.{source}", f"{message}; an empty text takes its place")
    else:
        part.project.notes.missing(f"configs.{source}", message, MISSING_HINT)
    return ""


def _mode(part: Part, item: Fields) -> Object:
    mode = item.take("mode", "")
    for key in ("uid", "gid"):
        if item.take(key):
            part.left_out(f"{item.path}.{key}", f"{key} of a file is not translated; it belongs to root")
    return {"defaultMode": int(mode, 8)} if mode else {}
