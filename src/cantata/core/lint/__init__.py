"""Lint: what is odd or wrong about a chart, found before anything is deployed. Pure.

rules       every rule of every check in one table: severity, what it says, what to do
source      the chart's own files, and which line of a template writes a field
chart       Chart.yaml and the files beside it
templates   what template texts ask for that a render does not give
objects     one rendered object after the other: names, labels, selectors, containers
references  objects against each other: what is named and not there, what selects nothing
troubles    errors of a render as findings
served      kinds that the cluster does not serve, and what it would refuse by its schemas
report      findings merged over several sets of values, with places in the chart's folder
"""

from cantata.core.lint.chart import check_chart
from cantata.core.lint.objects import check_objects
from cantata.core.lint.references import check_references
from cantata.core.lint.report import merge, relative
from cantata.core.lint.rules import RULES, Rule, Stage, found
from cantata.core.lint.source import ChartSource, Checked
from cantata.core.lint.templates import check_templates
from cantata.core.lint.troubles import findings_of

__all__ = [
    "RULES",
    "ChartSource",
    "Checked",
    "Rule",
    "Stage",
    "check_chart",
    "check_objects",
    "check_references",
    "check_templates",
    "findings_of",
    "found",
    "merge",
    "relative",
]
