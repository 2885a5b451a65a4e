"""A service comes to a template, or leaves it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from cantata.core.authoring.document import FILE, SERVICES, SpecText
from cantata.core.authoring.errors import (
    ServiceFilesUnknown,
    ServiceImageInvalid,
    ServiceNeeded,
    ServiceTaken,
)
from cantata.core.authoring.kinds import WorkloadKind, template_text, values_text
from cantata.core.authoring.mentions import annotated_dependents, template_texts
from cantata.core.authoring.names import check_service_name, section_of
from cantata.core.authoring.sections import check_free, with_section, without_section
from cantata.core.config import SetKey, yaml_scalar
from cantata.core.model.errors import ServiceNotFound
from cantata.core.model.templates import Condition
from cantata.errors import Detail, Place

Files = Mapping[str, bytes]

LONGEST_IMAGE = 500
IMAGE = re.compile(r"[\x21-\x7e]*")
"""Enough to stand in one line; whether there is such an image, nobody can tell here."""


@dataclass(frozen=True, slots=True)
class AddedService:
    """An empty image and no port take those of the kind."""

    name: str
    kind: WorkloadKind = WorkloadKind.DEPLOYMENT
    image: str = ""
    port: int | None = None
    depends_on: Mapping[str, Condition] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EditedFiles:
    """All files of the template. `notes` say what was left, and what else the edit means."""

    files: Files
    notes: tuple[str, ...] = ()


def add_service(files: Files, service: AddedService) -> EditedFiles:
    """Raises `ServiceNameUnfit`, `ServiceImageInvalid`, `ServiceTaken`, `ServiceNotFound` for what it depends
    on, `TemplateFileUnreadable`."""
    check_service_name(service.name)
    if len(service.image) > LONGEST_IMAGE or not IMAGE.fullmatch(service.image):
        raise ServiceImageInvalid(
            f"{service.image[:80]!r} cannot be an image",
            subject=f"service {service.name}",
            hint="Such as registry.example.com/shop/web:1.4.0.",
        )
    spec = SpecText.read(files)
    check_new(spec, files, service.name)
    for other in service.depends_on:
        require(spec, files, other)
    section = section_of(service.name)
    check_free(files, section, service.name)
    path = f"templates/{service.name}.yaml"
    texts = {
        path: template_text(service.name, service.kind),
        FILE: _declared(spec, service),
        **with_section(
            files, section, values_text(service.name, service.kind, image=service.image, port=service.port)
        ),
    }
    return EditedFiles(with_texts(files, texts))


def remove_service(files: Files, name: str) -> EditedFiles:
    """Its section of the values goes, unless others read it. Raises `ServiceNotFound`, `ServiceNeeded`,
    `ServiceFilesUnknown`, `TemplateFileUnreadable`."""
    spec = SpecText.read(files)
    require(spec, files, name)
    given, named = own_files(spec, files, name)
    _check_unneeded(spec, files, name, {*given, *named})
    left = {path: content for path, content in files.items() if path not in {*given, *named}}
    if name in spec.services:
        left[FILE] = spec.written.without(SERVICES, name).encode()
    section = section_of(name)
    texts, reader = without_section(left, SpecText.read(left), section)
    notes = (f"values.yaml keeps {section}: {reader} reads it",) if reader else ()
    return EditedFiles(with_texts(left, texts), notes)


def check_new(spec: SpecText, files: Files, name: str) -> None:
    """Raises `ServiceTaken`."""
    given, named = spec.files_of(name, files)
    if name in spec.services or given or named:
        where = (*given, *named, FILE)[0]
        raise ServiceTaken(
            f"there is a service {name} already",
            subject=f"service {name}",
            hint="Choose another name.",
            place=Place(where),
        )


def require(spec: SpecText, files: Files, name: str) -> None:
    """Raises `ServiceNotFound`. Which services analysis finds is known only from a render."""
    if spec.by_file and name not in spec.known(files):
        known = spec.known(files)
        error = ServiceNotFound(name, known=known)
        error.hint = f"Its services are {', '.join(known)}." if known else "It has no services."
        raise error


def own_files(spec: SpecText, files: Files, name: str) -> tuple[list[str], list[str]]:
    """Those that `files:` gives to the service alone, and those that have its name. Raises
    `ServiceFilesUnknown`."""
    given, named = spec.files_of(name, files)
    if not given and not named and not spec.by_file:
        raise ServiceFilesUnknown(
            f"no file below templates/ is known to be of service {name}: its objects are found by analysis",
            subject=f"service {name}",
            hint=f"Name its files in {FILE}: `services: {{ {name}: {{ files: [FILE] }} }}`.",
            place=Place(FILE, key=f"{SERVICES}.{name}"),
        )
    return given, named


def with_texts(files: Files, texts: Mapping[str, str]) -> dict[str, bytes]:
    return {**files, **{path: text.encode() for path, text in texts.items()}}


def _declared(spec: SpecText, service: AddedService) -> str:
    """cantata.yaml with the service, which nobody is renamed from any more."""
    lines = [] if spec.by_file else [f"files: [{yaml_scalar(f'{service.name}.yaml')}]"]
    if service.depends_on:
        wanted = ", ".join(
            f"{yaml_scalar(other)}: {condition}" for other, condition in service.depends_on.items()
        )
        lines.append(f"dependsOn: {{ {wanted} }}")
    forgotten = spec.forgetting(service.name)
    added = SetKey((SERVICES, service.name), "\n".join(lines) or "{}")
    return spec.written.edited(added, *forgotten)


def _check_unneeded(spec: SpecText, files: Files, name: str, own: set[str]) -> None:
    """Raises `ServiceNeeded`."""
    places = {
        other: Place(FILE, spec.written.line(node), key=f"{SERVICES}.{other}.dependsOn")
        for other, node in spec.dependents(name)
    }
    for path, text in template_texts(files):
        for line in annotated_dependents(text, name) if path not in own else ():
            places.setdefault(path, Place(path, line))
    if places:
        raise ServiceNeeded(
            f"service {name} is needed by {', '.join(places)}",
            subject=f"service {name}",
            hint="Take it out of what they depend on first.",
            details=[Detail(f"{other} depends on {name}", place) for other, place in places.items()],
        )
