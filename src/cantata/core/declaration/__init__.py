"""Declarative files: the YAML documents that `cantata apply` takes and `cantata export` gives.

document   `read_declarations`: what all kinds share, each with its place in its file
config     `kind: Config`: `read_config`, `parents_first`, and `config_yaml` for the way back
template   `kind: Template`: `read_template`, and `template_yaml` for the way back
application `kind: Application`: `read_application`, and `application_yaml` for the way back
outcome    what became of each document
selector   `parse_selector`: which labels a thing must have
"""

from cantata.core.declaration.application import (
    ApplicationDeclaration,
    application_yaml,
    read_application,
)
from cantata.core.declaration.config import (
    ConfigDeclaration,
    DeclaredText,
    config_yaml,
    parents_first,
    read_config,
)
from cantata.core.declaration.document import (
    Declaration,
    DeclarationInvalid,
    SourceFile,
    check_unique,
    file_beside,
    read_declaration,
)
from cantata.core.declaration.outcome import Applied, Outcome
from cantata.core.declaration.selector import SelectorInvalid, parse_selector
from cantata.core.declaration.template import (
    MarketSpec,
    TemplateDeclaration,
    chart_of,
    read_template,
    template_yaml,
)

__all__ = [
    "ApplicationDeclaration",
    "Applied",
    "ConfigDeclaration",
    "Declaration",
    "DeclarationInvalid",
    "DeclaredText",
    "MarketSpec",
    "Outcome",
    "SelectorInvalid",
    "SourceFile",
    "TemplateDeclaration",
    "application_yaml",
    "chart_of",
    "check_unique",
    "config_yaml",
    "file_beside",
    "parents_first",
    "parse_selector",
    "read_application",
    "read_config",
    "read_declaration",
    "read_template",
    "template_yaml",
]
