"""values.yaml and values.schema.json: a section for each service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cantata.core.authoring.document import SpecText, renamed_word
from cantata.core.authoring.errors import ServiceTaken
from cantata.core.authoring.mentions import Section, template_texts
from cantata.core.authoring.written import Written, text_of, unreadable
from cantata.core.config import SetKey, yaml_scalar
from cantata.core.config.editing.shapes import shape_of
from cantata.core.config.syntax import SyntaxNode, SyntaxUnreadable, read_syntax

VALUES = "values.yaml"
SCHEMA = "values.schema.json"
CHART = "Chart.yaml"

Texts = dict[str, str]
"""Edited files, by path."""


def check_free(files: Mapping[str, bytes], section: str, service: str) -> None:
    """Raises `ServiceTaken` when values.yaml or a subchart has this section."""
    chart = Written.read(CHART, text_of(files, CHART))
    dependencies = chart.node("dependencies")
    for entry in dependencies.entries if dependencies is not None else ():
        parts = entry.value.by_part() if entry.value.kind == "map" else {}
        if section in {parts[key].value.text for key in ("name", "alias") if key in parts}:
            raise _taken(service, f"{section} is the section of a subchart in values.yaml", CHART)
    if has_section(files, section):
        raise _taken(service, f"values.yaml has a key {section} already", VALUES)


def has_section(files: Mapping[str, bytes], section: str) -> bool:
    """Raises `TemplateFileUnreadable`."""
    return Written.read(VALUES, text_of(files, VALUES)).entry(section) is not None


def _taken(service: str, trouble: str, file: str) -> ServiceTaken:
    return ServiceTaken(
        trouble, subject=f"service {service}", hint=f"Choose another name, or look at {file}."
    )


def with_section(files: Mapping[str, bytes], section: str, text: str) -> Texts:
    """`text` is the section with its key, comments in it. It comes last."""
    values = Written.read(VALUES, text_of(files, VALUES))
    root = values.syntax.root
    if root is not None and (root.kind != "map" or root.style != "block" or values.syntax.explicit):
        body = "\n".join(line.removeprefix("  ") for line in text.split("\n")[1:])
        edited = values.edited(SetKey((section,), body))
    else:
        above = values.text if values.text.endswith("\n") or not values.text else f"{values.text}\n"
        edited = f"{values.mark}{above}{chr(10) if above else ''}{text}"
        _check_appended(root, edited)
    return {VALUES: edited, **_in_schema(files, section)}


def _check_appended(before: SyntaxNode | None, text: str) -> None:
    """Raises `TemplateFileUnreadable` unless the text has exactly one entry more."""
    try:
        after = read_syntax(text.removeprefix("\ufeff")).root
    except SyntaxUnreadable:
        after = None
    old = [shape_of(entry.value) for entry in before.entries] if before is not None else []
    if after is None or [shape_of(entry.value) for entry in after.entries[:-1]] != old:
        raise unreadable(VALUES, "the text around a new section would not stay as it is")


def _in_schema(files: Mapping[str, bytes], section: str) -> Texts:
    """A schema that takes no other keys must know the section."""
    schema = Written.read(SCHEMA, text_of(files, SCHEMA))
    closed, properties = schema.node("additionalProperties"), schema.node("properties")
    if closed is None or closed.text != "false" or properties is None or section in properties.by_part():
        return {}
    return {SCHEMA: schema.edited(SetKey(("properties", section), '{"type": "object"}'))}


def without_section(files: Mapping[str, bytes], spec: SpecText, section: str) -> tuple[Texts, str]:
    """And who reads it, in which case it stays; empty when nobody does."""
    values = Written.read(VALUES, text_of(files, VALUES))
    if values.entry(section) is None:
        return {}, ""
    reader = next(readers(files, spec, section), "")
    if reader:
        return {}, reader
    schema = Written.read(SCHEMA, text_of(files, SCHEMA))
    edited = {VALUES: values.without(section)}
    if schema.entry("properties", section) is not None:
        edited[SCHEMA] = schema.without("properties", section)
    return edited, ""


def readers(files: Mapping[str, bytes], spec: SpecText, section: str) -> Iterator[str]:
    """The files that read a section of the values."""
    looked_for = Section(section)
    yield from (path for path, text in template_texts(files) if looked_for.is_read(text))
    if any(_is_below(node.text, section) for node in spec.delivered()):
        yield spec.written.path


def renamed_section(files: Mapping[str, bytes], spec: SpecText, old: str, new: str) -> Texts:
    """In the values, their schema, all templates, and the deliveries of cantata.yaml. Nothing where
    values.yaml has no such section."""
    values = Written.read(VALUES, text_of(files, VALUES))
    entry = values.entry(old)
    if entry is None or entry.key is None:
        return {}
    edited = {VALUES: values.replaced([(entry.key.start, entry.key.end, yaml_scalar(new))])}
    schema = Written.read(SCHEMA, text_of(files, SCHEMA))
    known = schema.entry("properties", old)
    if known is not None and known.key is not None:
        required = schema.node("required")
        names = [each.value for each in required.entries] if required is not None else []
        spans = [known.key, *(node for node in names if node.text == old)]
        edited[SCHEMA] = schema.replaced((node.start, node.end, f'"{new}"') for node in spans)
    section = Section(old)
    for path, text in template_texts(files):
        renamed = section.renamed(text, new)
        if renamed != text:
            edited[path] = renamed
    spans_ = [
        renamed_word(spec.written, node, old, new) for node in spec.delivered() if _is_below(node.text, old)
    ]
    if spans_:
        edited[spec.written.path] = spec.written.replaced(spans_)
    return edited


def _is_below(key: str, section: str) -> bool:
    return key == section or key.startswith(f"{section}.")
