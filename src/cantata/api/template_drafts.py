"""Routes of charts that are looked at and not stored."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from litestar import Router, post
from litestar.params import FromPath, JSONBody

from cantata.actions.draft import Subject, ValueSet, Whereto
from cantata.actions.lint_template import SETS, Linted, lint_template
from cantata.actions.print_template import Printing, print_template
from cantata.api.authentication import needs
from cantata.api.conditions import ThePorts
from cantata.api.errors import RequestInvalid
from cantata.contract.drafts import (
    ChartDraft,
    LintFinding,
    LintInfo,
    LintRequest,
    TextInfo,
    TextRequest,
    ValueSetDraft,
)
from cantata.core.decide.authorise import Noun, Verb
from cantata.core.model.charts import HelmValues
from cantata.core.model.findings import Severity

READ = needs(Verb.READ, Noun.TEMPLATE)
DRAFT_BYTES = 32 * 1024 * 1024
"""How large a body may be: a packed chart in base64, and values."""


@post("/lint", opt=READ, status_code=200, request_max_body_size=DRAFT_BYTES)
async def lint(ports: ThePorts, project: FromPath[str], data: JSONBody[LintRequest]) -> LintInfo:
    """Say what is odd or wrong about a chart. Nothing is stored."""
    if len(data.sets) > SETS:
        raise RequestInvalid(f"{len(data.sets)} sets of values are too many; {SETS} may be", subject="sets")
    if len({each.name for each in data.sets}) < len(data.sets):
        raise RequestInvalid("two sets of values have the same name", subject="sets")
    found = await lint_template(ports, project, subject_of(data), sets_of(data.sets), whereto_of(data))
    return lint_info(found)


@post("/text", opt=READ, status_code=200, request_max_body_size=DRAFT_BYTES)
async def text(ports: ThePorts, project: FromPath[str], data: JSONBody[TextRequest]) -> TextInfo:
    """What `helm template` would print of a chart. Nothing is stored."""
    layers = msgspec.convert(data.layers, HelmValues, from_attributes=True)
    printing = Printing(data.include_crds, data.no_hooks, data.skip_tests, data.show_only)
    printed = await print_template(ports, project, subject_of(data), layers, whereto_of(data), printing)
    return TextInfo(printed.text, printed.warnings)


def subject_of(data: ChartDraft) -> Subject:
    return Subject(data.template, data.version, data.archive)


def whereto_of(data: ChartDraft) -> Whereto:
    return Whereto(
        data.cluster, data.kube_version, data.api_versions, data.namespace, data.release, data.is_upgrade
    )


def sets_of(sets: Sequence[ValueSetDraft]) -> list[ValueSet]:
    return [
        ValueSet(
            each.name,
            each.config,
            each.config_version,
            tuple((text.name, text.text) for text in each.texts),
        )
        for each in sets
    ]


def lint_info(linted: Linted) -> LintInfo:
    counts = dict.fromkeys(Severity, 0)
    for each in linted.reported:
        counts[each.finding.severity] += 1
    return LintInfo(
        linted.chart,
        linted.version,
        linted.sets,
        counts[Severity.ERROR],
        counts[Severity.WARNING],
        counts[Severity.NOTICE],
        tuple(
            LintFinding(**msgspec.structs.asdict(each.finding), sets=each.sets) for each in linted.reported
        ),
    )


router = Router("/charts", route_handlers=[lint, text], tags=["template"])
