"""cantata.yaml as it is written: which services there are, what they depend on, where each word stands."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cantata.core.authoring.written import Span, Written, text_of, unreadable
from cantata.core.config import Change, RemoveKey, SetKey, yaml_scalar
from cantata.core.config.syntax import SyntaxNode
from cantata.core.model.templates import Layout, ServiceSpec, TemplateSpec
from cantata.core.services.layout import service_of_file, services_by_files

FILE = "cantata.yaml"
SERVICES = "services"
TEMPLATE = re.compile(r"templates/(?!tests/)(?:[^/]+/)*(?!_|NOTES\.txt)[^/]+\.(?:ya?ml|json)")
"""What renders to objects of a service; tests are of the whole application."""


@dataclass(frozen=True, slots=True)
class SpecText:
    written: Written
    services: Mapping[str, SyntaxNode]
    spec: TemplateSpec
    """Layout and `files:` alone."""

    @classmethod
    def read(cls, files: Mapping[str, bytes]) -> SpecText:
        """Raises `TemplateFileUnreadable`."""
        written = Written.read(FILE, text_of(files, FILE))
        root = written.syntax.root
        if root is not None and root.kind != "map":
            raise unreadable(FILE, "it is no map of keys to values", 1)
        node = written.node(SERVICES)
        if node is not None and (node.has_merge or node.kind not in ("map", "scalar")):
            raise unreadable(FILE, "its services are no plain map", written.line(node))
        services = {name: entry.value for name, entry in (node.by_part() if node is not None else {}).items()}
        layout = written.node("layout")
        return cls(
            written,
            services,
            TemplateSpec(
                layout=Layout.FILE if layout is not None and layout.text == Layout.FILE else Layout.ANALYSIS,
                services={name: ServiceSpec(files=tuple(_patterns(each))) for name, each in services.items()},
            ),
        )

    @property
    def by_file(self) -> bool:
        return self.spec.layout is Layout.FILE

    def files_of(self, service: str, files: Collection[str]) -> tuple[list[str], list[str]]:
        """The templates that `files:` gives to a service, and those that have its name, unless `files:` gives
        them to another one."""
        given, named = [], []
        for path in sorted(filter(TEMPLATE.fullmatch, files)):
            claims = services_by_files(f"chart/{path}", self.spec)
            if service in claims:
                given.append(path)
            elif not claims and service_of_file(f"chart/{path}") == service:
                named.append(path)
        return given, named

    def known(self, files: Collection[str]) -> list[str]:
        """The services that the files speak of."""
        named = {service_of_file(f"chart/{path}") for path in filter(TEMPLATE.fullmatch, files)}
        return sorted({*self.services, *(named if self.by_file else ())})

    def dependents(self, service: str) -> Iterator[tuple[str, SyntaxNode]]:
        """The other services that wait for it, each with where its name stands."""
        for name, node in self.services.items():
            wanted = _value(node, "dependsOn")
            for each in _names(wanted) if wanted is not None and name != service else ():
                if re.split(r"[:\s]", each.text.strip(), maxsplit=1)[0] == service:
                    yield name, each

    def former_names(self, service: str) -> list[str]:
        """Newest first."""
        node = self.services.get(service)
        old = _value(node, "renamedFrom") if node is not None else None
        if old is None or old.kind == "scalar":
            return [old.text] if old is not None and old.text else []
        return [entry.value.text for entry in old.entries]

    def forgetting(self, service: str, *, but: str = "") -> list[Change]:
        """What has to be changed so that no service, but one, is said to have been this one."""
        changes: list[Change] = []
        for name in self.services:
            names = self.former_names(name)
            if service in names and name != but:
                changes.append(renamed_from(name, [each for each in names if each != service]))
        return changes

    def delivered(self) -> Iterator[SyntaxNode]:
        """Where deliveries name keys of the config."""
        for node in self.services.values():
            deliveries = _value(node, "delivery")
            for item in deliveries.entries if deliveries is not None else ():
                key, keys = _value(item.value, "key"), _value(item.value, "keys")
                yield from [key] if key is not None and key.kind == "scalar" else []
                yield from (each.value for each in (keys.entries if keys is not None else ()))


def renamed_from(service: str, names: Sequence[str]) -> Change:
    """That a service had these names before, newest first."""
    path = (SERVICES, service, "renamedFrom")
    if not names:
        return RemoveKey(path)
    written = [yaml_scalar(name) for name in names]
    return SetKey(path, written[0] if len(written) == 1 else f"[{', '.join(written)}]")


def _value(node: SyntaxNode, key: str) -> SyntaxNode | None:
    entry = node.by_part().get(key) if node.kind == "map" else None
    return entry.value if entry is not None else None


def _names(depends_on: SyntaxNode) -> Iterator[SyntaxNode]:
    for entry in depends_on.entries:
        node = entry.key or entry.value
        if node.kind == "scalar":
            yield node


def _patterns(service: SyntaxNode) -> Iterator[str]:
    files = _value(service, "files")
    for entry in files.entries if files is not None and files.kind == "list" else ():
        yield entry.value.text.removeprefix("./").removeprefix("templates/")


def renamed_word(written: Written, node: SyntaxNode, old: str, new: str) -> Span:
    """A scalar that begins with a name gets another name, and keeps its quotes and what follows."""
    raw = written.text[node.content : node.end]
    if raw == old:
        return node.content, node.end, yaml_scalar(new)
    at = node.content + raw.index(old)
    return at, at + len(old), new
