"""Files and folders of the host that a service mounts. A cluster has none of these: texts become keys of the
config, and what cannot is told."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from cantata.core.chart_text import Value
from cantata.core.compose.fields import Fields
from cantata.core.compose.names import data_key, object_name
from cantata.core.compose.project import Object, Part, SourceState, clean, labels

MOST_TEXT = 900_000
"""What a ConfigMap holds, with room for the rest of it."""
EXECUTABLE = 0o755
MISSING_HINT = "Put it there, or import with --allow-missing for an empty one in its place."
HOST_PATHS = {
    "/var/run/docker.sock": "the docker socket is not there: nodes of a cluster run no docker for pods",
    "/run/docker.sock": "the docker socket is not there: nodes of a cluster run no docker for pods",
    "/etc/localtime": "the host's time zone is not taken over; set the variable TZ",
    "/etc/timezone": "the host's time zone is not taken over; set the variable TZ",
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
        part.left_out(key, HOST_PATHS.get(path, outside), "Use a volume, or a file of the project.")
        return ""
    code = _is_code(part, path)
    found = part.project.look(path, contents=not code)
    if code and found in (SourceState.FOLDER, SourceState.ABSENT):
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


def add_file(part: Part, path: str, target: str, text: str) -> None:
    value = part.value("files", path, default=text, comment=f"The file {target}")
    key = data_key(posixpath.basename(path))
    if key in part.files and part.files[key].path != value.path:
        key = data_key(path)
    part.files[key] = value
    part.roll_with((part.section, "files"))
    source: Object = {"name": f"{part.name}-files"}
    if text.startswith("#!"):
        source["defaultMode"] = EXECUTABLE
    volume = part.add_volume("files" if "defaultMode" not in source else "scripts", {"configMap": source})
    _mount(part, {"name": volume, "mountPath": target, "subPath": key, "readOnly": True})


def files_map(part: Part) -> Object:
    return config_map(part, f"{part.name}-files", part.files)


def config_map(part: Part, name: str, data: Mapping[str, Value]) -> Object:
    metadata = {"name": name, "labels": labels(part.name)}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": dict(data)}


def _add_folder(part: Part, path: str, target: str, key: str) -> None:
    prefix = "" if path == "." else f"{path}/"
    inside = {name: source for name, source in part.project.sources.items() if name.startswith(prefix)}
    texts = {name: source for name, source in sorted(inside.items()) if isinstance(source, str)}
    others = sorted(name for name in inside if name not in texts and inside[name] is not SourceState.FOLDER)
    name = object_name(f"{part.name}-{posixpath.basename(path)}")
    if others or sum(len(text.encode()) for text in texts.values()) > MOST_TEXT:
        what = (
            f"{others[0]} is {WHY_NOT.get(SourceState(inside[others[0]]), 'not there')}"
            if others
            else "it is too large"
        )
        part.decide(
            key,
            f"the folder {path} does not fit a ConfigMap: {what}; {target} is not mounted",
            "Put it into the image, or name a volume instead of the folder.",
        )
        return
    if not texts:
        part.changed(
            key,
            f"the folder {path} holds no file: a volume takes its place",
            "Name a volume instead of the folder.",
        )
        claim: Object = {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": part.metadata(name, {"helm.sh/resource-policy": "keep"}),
            "spec": {
                "accessModes": ["ReadWriteOnce"],
                "resources": {
                    "requests": {
                        "storage": Value(
                            part.project.path("volumes", name, "size"),
                            "1Gi",
                            f"Size of the volume at {target}",
                        )
                    }
                },
            },
        }
        part.objects.append(claim)
        volume = part.add_volume(name, {"persistentVolumeClaim": {"claimName": name}})
        _mount(part, {"name": volume, "mountPath": target})
        return
    data: dict[str, Value] = {}
    items: list[Object] = []
    for file, text in texts.items():
        inner = file.removeprefix(prefix)
        entry = data_key(inner.replace("/", "."))
        data[entry] = part.value(
            "files", file, default=text, comment=f"The file {posixpath.join(target, inner)}"
        )
        items.append({"key": entry, "path": inner, **({"mode": EXECUTABLE} if text.startswith("#!") else {})})
    plain = all(item["key"] == item["path"] and "mode" not in item for item in items)
    part.objects.append(config_map(part, name, data))
    part.roll_with((part.section, "files"))
    volume = part.add_volume(name, {"configMap": {"name": name, **({} if plain else {"items": items})}})
    _mount(part, {"name": volume, "mountPath": target, "readOnly": True})
    part.changed(
        key, f"the files of {path} are keys below {part.section}.files; pods can read them, not write"
    )


def _add_missing(part: Part, path: str, target: str, key: str) -> None:
    """docker makes an empty folder of what is missing; here that is allowed only when asked for."""
    is_file = "." in posixpath.basename(path).lstrip(".") or "." in posixpath.basename(target)
    if not part.project.allow_missing:
        part.missing(key, f"./{path} is not there, which is mounted at {target}", MISSING_HINT)
    elif is_file:
        add_file(part, path, target, "")
        part.decide(
            key,
            f"./{path} is not there: {part.section}.files.{path} is empty",
            "Give its text in the config.",
        )
    else:
        volume = part.add_volume(f"missing-{posixpath.basename(path)}", {"emptyDir": {}})
        _mount(part, {"name": volume, "mountPath": target})
        part.decide(
            key, f"./{path} is not there: {target} is an empty folder", "Import again with its files."
        )


def _mount(part: Part, mount: Object) -> None:
    if any(other["mountPath"] == mount["mountPath"] for other in part.mounts):
        part.left_out("volumes", f"something else is mounted at {mount['mountPath']} already")
    else:
        part.mounts.append(mount)
