"""Errors of reading, rendering and splitting a chart as findings: lint goes on as far as it can."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from cantata.core.lint.rules import found
from cantata.core.model.findings import Finding
from cantata.errors import CantataError, Detail, Place

TROUBLES: Mapping[str, str] = {
    "ChartInvalid": "chart-invalid",
    "ChartIncompatible": "chart-invalid",
    "ChartNotDeployable": "chart-not-deployable",
    "DependencyCycle": "depends-on-cycle",
    "DependsOnInvalid": "depends-on-invalid",
    "DuplicateObject": "object-duplicate",
    "ManifestInvalid": "manifest-invalid",
    "ObjectNameless": "object-nameless",
    "RenderOutOfMemory": "render-failed",
    "RenderTimedOut": "render-failed",
    "RenderTooLarge": "render-failed",
    "SchemaInvalid": "schema-invalid",
    "ServiceNameInvalid": "service-name-invalid",
    "TemplateFailed": "template-failed",
    "TemplateSpecInvalid": "spec-invalid",
    "ValuesRejected": "values-rejected",
    "YamlInvalid": "chart-invalid",
}
"""By the error's code. All others are no fault of the chart."""

SEVERAL = frozenset({"TemplateSpecInvalid", "ValuesRejected"})
"""Errors whose details are troubles of their own; those of others tell how it came to the error."""


def findings_of(error: CantataError, line: Callable[[Place], int]) -> Iterator[Finding]:
    """`line` finds the line of a place that has none. Raises the error itself if it is no fault of the
    chart."""
    rule = TROUBLES.get(error.code)
    if rule is None:
        raise error
    details = error.details if error.code in SEVERAL and error.details else ()
    for each in details or (Detail(error.message, error.place),):
        place = each.place
        if not place.file:
            place = replace(place, file=error.place.file or _file(rule))
        yield found(
            rule,
            each.message,
            file=place.file,
            line=place.line or line(place),
            key=place.key,
            suggestion=error.hint,
        )


def _file(rule: str) -> str:
    return {"values-rejected": "values.yaml", "spec-invalid": "cantata.yaml"}.get(rule, "Chart.yaml")
