"""`kind: Config` of declarative files: checked, written and pruned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from graphlib import TopologicalSorter

import msgspec

from cantata.actions.audit import audit
from cantata.actions.check_schema import Checks, read_checks, run_checks
from cantata.actions.config_text import CheckedText, check_text
from cantata.actions.config_users import ALL
from cantata.actions.moved_errors import move_error
from cantata.actions.ports import Ports
from cantata.actions.save_config import Save, write_config
from cantata.actions.show_config import remove_config
from cantata.actions.stored_documents import read_document
from cantata.core.config import ConfigExtendsCycle, diff_documents
from cantata.core.declaration import (
    Applied,
    ConfigDeclaration,
    Declaration,
    DeclarationInvalid,
    Outcome,
    SourceFile,
    file_beside,
    parents_first,
    read_config,
)
from cantata.core.model.access import Actor
from cantata.core.model.configs import Config, ConfigVersion
from cantata.core.model.errors import ConfigNotFound, ConfigVersionNotFound, InUse
from cantata.errors import CantataError, Detail, Place
from cantata.ports import Records

KIND = "Config"
ABOUT_PARENT = (ConfigNotFound, ConfigVersionNotFound, ConfigExtendsCycle)


@dataclass(frozen=True, slots=True)
class Written:
    """A config before and after, as far as it is there."""

    name: str
    old: Config | None
    new: Config | None
    before: ConfigVersion | None
    after: ConfigVersion | None


@dataclass(slots=True)
class CheckedConfigs:
    """Parents before children. `written` is what the last run of the write did, `checks` what its rehearsal
    left to be held against schemas."""

    declared: Sequence[tuple[ConfigDeclaration, CheckedText]]
    written: list[Written] = field(default_factory=list)
    checks: dict[str, Checks] = field(default_factory=dict)

    def write(self, records: Records, actor: Actor, project: str) -> None:
        self.written = [
            _write(records, actor, project, declaration, checked) for declaration, checked in self.declared
        ]

    def prune(self, records: Records, actor: Actor, project: str, labels: Mapping[str, str]) -> None:
        kept = {declaration.name for declaration, _ in self.declared}
        going = {
            config.name: config
            for config in records.configs.list(project, labels=labels, page=ALL)
            if config.name not in kept
        }
        children = {
            name: [child.name for child in records.configs.children(config) if child.name in going]
            for name, config in going.items()
        }
        troubles: list[InUse] = []
        for name in TopologicalSorter(children).static_order():
            before = records.configs.version(going[name])
            try:
                remove_config(records, actor, project, going[name])
            except InUse as error:
                troubles.append(error)
            self.written.append(Written(name, going[name], None, before, None))
        if troubles:
            raise InUse(
                f"what is to be pruned is in use: {troubles[0].message}",
                subject=troubles[0].subject,
                hint="Give its users another config, or keep it in the files.",
                details=[Detail(error.message) for error in troubles],
            )

    def rehearse(self, records: Records, project: str) -> None:
        self.checks = {
            declaration.name: read_checks(records, project, declaration.name)
            for declaration, _ in self.declared
        }

    def holds(self, records: Records, project: str) -> bool:
        return all(
            checks.same_content(read_checks(records, project, name)) for name, checks in self.checks.items()
        )

    async def verify(self, ports: Ports) -> None:
        """Raises `ConfigSchemaViolated` and `SchemaInvalid`."""
        with ExitStack() as files:  # What follows a config may be declared too, in a file of its own.
            for declaration, _ in self.declared:
                files.enter_context(in_file(declaration))
            for name, checks in self.checks.items():
                await run_checks(ports, name, checks)

    async def applied(self, ports: Ports) -> Sequence[Applied]:
        return [await _applied(ports, each) for each in self.written]


def referenced_files(declaration: Declaration) -> Mapping[str, str]:
    path = declaration.spec.get("documentFile")
    return {path: file_beside(declaration, "documentFile")} if isinstance(path, str) else {}


async def check_configs(
    ports: Ports,
    project: str,  # noqa: ARG001
    declarations: Sequence[Declaration],
    files: Mapping[str, SourceFile],
) -> CheckedConfigs:
    """Raises `DeclarationInvalid`, `ConfigExtendsCycle`, `YamlInvalid`, `ConfigInvalid`."""
    declared = parents_first([read_config(each, files.get) for each in declarations])
    checked = []
    for each in declared:
        with in_file(each):
            checked.append((each, await check_text(ports, each.name, each.document.text)))
        await _check_schema(ports, each)
    return CheckedConfigs(checked)


@contextmanager
def in_file(declared: ConfigDeclaration) -> Iterator[None]:
    """Errors say where in the file it is; those of a config text say only where in the text."""

    def moved(place: Place) -> Place:
        if place.file.partition("@")[0] == f"config {declared.name}":
            return declared.document.moved(place)
        return place

    try:
        yield
    except CantataError as error:
        if not str(error.place):
            about = ("spec", "extends") if isinstance(error, ABOUT_PARENT) else ("metadata", "name")
            error.place = declared.declaration.place(*about)
        move_error(error, moved)
        raise


async def _check_schema(ports: Ports, declared: ConfigDeclaration) -> None:
    """A text that is no JSON Schema would make every later save fail."""
    if not declared.schema:
        return
    try:
        await ports.renderer.validate(declared.schema.encode(), b"{}")
    except CantataError as error:
        raise DeclarationInvalid(
            f"the schema of config {declared.name} is no JSON Schema: {error.message}",
            subject=f"config {declared.name}",
            place=declared.declaration.place("spec", "schema"),
        ) from error


def _write(
    records: Records, actor: Actor, project: str, declared: ConfigDeclaration, checked: CheckedText
) -> Written:
    name, labels = declared.name, declared.declaration.labels
    old = _find(records, project, name)
    before = records.configs.version(old) if old else None
    save = Save(
        name,
        declared.document.text,
        declared.extends,
        declared.message,
        new=old is None,
        labels=labels,
        verb="edit" if old else "create",
    )
    with in_file(declared):
        after = write_config(records, actor, project, save, checked)
    stored = records.configs.get(project, name)
    wanted = msgspec.structs.replace(stored, labels=labels, schema=declared.schema)
    if wanted == stored:
        return Written(name, old, stored, before, after)
    new = records.configs.update(wanted)
    audit(records, actor, project, "describe", "config", name, ", ".join(_described(old or stored, new)))
    return Written(name, old, new, before, after)


def _find(records: Records, project: str, name: str) -> Config | None:
    try:
        return records.configs.get(project, name)
    except ConfigNotFound:
        return None


def _described(old: Config, new: Config) -> list[str]:
    return [field for field in ("labels", "schema") if getattr(old, field) != getattr(new, field)]


async def _applied(ports: Ports, written: Written) -> Applied:
    name, old, new, before, after = (
        written.name,
        written.old,
        written.new,
        written.before,
        written.after,
    )
    if new is None or after is None:
        return Applied(KIND, name, Outcome.PRUNED)
    if old is None or before is None:
        return Applied(KIND, name, Outcome.CREATED, after.number)
    versions = {
        "document": before.text != after.text,
        "extends": before.extends != after.extends,
    }
    fields = (*(field for field, other in versions.items() if other), *_described(old, new))
    if not fields:
        return Applied(KIND, name, Outcome.UNCHANGED, after.number)
    one, other = [await read_document(ports, name, text) for text in (before.text, after.text)]
    return Applied(KIND, name, Outcome.CHANGED, after.number, fields, diff_documents(one, other).changes)
