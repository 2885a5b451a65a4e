"""`kind: Application` of declarative files: checked and written. Nothing is deployed by that, and none is
ever pruned: an application goes by `cantata app delete` alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import msgspec

from cantata.actions.audit import audit
from cantata.actions.config_number import find_number
from cantata.actions.create_application import (
    application_of,
    check_draft,
    check_drift,
    check_updates,
    check_versions,
)
from cantata.actions.edit_application import check_fixed, edited_by
from cantata.actions.moved_errors import move_error
from cantata.actions.ports import Ports
from cantata.actions.request_review import request_review
from cantata.core.adjust import check_patch
from cantata.core.decide.authorise import Noun, Verb, authorise
from cantata.core.declaration import (
    ApplicationDeclaration,
    Applied,
    Declaration,
    Outcome,
    SourceFile,
    read_application,
)
from cantata.core.model.access import Actor
from cantata.core.model.adjustments import UNADJUSTED
from cantata.core.model.applications import Application, UpdatePolicy
from cantata.core.model.drift import DriftPolicy
from cantata.core.model.errors import (
    ApplicationNotFound,
    ClusterNotFound,
    ConfigNotFound,
    ConfigTagNotFound,
    ConfigVersionNotFound,
    TemplateNotFound,
    TemplateVersionNotFound,
)
from cantata.errors import CantataError, Place
from cantata.ports import Records

KIND = "Application"
ABOUT: Mapping[type[CantataError], str] = {
    TemplateNotFound: "template",
    TemplateVersionNotFound: "templateVersion",
    ConfigNotFound: "config",
    ConfigTagNotFound: "configVersion",
    ConfigVersionNotFound: "configVersion",
    ClusterNotFound: "cluster",
}
"""The key that an error is about."""

SPOKEN = (
    "template",
    "template_version",
    "config",
    "config_version",
    "create_namespace",
    "overrides",
    "service_overrides",
    "delivery",
    "updates",
    "drift",
    "drift_except",
)
"""What an edit may change."""


@dataclass(slots=True)
class CheckedApplications:
    """`written` is what the last run of the write did."""

    declared: Sequence[ApplicationDeclaration]
    written: list[Applied] = field(default_factory=list)

    def write(self, records: Records, actor: Actor, project: str) -> None:
        self.written = []
        for each in self.declared:
            with _in_file(each):
                self.written.append(_write(records, actor, project, each))

    def prune(self, records: Records, actor: Actor, project: str, labels: Mapping[str, str]) -> None:
        """None: what runs is not deleted because a file does not name it."""

    def rehearse(self, records: Records, project: str) -> None:
        """The store knows all that is to be known."""

    def holds(self, records: Records, project: str) -> bool:  # noqa: ARG002
        return True

    async def verify(self, ports: Ports) -> None:
        """The store knows all that is to be known."""

    async def applied(self, ports: Ports) -> Sequence[Applied]:  # noqa: ARG002
        return self.written


async def check_applications(
    ports: Ports,
    project: str,  # noqa: ARG001
    declarations: Sequence[Declaration],
    files: Mapping[str, SourceFile],  # noqa: ARG001
) -> CheckedApplications:
    """Raises `DeclarationInvalid`, `NameInvalid`, `YamlInvalid`, `OverridesInvalid`, `DeliveryInvalid`,
    `PatchInvalid`."""
    declared = [read_application(each) for each in declarations]
    for each in declared:
        with _in_file(each):
            await check_draft(ports, each.draft)
            for service, patches in each.patches.items():
                for number, patch in enumerate(patches, start=1):
                    check_patch(patch, service, number)
    return CheckedApplications(declared)


def no_files(declaration: Declaration) -> Mapping[str, str]:  # noqa: ARG001
    """Everything stands in the document itself."""
    return {}


def _write(records: Records, actor: Actor, project: str, declared: ApplicationDeclaration) -> Applied:
    draft, name = declared.draft, declared.name
    if tag := declared.config_tag:
        number = find_number(records, records.configs.get(project, draft.config), tag)
        draft = msgspec.structs.replace(draft, config_version=number)
    if version := declared.semantic_version:
        number = records.templates.version(records.templates.get(project, draft.template), version).number
        draft = msgspec.structs.replace(draft, template_version=number)
    check_versions(records, project, draft)
    try:
        stored = records.applications.get(project, name)
    except ApplicationNotFound:
        authorise(actor, Verb.CREATE, Noun.APPLICATION, project)
        check_updates(actor, project, UpdatePolicy.MANUAL, draft.updates)
        check_drift(actor, project, DriftPolicy.REPORT, draft)
        made = records.applications.create(application_of(project, draft))
        _set_patches(records, made, declared)
        audit(records, actor, project, "create", "application", name)
        return Applied(KIND, name, Outcome.CREATED, made.row_version)
    authorise(actor, Verb.EDIT, Noun.APPLICATION, project)
    check_updates(actor, project, stored.updates, draft.updates)
    check_drift(actor, project, stored.drift, draft)
    check_fixed(stored, draft)
    wanted = edited_by(stored, draft)
    changed = [each for each in SPOKEN if getattr(wanted, each) != getattr(stored, each)]
    if _set_patches(records, stored, declared):
        changed.append("patches")
    edited = records.applications.update(wanted) if changed else stored
    if not changed:
        return Applied(KIND, name, Outcome.UNCHANGED, stored.row_version)
    audit(records, actor, project, "edit", "application", name, ", ".join(changed))
    request_review(records, actor, [edited], "edited")
    return Applied(KIND, name, Outcome.CHANGED, edited.row_version, tuple(map(_camel, changed)))


def _set_patches(records: Records, application: Application, declared: ApplicationDeclaration) -> bool:
    """Whether that changed any."""
    has = application.adjustments
    wanted = {
        name: msgspec.structs.replace(has.get(name, UNADJUSTED), patches=declared.patches.get(name, ()))
        for name in {*has, *declared.patches}
    }
    same = all(wanted[name] == has.get(name, UNADJUSTED) for name in wanted)
    if not same:
        records.applications.adjust(application.id, wanted)
    return not same


def _camel(field: str) -> str:
    first, *rest = field.split("_")
    return first + "".join(word.capitalize() for word in rest)


@contextmanager
def _in_file(declared: ApplicationDeclaration) -> Iterator[None]:
    """Errors say where in the file it is; those of a text, at which of its keys."""
    services = {f"overrides of service {name}": name for name in declared.draft.service_overrides}
    texts = {
        f"overrides of application {declared.name}": ("overrides",),
        f"delivery of application {declared.name}": ("delivery",),
        **{what: ("serviceOverrides", name) for what, name in services.items()},
    }

    def moved(place: Place) -> Place:
        if place.file not in texts:
            return place
        there = declared.declaration.place("spec", *texts[place.file])
        return Place(there.file, there.line + place.line, there.column, place.key or there.key)

    try:
        yield
    except CantataError as error:
        if not error.place.file:
            about = ABOUT.get(type(error))
            path = ("spec", about) if about else ("metadata", "name")
            error.place = declared.declaration.place(*path)
        move_error(error, moved)
        raise
