"""A chart's files with delivery written into its templates: each template moves beside its place, and a line
there takes its objects through the library."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cantata.core.config.quoting import yaml_lines
from cantata.core.export.facts import Facts
from cantata.core.export.paths import TEMPLATES, is_template
from cantata.core.model.charts import Numbers
from cantata.core.model.templates import Layout, TemplateSpec

EXTRA = "templates/cantata-export.yaml"
FACTS = "cantata-export.yaml"
SPEC = "cantata.yaml"
SCHEMA = "values.schema.json"

FACTS_HEAD = """\
# What `templates/_cantata*.tpl` have to know of this chart's services. Written by the export of Cantata.
"""
SPEC_HEAD = """\
# Services and their order, as Cantata knew them. The delivery of the config stands in the templates now.
"""
EXTRA_TEXT = '{{- include "cantata.extra" . -}}\n'


def standalone_files(
    files: Mapping[str, bytes], *, chart: str, spec: TemplateSpec, facts: Facts, library: Mapping[str, bytes]
) -> dict[str, bytes]:
    """The files of the chart that plain Helm installs with the same result. What has no part in that, such as
    partials, notes, definitions, subcharts and tests, stays as it is."""
    made = {path: content for path, content in files.items() if not is_template(path)}
    for path, content in files.items():
        if is_template(path):
            source = _source(path, files)
            made[source] = content
            made[path] = _line(f"{chart}/{path}", f"{chart}/{source}").encode()
    made |= {f"{TEMPLATES}{name}": content for name, content in library.items()}
    made[EXTRA] = EXTRA_TEXT.encode()
    made[FACTS] = (FACTS_HEAD + _yaml(facts.document())).encode()
    if SPEC in made or spec.services:
        made[SPEC] = (SPEC_HEAD + _yaml(_spec_document(spec))).encode()
    if SCHEMA in made:
        made[SCHEMA] = _with_global(made[SCHEMA])
    return made


def _source(path: str, files: Mapping[str, bytes]) -> str:
    """Beside it, with an underscore, so that Helm takes it for a partial."""
    folder, slash, name = path.rpartition("/")
    while f"{folder}{slash}_{name}" in files:
        name = f"_{name}"
    return f"{folder}{slash}_{name}"


def _line(name: str, source: str) -> str:
    return f'{{{{- include "cantata.file" (list . {json.dumps(name)} {json.dumps(source)}) -}}}}\n'


def _yaml(document: Any) -> str:
    return "".join(f"{line}\n" for line in yaml_lines(document))


def _spec_document(spec: TemplateSpec) -> dict[str, Any]:
    """cantata.yaml without config and delivery, which would be done twice."""
    services: dict[str, Any] = {}
    for name, service in spec.services.items():
        fields: dict[str, Any] = {
            "files": list(service.files),
            "renamedFrom": service.renamed_from,
            "dependsOn": {other: str(each.condition) for other, each in service.depends_on.items()},
        }
        services[name] = {key: value for key, value in fields.items() if value}
    document: dict[str, Any] = {}
    if spec.layout is not Layout.ANALYSIS:
        document["layout"] = str(spec.layout)
    if spec.numbers is not Numbers.HELM:
        document["numbers"] = str(spec.numbers)
    if services:
        document["services"] = services
    return document


def _with_global(text: bytes) -> bytes:
    """A schema that allows `global.cantata`. One that cannot be read is not ours to judge."""
    try:
        schema = json.loads(text.decode("utf-8-sig"))
    except ValueError:
        return text
    if not isinstance(schema, dict):
        return text
    closed = [schema.get(word) for word in ("additionalProperties", "unevaluatedProperties")]
    properties = schema.get("properties")
    known = properties.get("global") if isinstance(properties, dict) else None
    if known is None:
        if all(each in (None, True) for each in closed):
            return text
        schema["properties"] = {**(properties or {}), "global": {"type": "object"}}
    elif isinstance(known, dict) and known.get("additionalProperties") not in (None, True):
        known["properties"] = {**(known.get("properties") or {}), "cantata": {"type": "object"}}
    else:
        return text
    return (json.dumps(schema, indent=2, ensure_ascii=False) + "\n").encode()
