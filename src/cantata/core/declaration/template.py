"""`kind: Template`: a chart under a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from cantata.core.config.quoting import yaml_lines
from cantata.core.declaration.document import API_VERSION, Declaration, file_beside
from cantata.core.model.templates import Template

KIND = "Template"


class ChartSpec(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """As it is written in a file. `chart` names a folder or a .tgz beside the file. A description that is
    left out is the chart's own in a new template; it and a deprecation that is left out stay as they are in
    another one. A deprecation of null is taken back."""

    chart: str
    description: str | None = None
    deprecated: str | msgspec.UnsetType | None = msgspec.UNSET


@dataclass(frozen=True, slots=True)
class TemplateDeclaration:
    """`chart` is the name under which the chart comes along."""

    declaration: Declaration
    chart: str
    description: str | None
    deprecated: str | msgspec.UnsetType | None

    @property
    def name(self) -> str:
        return self.declaration.name


def read_template(declaration: Declaration) -> TemplateDeclaration:
    """Raises `DeclarationInvalid`."""
    spec = declaration.decode_spec(ChartSpec)
    if declaration.labels:
        raise declaration.invalid("a Template has no labels", "metadata", "labels")
    return TemplateDeclaration(
        declaration, file_beside(declaration, "chart", folder=True), spec.description, spec.deprecated
    )


def chart_of(declaration: Declaration) -> Mapping[str, str]:
    """The name of the chart, by what the document calls it."""
    path = declaration.spec.get("chart")
    return {path: file_beside(declaration, "chart", folder=True)} if isinstance(path, str) else {}


def template_yaml(template: Template, chart: str) -> str:
    """The document that declares a template as it is; `chart` is where its chart lies beside it."""
    spec: dict[str, Any] = {"chart": chart}
    if template.description:
        spec["description"] = template.description
    if template.deprecated is not None:
        spec["deprecated"] = template.deprecated
    document = {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": template.name}, "spec": spec}
    return "\n".join(yaml_lines(document)) + "\n"
