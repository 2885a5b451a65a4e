"""Make the project hold what declarative files say: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from cantata.actions.check_schema import TRIES
from cantata.actions.declared_applications import check_applications, no_files
from cantata.actions.declared_configs import check_configs, referenced_files
from cantata.actions.declared_templates import check_templates
from cantata.actions.ports import Ports
from cantata.core.declaration import (
    Applied,
    Declaration,
    DeclarationInvalid,
    SourceFile,
    chart_of,
    check_unique,
    read_declaration,
)
from cantata.core.model.access import Actor
from cantata.core.model.errors import EditConflict
from cantata.errors import CantataError, Category
from cantata.ports import Records

MAX_DOCUMENTS = 500
MAX_TEXT = 4 * 1024 * 1024
"""Characters of all texts together; charts have a limit of their own."""

Files = Mapping[str, SourceFile]


class TooManyDeclarations(CantataError):
    category = Category.LIMIT


class Checked(Protocol):
    """All documents of one kind, found to be right as far as that can be known without the store."""

    def write(self, records: Records, actor: Actor, project: str) -> None: ...
    def prune(self, records: Records, actor: Actor, project: str, labels: Mapping[str, str]) -> None:
        """Deletes what has these labels and is not declared. Raises `InUse`."""
        ...

    def rehearse(self, records: Records, project: str) -> None:
        """Notes, behind a `write` that will be taken back, what `verify` looks at."""
        ...

    def holds(self, records: Records, project: str) -> bool:
        """Whether, behind a `write`, all is as `verify` saw it: nothing came between that counts."""
        ...

    async def verify(self, ports: Ports) -> None:
        """What takes more than the store to know. Raises `ConfigSchemaViolated`."""
        ...

    async def applied(self, ports: Ports) -> Sequence[Applied]:
        """What the last `write` and `prune` did."""
        ...


class Check(Protocol):
    async def __call__(
        self, ports: Ports, project: str, declarations: Sequence[Declaration], files: Files
    ) -> Checked: ...


class References(Protocol):
    def __call__(self, declaration: Declaration) -> Mapping[str, str]:
        """The names of the files that belong to a document, by what it calls them."""
        ...


@dataclass(frozen=True, slots=True)
class Kind:
    check: Check
    references: References
    charts: bool = False
    """Whether what it refers to are charts."""


KINDS: Mapping[str, Kind] = {
    "Template": Kind(check_templates, chart_of, charts=True),
    "Config": Kind(check_configs, referenced_files),
    "Application": Kind(check_applications, no_files),
}
"""In the order in which they are written; what the later refer to comes first."""


class _TakenBack(Exception):
    """Ends a write so that nothing of it stays."""


async def apply_declarations(
    ports: Ports,
    actor: Actor,
    project: str,
    files: Sequence[SourceFile],
    *,
    dry_run: bool = False,
    prune: Mapping[str, str] | None = None,
) -> Sequence[Applied]:
    """First comes a rehearsal: the same write, taken back at its end, and what it left is verified. A dry run
    is that alone. The write itself stands only where it leaves the same. With `prune`, what has these labels
    and is declared in no file is deleted.

    Raises `YamlInvalid`, `DeclarationInvalid` and what the single kinds raise, each with its place in its
    file; `InUse` for what cannot be pruned; `EditConflict` where others keep changing what was verified.
    """
    by_name = {file.name: file for file in files}
    declarations = await read_files(ports, files)
    if not declarations:
        raise DeclarationInvalid("the files declare nothing", subject="files", hint=f"Known are: {_known()}.")
    checked = [
        await kind.check(ports, project, [each for each in declarations if each.kind == name], by_name)
        for name, kind in KINDS.items()
    ]

    def write(records: Records) -> None:
        for each in checked:
            each.write(records, actor, project)
        for each in reversed(checked):
            if prune:
                each.prune(records, actor, project, prune)

    def rehearse(records: Records) -> None:
        write(records)
        for each in checked:
            each.rehearse(records, project)
        raise _TakenBack

    def write_verified(records: Records) -> None:
        write(records)
        if not all(each.holds(records, project) for each in checked):
            raise _TakenBack

    for _ in range(TRIES):
        with suppress(_TakenBack):
            await ports.store.write(rehearse)
        for each in checked:
            await each.verify(ports)
        with suppress(_TakenBack):
            if not dry_run:
                await ports.store.write(write_verified)
                ports.wake()
            return [applied for each in checked for applied in await each.applied(ports)]
    raise EditConflict(
        "what the files declare, or what that extends, keeps changing",
        subject="files",
        hint="Apply them again.",
    )


async def read_files(ports: Ports, files: Sequence[SourceFile]) -> list[Declaration]:
    """The documents of all files but of those that documents refer to. Raises `YamlInvalid`,
    `DeclarationInvalid`, `TooManyDeclarations`."""
    if sum(len(file.text) for file in files) > MAX_TEXT:
        raise TooManyDeclarations(
            f"the files hold more than {MAX_TEXT >> 20} MiB of text",
            subject="files",
            hint="Apply them in several parts, parents first.",
        )
    texts = [file for file in files if not file.archive]
    parsed = [(file, await ports.renderer.parse_yaml(file.text, file=file.name)) for file in texts]
    count = sum(len(documents) for _, documents in parsed)
    if count > MAX_DOCUMENTS:
        raise TooManyDeclarations(
            f"the files hold {count} documents, allowed are {MAX_DOCUMENTS}",
            subject="files",
            hint="Apply them in several parts, parents first.",
        )
    declarations: list[Declaration] = []
    troubles: dict[str, CantataError] = {}
    for file, documents in parsed:
        try:
            declarations += [read_declaration(file, document, KINDS) for document in documents]
        except CantataError as error:
            troubles[file.name] = error
    references = [(each, _references(each)) for each in declarations]
    for name, trouble in troubles.items():
        if not any(_holds(names, name) for _, names in references):
            raise trouble
    found = [
        each
        for each in declarations
        if not any(_holds(names, each.file.name) for other, names in references if other is not each)
    ]
    check_unique(found)
    return found


def _references(declaration: Declaration) -> Sequence[str]:
    return tuple(KINDS[declaration.kind].references(declaration).values())


def _holds(names: Sequence[str], file: str) -> bool:
    """Whether a file is one of these, or lies in one: that of a chart's folder is no declaration either."""
    return any(file == name or file.startswith(f"{name}/") for name in names)


@dataclass(frozen=True, slots=True)
class FileReference:
    """A file, or a chart, that the document in `file` calls `path`."""

    file: str
    path: str
    name: str
    chart: bool = False


async def missing_files(ports: Ports, files: Sequence[SourceFile]) -> list[FileReference]:
    """Those that documents refer to and that did not come along. Raises as `read_files`."""
    have = {(file.name, bool(file.archive)) for file in files}
    return [
        FileReference(each.file.name, path, name, KINDS[each.kind].charts)
        for each in await read_files(ports, files)
        for path, name in KINDS[each.kind].references(each).items()
        if (name, KINDS[each.kind].charts) not in have
    ]


def _known() -> str:
    return ", ".join(KINDS)
