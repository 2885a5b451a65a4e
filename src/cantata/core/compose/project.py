"""The project and its services while they are translated."""

from __future__ import annotations

import enum
import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cantata.core.authoring.names import section_of
from cantata.core.chart_text import Code, Value
from cantata.core.compose.fields import Fields
from cantata.core.compose.names import data_key, not_taken, object_name
from cantata.core.compose.notes import Notes
from cantata.core.model.compose import ComposeReading

Object = dict[str, Any]
SHARED = "shared"
"""The template of what several services use; the service of this name is deployed first."""


class SourceState(enum.Enum):
    """Why a path of the project has no text."""

    ABSENT = "absent"
    FOLDER = "folder"
    BINARY = "binary"
    LARGE = "large"
    OUTSIDE = "outside"


Source = str | SourceState
"""What stands at a path of the project: a text, or why there is none."""


@dataclass(slots=True)
class Project:
    """`wanted` are paths that were not looked at yet, and whether the files of such a folder are wanted."""

    reading: ComposeReading
    sources: Mapping[str, Source]
    allow_missing: bool
    notes: Notes = field(init=False)
    names: dict[str, str] = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)
    wanted: dict[str, bool] = field(default_factory=dict)
    shared: list[Object] = field(default_factory=list)
    _made: set[tuple[str, str]] = field(default_factory=set)
    _names: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.notes = Notes(self.reading.places)
        found = self.reading.project
        for kind in ("services", "jobs"):
            for name, value in (found.get(kind) or {}).items():
                self.names[name] = self.unique("Service", object_name(name), name)
                section = self.unique("section", section_of(self.names[name]), name)
                fields = Fields(value, f"{kind}.{name}")
                self.parts[name] = Part(self, name, self.names[name], section, fields, is_job=kind == "jobs")
                if self.names[name] != name:
                    self.notes.changed(
                        f"{kind}.{name}",
                        f"{name} is called {self.names[name]}, since that is no name in a cluster",
                        f"Where others reach it by the name {name}, let them use {self.names[name]}.",
                        service=self.names[name],
                    )

    def unique(self, kind: str, wanted: str, owner: str) -> str:
        """A name among those of a kind that is nobody else's; its owner gets the same one again."""
        if (kind, owner) not in self._names:
            taken = [name for (of, _), name in self._names.items() if of == kind]
            self._names[kind, owner] = not_taken(wanted, taken, "" if kind.endswith("section") else "-")
        return self._names[kind, owner]

    def top(self, kind: str, name: str) -> Mapping[str, Any]:
        """An entry of the project's own volumes, secrets or configs."""
        return (self.reading.project.get(kind) or {}).get(name) or {}

    def path(self, kind: str, name: str, *more: str) -> tuple[str, ...]:
        """Where the values have something of a volume, a secret or a config, away from those of services."""
        return (self.root(kind), self.unique(f"{kind} section", section_of(object_name(name)), name), *more)

    def root(self, kind: str) -> str:
        return self.unique("section", kind, f"all {kind}")

    def look(self, path: str, *, contents: bool = False) -> Source | None:
        """What stands at a path. None: it is not known yet, and wanted."""
        path = clean(path)
        if path.startswith(("/", "~")) or path.split("/")[0] == "..":
            return SourceState.OUTSIDE
        found = self.sources.get(path)
        if found is None:
            self.wanted[path] = self.wanted.get(path, False) or contents
        return found

    def users(self, kind: str, name: str) -> list[str]:
        """The services that use a volume, a secret or a config of the project."""
        found = []
        for service, part in self.parts.items():
            uses = part.given(kind) or ()
            if any(use.get("source") == name and use.get("type", "volume") == "volume" for use in uses):
                found.append(service)
        return found

    def labels(self, kind: str, name: str, user: Part) -> Object:
        """Those of the object of a volume, a secret or a config."""
        return labels(user.name if len(self.users(kind, name)) <= 1 else SHARED)

    def make(self, kind: str, name: str, user: Part, build: Callable[[], Object]) -> None:
        """Put the object of a volume, a secret or a config beside its only user, or with what is shared."""
        if (kind, name) in self._made:
            return
        self._made.add((kind, name))
        (user.objects if len(self.users(kind, name)) <= 1 else self.shared).append(build())


