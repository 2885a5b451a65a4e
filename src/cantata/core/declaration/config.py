"""`kind: Config`: a config with its labels, its parent and its text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from itertools import takewhile

import msgspec

from cantata.core.config import ConfigExtendsCycle
from cantata.core.config.quoting import yaml_lines, yaml_text
from cantata.core.config.scalars import line_starts
from cantata.core.declaration.document import API_VERSION, Declaration, SourceFile, file_beside
from cantata.core.model.charts import YamlNode
from cantata.core.model.configs import Config, ConfigVersion, Extends
from cantata.errors import Place

KIND = "Config"


class ExtendsSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    config: str
    version: int | None = None


class ConfigSpec(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """As it is written in a file: the text itself, or the name of the file that it is in."""

    document: str | None = None
    document_file: str | None = None
    extends: ExtendsSpec | None = None
    schema: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class DeclaredText:
    """A text that stands in a file: as a whole, or as the value of a key."""

    text: str = field(repr=False)
    file: str
    moved: Callable[[Place], Place]
    """From a place in the text to the place in the file."""


@dataclass(frozen=True, slots=True)
class ConfigDeclaration:
    """What a config is to be. Without `extends` it has no parent, without `schema` no schema of its own."""

    declaration: Declaration
    document: DeclaredText
    extends: Extends | None
    schema: str
    message: str

    @property
    def name(self) -> str:
        return self.declaration.name


def read_config(declaration: Declaration, find: Callable[[str], SourceFile | None]) -> ConfigDeclaration:
    """`find` gives the files that came along, by name. Raises `DeclarationInvalid`."""
    spec = declaration.decode_spec(ConfigSpec)
    if (spec.document is None) == (spec.document_file is None):
        message = f"the Config {declaration.name} needs either `document` or `documentFile`"
        raise declaration.invalid(message, "spec", hint='An empty config has `document: ""`.')
    if spec.extends and spec.extends.version is not None and spec.extends.version < 1:
        raise declaration.invalid("versions count from 1", "spec", "extends", "version")
    return ConfigDeclaration(
        declaration,
        _document(declaration, spec, find),
        Extends(spec.extends.config, spec.extends.version) if spec.extends else None,
        spec.schema,
        spec.message,
    )


def parents_first(declarations: Sequence[ConfigDeclaration]) -> list[ConfigDeclaration]:
    """In an order in which they may be saved. Raises `ConfigExtendsCycle` with the place of one of them."""
    by_name = {each.name: each for each in declarations}
    parents = {each.name: [each.extends.config] if each.extends else [] for each in declarations}
    try:
        order = list(TopologicalSorter(parents).static_order())
    except CycleError as error:
        names = list(reversed(error.args[1]))
        raise ConfigExtendsCycle(
            f"config {names[0]} would extend itself: {' → '.join(names)}",
            subject=f"config {names[0]}",
            hint="Take one of the `extends` away.",
            place=by_name[names[0]].declaration.place("spec", "extends", "config"),
        ) from None
    return [by_name[name] for name in order if name in by_name]


def config_yaml(config: Config, version: ConfigVersion, *, note: str = "") -> str:
    """The document that declares a config as it is. A `note` is a comment above it."""
    metadata = {"name": config.name} | ({"labels": config.labels} if config.labels else {})
    lines = [f"# {line}" for line in note.splitlines()]
    lines += yaml_lines({"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata})
    lines.append("spec:")
    if version.extends is not None:
        extends = {"config": version.extends.config}
        pinned = {"version": version.extends.version} if version.extends.version else {}
        lines += (f"  {line}" for line in yaml_lines({"extends": extends | pinned}))
    if config.schema:
        lines.append(f"  schema: {yaml_text(config.schema, '  ')}")
    lines.append(f"  document: {yaml_text(version.text, '  ')}")
    return "\n".join(lines) + "\n"


def _document(
    declaration: Declaration, spec: ConfigSpec, find: Callable[[str], SourceFile | None]
) -> DeclaredText:
    if spec.document is not None:
        node = declaration.node("spec", "document")
        place = declaration.place("spec", "document")
        return DeclaredText(spec.document, declaration.file.name, _mover(declaration.file, node, place))
    name = file_beside(declaration, "documentFile")
    file = find(name)
    if file is None:
        raise declaration.invalid(
            f"the file {name} did not come along",
            "spec",
            "documentFile",
            hint="`cantata apply` sends it; who calls the API puts it among the files.",
        )
    return DeclaredText(
        file.text, name, lambda inner: Place(name, inner.line or 1, inner.column or 1, inner.key)
    )


def _mover(file: SourceFile, node: YamlNode | None, outer: Place) -> Callable[[Place], Place]:
    """Lines of a literal block are lines of the file. Those of other scalars are not: the scalar is meant."""
    indent = _indent(file.text, node) if node is not None else None

    def move(inner: Place) -> Place:
        if indent is None or not inner.line:
            return Place(outer.file, outer.line, outer.column, inner.key or outer.key)
        return Place(outer.file, outer.line + inner.line, indent + max(inner.column, 1), inner.key)

    return move


def _indent(text: str, node: YamlNode) -> int | None:
    """How far the lines of a literal block are indented; None for what is no literal block."""
    starts = line_starts(text)
    if not 0 < node.line <= len(starts):
        return None
    header = text[starts[node.line - 1] + node.column - 1 :].partition("\n")[0].split()
    header = [word for word in header if not word.startswith(("!", "&"))]
    if not (node.quoted and header and header[0].startswith("|")):
        return None
    lines = node.text.split("\n")
    blank = len(list(takewhile(lambda line: not line.strip(), lines)))
    if blank == len(lines) or node.line + blank >= len(starts):
        return None
    begin = starts[node.line + blank]
    written = text[begin:].partition("\n")[0].rstrip("\r")
    return len(written) - len(lines[blank])
