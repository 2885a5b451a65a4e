"""A document of a declarative file: what all kinds share, and where each part of it stands."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from cantata.core.model.charts import YamlDocument, YamlNode
from cantata.core.model.errors import check_labels, check_name
from cantata.errors import CantataError, Category, Place

T = TypeVar("T")

API_VERSION = "cantata.dev/v1"
PATH = re.compile(r" - at `\$(?:\.(?P<path>[^`[]*))?[^`]*`$")
FIELD = re.compile(r"(?:unknown|required) field `(?P<field>[^`]*)`")


class DeclarationInvalid(CantataError):
    """A document of a declarative file is not what `apply` takes; the place says where."""

    category = Category.INVALID


class Metadata(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Labels are text; `1` and `true` need quotes."""

    name: str
    labels: dict[str, str] = {}


class Envelope(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What the documents of all kinds have."""

    api_version: str
    kind: str
    metadata: Metadata
    spec: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class SourceFile:
    """`name` is what errors call it, a path with slashes. A chart has an `archive`, a .tgz, and no text."""

    name: str
    text: str = field(repr=False)
    archive: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Declaration:
    """A document whose kind, name and labels may be. What its `spec` holds is the kind's to check."""

    file: SourceFile
    nodes: tuple[YamlNode, ...] = field(repr=False)
    kind: str
    name: str
    labels: dict[str, str]
    spec: dict[str, Any] = field(repr=False)

    def place(self, *path: str) -> Place:
        """Of the value at this path, or of the nearest thing around it."""
        return _place(self.file, self.nodes, path)

    def node(self, *path: str) -> YamlNode | None:
        return next((node for node in self.nodes if node.path == path), None)

    def decode_spec(self, kind: type[T]) -> T:
        """Raises `DeclarationInvalid`."""
        return _decode(self.file, self.nodes, lambda: msgspec.convert(self.spec, kind), ("spec",))

    def invalid(self, message: str, *path: str, hint: str = "") -> DeclarationInvalid:
        return DeclarationInvalid(message, subject=self.name, hint=hint, place=self.place(*path))


def read_declaration(file: SourceFile, document: YamlDocument, kinds: Collection[str]) -> Declaration:
    """Raises `DeclarationInvalid`, `NameInvalid`, `LabelInvalid`, each with its place."""
    nodes = document.nodes
    header = _decode(
        file, nodes, lambda: msgspec.json.decode(document.value, type=dict[str, msgspec.Raw]), shape=True
    )
    words = {key: bytes(header.get(key, b"null")).decode() for key in ("apiVersion", "kind")}
    if words["apiVersion"] != f'"{API_VERSION}"':
        found = f"not {words['apiVersion'][:80]}" if "apiVersion" in header else "which is missing"
        raise DeclarationInvalid(
            f"a document's apiVersion must be {API_VERSION}, {found}",
            subject=file.name,
            hint=f"A declarative file begins with `apiVersion: {API_VERSION}`; for a bare text there is "
            "`cantata config create`.",
            place=_place(file, nodes, ("apiVersion",)),
        )
    if words["kind"] not in {f'"{kind}"' for kind in kinds}:
        found = (
            f"the kind {words['kind'][:80]} is not known" if "kind" in header else "a document has no kind"
        )
        raise DeclarationInvalid(
            found,
            subject=file.name,
            hint=f"Known are: {', '.join(sorted(kinds))}.",
            place=_place(file, nodes, ("kind",)),
        )
    read = _decode(file, nodes, lambda: msgspec.json.decode(document.value, type=Envelope))
    declaration = Declaration(
        file, nodes, read.kind, read.metadata.name, dict(read.metadata.labels), read.spec
    )
    _check_words(declaration)
    return declaration


def check_unique(declarations: Iterable[Declaration]) -> None:
    """Raises `DeclarationInvalid` where two documents are about one thing."""
    known: dict[tuple[str, str], Declaration] = {}
    for each in declarations:
        first = known.setdefault((each.kind, each.name), each)
        if first is not each:
            there = first.place("metadata", "name")
            raise each.invalid(
                f"the {each.kind} {each.name} is already declared at {there.file}:{there.line}",
                "metadata",
                "name",
                hint="Keep one of them.",
            )


def file_beside(declaration: Declaration, *path: str, folder: bool = False) -> str:
    """The name of the file that a value names: it lies in the folder of the document's own file, or below;
    a folder may be that folder itself. Raises `DeclarationInvalid`."""
    value: Any = declaration.spec
    for part in path:
        value = value[part]
    if folder:
        value = value.rstrip("/") if value.strip("/") else value
    parts = value.split("/")
    if value.startswith("/") or ".." in parts or "\\" in value or not value.isprintable() or not parts[-1]:
        raise declaration.invalid(
            f"{value[:120]!r} does not name a file in the folder of {declaration.file.name}",
            *("spec", *path),
            hint="Name it relative to that folder, without `..`.",
        )
    return posixpath.normpath(posixpath.join(posixpath.dirname(declaration.file.name), value))


def _check_words(declaration: Declaration) -> None:
    try:
        check_name(declaration.kind.lower(), declaration.name)
    except CantataError as error:
        error.place = declaration.place("metadata", "name")
        raise
    for key, value in declaration.labels.items():
        try:
            check_labels(declaration.name, {key: value})
        except CantataError as error:
            error.place = declaration.place("metadata", "labels", key)
            raise


def _decode(
    file: SourceFile,
    nodes: tuple[YamlNode, ...],
    decode: Callable[[], T],
    base: tuple[str, ...] = (),
    *,
    shape: bool = False,
) -> T:
    try:
        return decode()
    except msgspec.ValidationError as error:
        text = str(error)
        found, field = PATH.search(text), FIELD.search(text)
        path = (found["path"] or "").split(".") if found else []
        names = [field["field"]] if field else []
        message = "a document must be a map" if shape else PATH.sub("", text)
        key = ".".join((*base, *filter(None, (*path, *names))))
        place = _place(file, nodes, tuple(key.split(".")) if key else ())
        raise DeclarationInvalid(
            message[:1].lower() + message[1:],
            subject=file.name,
            hint="A word that YAML reads as a number or a boolean needs quotes." if "`str`" in text else "",
            place=Place(place.file, place.line, place.column, key),
        ) from error


def _place(file: SourceFile, nodes: tuple[YamlNode, ...], path: tuple[str, ...]) -> Place:
    for length in range(len(path), -1, -1):
        for node in nodes:
            if node.path == path[:length]:
                return Place(file.name, node.line, node.column, ".".join(path))
    return Place(file.name, 1, 1, ".".join(path))