@dataclass(slots=True)
class Part:
    """One service or job, `section` its key in the values. `objects` stand beside its workload; `hashed` are
    the values whose change must roll its pods; `completed` says that others wait for its end."""

    project: Project
    compose_name: str
    name: str
    section: str
    fields: Fields
    is_job: bool = False
    completed: bool = False
    objects: list[Object] = field(default_factory=list)
    volumes: list[Object] = field(default_factory=list)
    mounts: list[Object] = field(default_factory=list)
    hashed: list[tuple[str, ...]] = field(default_factory=list)
    files: dict[str, Value] = field(default_factory=dict)
    _keys: dict[str, tuple[dict[str, str], dict[str, str]]] = field(default_factory=dict)

    def value(
        self, *path: str, default: Any, comment: str = "", required: str = "", secret: bool = False
    ) -> Value:
        return Value((self.section, *path), default, comment, required, secret)

    def given(self, key: str) -> Any:
        """What the project says under a key, taken or not."""
        services = self.project.reading.project["jobs" if self.is_job else "services"]
        return (services[self.compose_name] or {}).get(key)

    def changed(self, key: str, message: str, suggestion: str = "") -> None:
        self.project.notes.changed(self._key(key), message, suggestion, service=self.name)

    def left_out(self, key: str, message: str, suggestion: str = "") -> None:
        self.project.notes.left_out(self._key(key), message, suggestion, service=self.name)

    def decide(self, key: str, message: str, suggestion: str = "") -> None:
        self.project.notes.decide(self._key(key), message, suggestion, service=self.name)

    def missing(self, key: str, message: str, suggestion: str = "") -> None:
        self.project.notes.missing(self._key(key), message, suggestion, service=self.name)

    def _key(self, key: str) -> str:
        return key if key.startswith(f"{self.fields.path}.") else f"{self.fields.path}.{key}"

    def metadata(self, name: str = "", annotations: Mapping[str, Any] | None = None) -> Object:
        found: Object = {"name": name or self.name, "labels": labels(self.name)}
        if annotations:
            found["annotations"] = dict(annotations)
        return found

    def add(self, made: Object) -> None:
        """An object; what stands for one thing is made once."""
        known = [(each["kind"], each["metadata"]["name"]) for each in self.objects]
        if (made["kind"], made["metadata"]["name"]) not in known:
            self.objects.append(made)

    def add_volume(self, name: str, source: Object) -> str:
        """A volume of the pod; one that is there already is used again."""
        name = object_name(name)
        for volume in self.volumes:
            if volume == {"name": volume["name"], **source}:
                return str(volume["name"])
        name = not_taken(name, [volume["name"] for volume in self.volumes])
        self.volumes.append({"name": name, **source})
        return name

    def key_of(self, group: str, name: str, *wanted: str) -> str:
        """A key of the values, which a config takes as well, for something called `name`: the first of
        `wanted` that is nobody else's."""
        keys, owners = self._keys.setdefault(group, ({}, {}))
        if name not in keys:
            free = [key for key in map(data_key, wanted) if key not in owners]
            keys[name] = free[0] if free else not_taken(data_key(wanted[0]), owners)
            owners[keys[name]] = name
        return keys[name]

    def mount(self, mount: Object) -> None:
        if any(other["mountPath"] == mount["mountPath"] for other in self.mounts):
            self.left_out("volumes", f"something else is mounted at {mount['mountPath']} already")
        else:
            self.mounts.append(mount)

    def roll_with(self, path: tuple[str, ...]) -> None:
        if path not in self.hashed:
            self.hashed.append(path)


KEPT = {"helm.sh/resource-policy": "keep"}
"""As `docker compose down` keeps volumes."""


def claim(metadata: Object, size: Value, access: str = "ReadWriteOnce") -> Object:
    spec = {"accessModes": [access], "resources": {"requests": {"storage": size}}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}


def claimed(name: str) -> Object:
    """A volume of a pod."""
    return {"persistentVolumeClaim": {"claimName": name}}


def labels(name: str) -> Object:
    return {"app.kubernetes.io/name": name, "app.kubernetes.io/instance": Code(".Release.Name")}


def clean(path: str) -> str:
    return path if path.startswith("~") else posixpath.normpath(path)
