"""The route of diffs between templates."""

from __future__ import annotations

import msgspec
from litestar import Router, post
from litestar.params import FromPath, JSONBody

from cantata.actions.diff_templates import With, diff_templates, values_of
from cantata.actions.draft import Subject, Whereto
from cantata.api.authentication import needs
from cantata.api.conditions import ThePorts
from cantata.api.errors import RequestInvalid
from cantata.api.template_drafts import DRAFT_BYTES, sets_of
from cantata.api.wire import service_plan_info
from cantata.contract.template_diffs import ChartDiffRequest, ChartSideDraft, FileDiffInfo, TemplateDiffInfo
from cantata.core.decide.authorise import Noun, Verb
from cantata.core.model.diffs import TemplateDiff


@post("/diff", opt=needs(Verb.READ, Noun.TEMPLATE), status_code=200, request_max_body_size=2 * DRAFT_BYTES)
async def diff(ports: ThePorts, project: FromPath[str], data: JSONBody[ChartDiffRequest]) -> TemplateDiffInfo:
    """Show what differs between two templates: by file, and of what they render with the same values. Nothing
    is stored."""
    if data.application and (data.values or data.cluster):
        raise RequestInvalid(
            "an application has its values and its cluster", subject="application", hint="Name it alone."
        )
    with_ = await values_of(ports, project, data.application) if data.application else _with(data)
    found = await diff_templates(ports, project, _subject(data.old), _subject(data.new), with_)
    return _info(found)


def _with(data: ChartDiffRequest) -> With:
    whereto = Whereto(data.cluster)
    return With(sets_of([data.values])[0], whereto) if data.values is not None else With(whereto=whereto)


def _subject(side: ChartSideDraft) -> Subject:
    return Subject(side.template, side.version, side.archive, side.name)


def _info(found: TemplateDiff) -> TemplateDiffInfo:
    return TemplateDiffInfo(
        old=found.old,
        new=found.new,
        differs=found.differs,
        files=msgspec.convert(found.files, tuple[FileDiffInfo, ...], from_attributes=True),
        services=tuple(map(service_plan_info, found.services)),
        renamed=found.renamed,
        unrendered=found.unrendered,
    )


router = Router("/charts", route_handlers=[diff], tags=["template"])
