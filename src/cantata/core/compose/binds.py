"""Files and folders of the host that a service mounts. A cluster has none of these: texts become keys of the
config, and what cannot is told."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from cantata.core.chart_text import Value
from cantata.core.compose.fields import Fields
from cantata.core.compose.names import object_name
from cantata.core.compose.project import KEPT, Object, Part, SourceState, claim, claimed, clean

MOST_TEXT = 900_000
"""What a ConfigMap holds, with room for the rest of it."""
EXECUTABLE = 0o755
MISSING_HINT = "Put it there, or import with --allow-missing for an empty one in its place."
DOCKER = ("the docker socket is not there: nodes of a cluster run no docker for pods", "")
CLOCK = ("the host's time zone is not taken over", "Set the variable TZ.")
HOST_PATHS = {
    "/var/run/docker.sock": DOCKER,
    "/run/docker.sock": DOCKER,
    "/etc/localtime": CLOCK,
    "/etc/timezone": CLOCK,
}


def add_bind(part: Part, item: Fields) -> str:
    """Mount what a bind names. Gives the place in the container where code of the host was left out."""
    source, target = item.take("source", ""), item.take("target", "")
    options = item.inner("bind")
    for key in ("create_host_path", "selinux", "propagation", "recursive"):
        options.take(key)
    read_only = item.take("read_only", False)
    item.take("consistency")
    key, path = f"volumes.{target}", clean(source)
    if path.startswith(("/", "~")) or path.split("/")[0] == "..":
        outside = f"{source} is outside of the project: pods do not see files of a host"
        message, suggestion = HOST_PATHS.get(path, (outside, "Use a volume, or a file of the project."))
        part.left_out(key, message, suggestion)
        return ""
    code = _is_code(part, path)
    found = part.project.look(path, contents=not code)
    absent_folder = found is SourceState.ABSENT and not _is_file(path, target)
    if code and (found is SourceState.FOLDER or absent_folder):
        part.left_out(key, f"the code of {source} is not mounted at {target}: the image has it")
        return str(target)
    match found:
        case None:
            pass
        case SourceState.FOLDER:
            _add_folder(part, path, target, key)
        case SourceState.ABSENT:
            _add_missing(part, path, target, key)
        case SourceState():
            part.decide(
                key,
                f"{source} is {WHY_NOT[found]}; {target} is not mounted",
                "Put it into the image, or fill a volume with it.",
            )
        case str():
            add_file(part, path, target, found)
            if not read_only:
                part.changed(
                    key, f"{path} is the key {part.section}.files.{path}; pods can read it, not write"
                )
    return ""


WHY_NOT = {
    SourceState.BINARY: "no text",
    SourceState.LARGE: "too large for a ConfigMap",
    SourceState.OUTSIDE: "outside of the project",
}


def _is_code(part: Part, path: str) -> bool:
    """Whether a service mounts over what its own image was built from: a way to develop, not to run."""
    build = part.given("build")
    if not build:
        return False
    context = clean(build.get("context") or ".")
    return (
        path in (".", context)
        or path.startswith(f"{context}/")
        or context in (".", "")
        or context.startswith(f"{path}/")
    )


def add_file(part: Part, path: str, target: str, text: str) -> str:
    """Mount a text. Gives its key in the values; empty where it does not fit."""
    key = part.key_of("files", path, posixpath.basename(path), path)
    known = sum(len(str(value.default).encode()) for name, value in part.files.items() if name != key)
    if known + len(text.encode()) > MOST_TEXT:
        _too_large(part, f"volumes.{target}", f"./{path}", target)
        return ""
    part.files[key] = part.value("files", key, default=text, comment=f"The file {target}")
    part.roll_with((part.section, "files"))
    source: Object = {"name": files_object(part)}
    if text.startswith("#!"):
        source["defaultMode"] = EXECUTABLE
    volume = part.add_volume("scripts" if "defaultMode" in source else "files", {"configMap": source})
    part.mount({"name": volume, "mountPath": target, "subPath": key, "readOnly": True})
    return f"{part.section}.files.{key}"


def files_object(part: Part) -> str:
    return part.project.unique("ConfigMap", f"{part.name}-files", f"files of {part.name}")


def config_map(part: Part, name: str, data: Mapping[str, Value]) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": part.metadata(name), "data": dict(data)}


def _add_folder(part: Part, path: str, target: str, key: str) -> None:
    prefix = "" if path == "." else f"{path}/"
    inside = {name: source for name, source in part.project.sources.items() if name.startswith(prefix)}
    texts = {name: source for name, source in sorted(inside.items()) if isinstance(source, str)}
    others = [
        (name, source)
        for name, source in sorted(inside.items())
        if isinstance(source, SourceState) and source not in (SourceState.FOLDER, SourceState.ABSENT)
    ]
    wanted = object_name(f"{part.name}-{posixpath.basename(path)}")
    if others:
        name, state = others[0]
        part.decide(
            key,
            f"the folder ./{path} is not mounted at {target}: ./{name} is {WHY_NOT[state]}",
            "Put it into the image, or name a volume instead of the folder.",
        )
    elif sum(len(text.encode()) for text in texts.values()) > MOST_TEXT:
        _too_large(part, key, f"the folder ./{path}", target)
    elif texts:
        _add_texts(part, path, target, {name.removeprefix(prefix): text for name, text in texts.items()})
        part.changed(key, f"the files of ./{path} are keys below {part.section}.files, and read-only in pods")
    else:
        name = part.project.unique("PersistentVolumeClaim", wanted, f"{part.name} ./{path}")
        size = Value(part.project.path("volumes", name, "size"), "1Gi", f"Size of the volume at {target}")
        part.add(claim(part.metadata(name, KEPT), size))
        part.mount({"name": part.add_volume(name, claimed(name)), "mountPath": target})
        part.changed(
            key, f"the folder ./{path} holds no file: a volume takes its place", "Name a volume instead."
        )


def _too_large(part: Part, key: str, what: str, target: str) -> None:
    part.decide(
        key,
        f"{what} does not fit a ConfigMap, so it is not mounted at {target}",
        "Put it into the image, or name a volume instead.",
    )


def _add_texts(part: Part, path: str, target: str, texts: Mapping[str, str]) -> None:
    """The texts of a folder by their paths in it, as a ConfigMap of their own."""
    data: dict[str, Value] = {}
    items: list[Object] = []
    for inner, text in texts.items():
        comment = f"The file {posixpath.join(target, inner)}"
        entry = part.key_of("files", posixpath.join(path, inner), posixpath.basename(inner), inner)
        data[entry] = part.value("files", entry, default=text, comment=comment)
        items.append({"key": entry, "path": inner, **({"mode": EXECUTABLE} if text.startswith("#!") else {})})
    name = part.project.unique(
        "ConfigMap", object_name(f"{part.name}-{posixpath.basename(path)}"), f"{part.name} ./{path}"
    )
    part.add(config_map(part, name, data))
    part.roll_with((part.section, "files"))
    plain = all(item["key"] == item["path"] and "mode" not in item for item in items)
    source = {"name": name} if plain else {"name": name, "items": items}
    part.mount({"name": part.add_volume(name, {"configMap": source}), "mountPath": target, "readOnly": True})


def _is_file(path: str, target: str) -> bool:
    """What a path that is not there would be: a file, if its name has an ending."""
    return "." in posixpath.basename(path).lstrip(".") or "." in posixpath.basename(target)


def _add_missing(part: Part, path: str, target: str, key: str) -> None:
    """docker makes an empty folder of what is missing; here that is allowed only when asked for."""
    if not part.project.allow_missing:
        part.missing(key, f"./{path} is not there, which is mounted at {target}", MISSING_HINT)
    elif _is_file(path, target):
        name = add_file(part, path, target, "")
        part.decide(key, f"./{path} is not there: {name} is empty", "Give its text in the config.")
    else:
        volume = part.add_volume(object_name(f"missing-{posixpath.basename(path)}"), {"emptyDir": {}})
        part.mount({"name": volume, "mountPath": target})
        part.decide(
            key, f"./{path} is not there: {target} is an empty folder", "Import again with its files."
        )
