"""Routes of charts that are looked at and not stored."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from litestar import Router, post
from litestar.params import FromPath, JSONBody

from cantata.actions.draft import Subject, ValueSet, Whereto
from cantata.actions.lint_template import SETS, Linted, lint_template
from cantata.actions.preview_template import Previewed, PreviewedObject, preview_template
from cantata.actions.print_template import Printing, print_template
from cantata.api.authentication import needs
from cantata.api.conditions import ThePorts
from cantata.api.errors import RequestInvalid
from cantata.api.variables import variable_info
from cantata.contract.drafts import (
    ChartDraft,
    LintFinding,
    LintInfo,
    LintRequest,
    PreviewInfo,
    PreviewObjectInfo,
    PreviewRequest,
    PreviewServiceInfo,
    TextInfo,
    TextRequest,
    ValueSetDraft,
)
from cantata.contract.plans import ObjectInfo
from cantata.core.decide.authorise import Noun, Verb
from cantata.core.model.charts import HelmValues
from cantata.core.model.findings import Severity
from cantata.core.model.objects import ObjectKey

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


@post("/preview", opt=READ, status_code=200, request_max_body_size=DRAFT_BYTES)
async def preview(ports: ThePorts, project: FromPath[str], data: JSONBody[PreviewRequest]) -> PreviewInfo:
    """Show what a chart would become with some values, somewhere. Nothing is stored or created."""
    (values,) = sets_of([data.values])
    return preview_info(await preview_template(ports, project, subject_of(data), values, whereto_of(data)))


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
        lint_findings(linted),
    )


def lint_findings(linted: Linted) -> tuple[LintFinding, ...]:
    return tuple(
        LintFinding(**msgspec.structs.asdict(each.finding), sets=each.sets) for each in linted.reported
    )


def preview_info(found: Previewed) -> PreviewInfo:
    return PreviewInfo(
        chart=found.linted.chart,
        chart_version=found.linted.version,
        kube_version=found.kube_version,
        services=tuple(
            PreviewServiceInfo(
                each.name,
                _key_info(each.workload) if each.workload is not None else None,
                tuple(map(_object_info, each.objects)),
                {name: condition.value for name, condition in each.depends_on.items()},
                tuple(map(variable_info, each.variables.uses)),
            )
            for each in found.services
        ),
        hooks=tuple(map(_object_info, found.hooks)),
        definitions=tuple(map(_key_info, found.definitions)),
        order=found.order,
        notes=found.notes,
        variables=tuple(map(variable_info, found.application.uses)),
        findings=lint_findings(found.linted),
    )


def _key_info(key: ObjectKey) -> ObjectInfo:
    return msgspec.convert(key, ObjectInfo, from_attributes=True)


def _object_info(item: PreviewedObject) -> PreviewObjectInfo:
    key = _key_info(ObjectKey.of(item.manifest))
    return PreviewObjectInfo(key, item.manifest, item.file, item.events, item.weight)


router = Router("/charts", route_handlers=[lint, preview, text], tags=["template"])
