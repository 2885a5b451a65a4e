"""Each key's three renderings side by side, flagged where they differ.

A key is *dropped* where a selection covers it and it does not arrive, *renamed* where its variable or file
has another name, *retyped* where its text is not what a template prints.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from cantata.core.config import MASK
from cantata.core.delivery.deliver import Delivered
from cantata.core.delivery.entries import Entry, entries
from cantata.core.delivery.formats import exact
from cantata.core.delivery.plain import plain_places
from cantata.core.delivery.printed import printed
from cantata.core.delivery.view import files, variables
from cantata.core.model.charts import Numbers
from cantata.core.model.findings import Finding, Severity
from cantata.core.model.parity import (
    EnvironmentRendering,
    FileRendering,
    Flag,
    KeyParity,
    ServiceParity,
    VariableRendering,
)
from cantata.core.values import Effective, Leaf
from cantata.core.values.layers import revealed

TYPED = frozenset({"json", "yaml"})
"""Formats that keep the types of values."""

Environment = Mapping[str, list[EnvironmentRendering]]
Files = Mapping[str, list[FileRendering]]


def parity(service: str, delivered: Delivered, values: Effective, numbers: Numbers) -> ServiceParity:
    """Every leaf of the effective values, in the order of its path, in this service."""
    found = _Found(delivered)
    known = {entry.path: entry for entry in entries(values)}
    plain = plain_places(delivered.manifests, values.leaves)
    keys = tuple(
        found.key(leaf, known.get(leaf.path), numbers, plain.get(leaf.key, ""))
        for leaf in sorted(values.leaves, key=lambda leaf: leaf.path)
    )
    shown = {key.key for key in keys}
    rest = tuple(each for each in delivered.findings if each.key not in shown)
    return ServiceParity(service, keys, rest)


class _Found:
    """What of the delivery belongs to each key."""

    def __init__(self, delivered: Delivered) -> None:
        own = {(each["kind"], each["metadata"]["name"]) for each in delivered.objects}
        self._composed = delivered.composed
        self._nulls = delivered.nulls
        self._environment: dict[str, list[EnvironmentRendering]] = {}
        self._files: dict[str, list[FileRendering]] = {}
        self._findings: dict[str, list[Finding]] = {}
        for variable in variables(delivered.manifests):
            if (variable.source.kind, variable.source.name) in own:
                made = EnvironmentRendering(variable.container, variable.name)
                self._environment.setdefault(variable.source.key, []).append(made)
        for file in files(delivered.manifests):
            if (file.source.kind, file.source.name) in own:
                self._file(file.source.key, file.container, file.path)
        for finding in delivered.findings:
            self._findings.setdefault(finding.key, []).append(finding)

    def _file(self, key: str, container: str, path: str) -> None:
        composed = key in self._composed
        format_ = key.rpartition("..")[2] if composed else ""
        for each in self._composed.get(key, (key,)):
            self._files.setdefault(each, []).append(FileRendering(container, path, format_))

    def key(self, leaf: Leaf, entry: Entry | None, numbers: Numbers, plain: str) -> KeyParity:
        text = printed(revealed(leaf.value), numbers)
        environment = tuple(self._environment.get(leaf.key, ()))
        placed = tuple(self._files.get(leaf.key, ()))
        shown = leaf.masked()
        key = KeyParity(
            key=leaf.key,
            origin=leaf.origin.layer,
            line=leaf.origin.line,
            secret=leaf.secret,
            variable=VariableRendering(_type(leaf), shown.value, MASK if leaf.secret else text),
            text=MASK if leaf.secret else entry.reveal() if entry else "",
            environment=environment,
            files=placed,
        )
        return msgspec.structs.replace(key, flags=tuple(self._flags(key, entry, text, plain)))

    def _flags(self, key: KeyParity, entry: Entry | None, text: str, plain: str) -> Iterator[Flag]:
        for finding in self._findings.get(key.key, ()):
            yield Flag(finding.rule, finding.severity, finding.message)
        if key.key in self._nulls:
            message = "null is no entry: there is no variable and no file, and templates print nothing"
            yield Flag("null", Severity.NOTICE, message)
        if plain:
            message = f"the secret stands in clear in {plain}"
            yield Flag("secret-in-plain", Severity.WARNING, message)
        names = {each.name for each in key.environment} - {key.key}
        names |= {each.path for each in key.files if not each.format and not _ends_in(each.path, key.key)}
        if names:
            message = f"{key.key} is {', '.join(sorted(names))} there"
            yield Flag("renamed", Severity.NOTICE, message)
        if entry is not None and key.delivered:
            yield from _retyped(key, entry, text)


def _retyped(key: KeyParity, entry: Entry, text: str) -> Iterator[Flag]:
    as_text = bool(key.environment) or any(each.format not in TYPED for each in key.files)
    texts = {entry.reveal()} if as_text else set()
    if any(each.format in TYPED for each in key.files):
        value = exact(entry)
        texts.add(value if isinstance(value, str) else msgspec.json.encode(value).decode())
    others = sorted(texts - {text})
    if others:
        said = "the text" if key.secret else " or ".join(map(_short, others))
        wanted = "another" if key.secret else _short(text)
        message = f"templates print {wanted}, there it is {said}"
        yield Flag("retyped", Severity.WARNING, message)
    elif as_text and key.variable.type == "boolean":
        yield Flag("retyped", Severity.NOTICE, f"a boolean in templates is the text {text} there")


def _ends_in(path: str, key: str) -> bool:
    return path.rpartition("/")[2] == key


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"


def _type(leaf: Leaf) -> str:
    """The JSON type."""
    value = revealed(leaf.value)
    kinds = {str: "string", bool: "boolean", int: "number", float: "number", list: "list", dict: "map"}
    return "null" if value is None else kinds[type(value)]
