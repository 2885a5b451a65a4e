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


class MarketSpec(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A chart of a repository: a name, or an address that begins with `oci://`. `version` may be a range; by
    default it is the newest stable one."""

    repository: str
    chart: str
    version: str = ""

    @property
    def reference(self) -> str:
        return f"{self.repository.rstrip('/')}/{self.chart}"


class ChartSpec(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """As it is written in a file. `chart` names a folder or a .tgz beside the file, `market` one that the
    server gets from a repository. A description that is left out is the chart's own in a new template; it and
    a deprecation that is left out stay as they are in another one. A deprecation of null is taken back."""

    chart: str | None = None
    market: MarketSpec | None = None
    description: str | None = None
    deprecated: str | msgspec.UnsetType | None = msgspec.UNSET


@dataclass(frozen=True, slots=True)
class TemplateDeclaration:
    """`chart` is the name under which the chart comes along, empty where it is one of a `market`."""

    declaration: Declaration
    chart: str
    market: MarketSpec | None
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
    if (spec.chart is None) == (spec.market is None):
        message = f"the Template {declaration.name} needs either `chart` or `market`"
        raise declaration.invalid(message, "spec", hint="A chart beside the file, or one of a repository.")
    chart = "" if spec.chart is None else file_beside(declaration, "chart", folder=True)
    return TemplateDeclaration(declaration, chart, spec.market, spec.description, spec.deprecated)


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
