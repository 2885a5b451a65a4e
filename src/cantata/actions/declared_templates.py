"""`kind: Template` of declarative files: charts checked and imported. None is ever pruned: a template goes by
`cantata template delete` alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import msgspec

from cantata.actions.audit import audit
from cantata.actions.deprecate_template import check_deprecation, write_deprecation
from cantata.actions.import_template import CheckedChart, check_chart, check_latest, write_chart
from cantata.actions.market_charts import find_version
from cantata.actions.market_sources import fetch_chart
from cantata.actions.moved_errors import move_error
from cantata.actions.ports import Ports
from cantata.core.decide.authorise import Noun, Verb, authorise
from cantata.core.declaration import (
    Applied,
    Declaration,
    MarketSpec,
    Outcome,
    SourceFile,
    TemplateDeclaration,
    read_template,
)
from cantata.core.model.access import Actor
from cantata.core.model.errors import TemplateNotFound
from cantata.core.model.listings import ChartSource
from cantata.errors import CantataError, Place
from cantata.ports import Records

KIND = "Template"


@dataclass(frozen=True, slots=True)
class Coming:
    """A chart on its way in. `held` is the version that has it already, 0 where it is `checked`."""

    checked: CheckedChart | None
    origin: str
    source: ChartSource | None = None
    held: int = 0


@dataclass(slots=True)
class CheckedTemplates:
    """`written` is what the last run of the write did."""

    declared: Sequence[tuple[TemplateDeclaration, Coming]]
    written: list[Applied] = field(default_factory=list)

    def write(self, records: Records, actor: Actor, project: str) -> None:
        self.written = []
        for declared, coming in self.declared:
            with _in_file(declared):
                self.written.append(_write(records, actor, project, declared, coming))

    def prune(self, records: Records, actor: Actor, project: str, labels: Mapping[str, str]) -> None:
        """None: a template has no labels."""

    def rehearse(self, records: Records, project: str) -> None:
        """The store knows all that is to be known."""

    def holds(self, records: Records, project: str) -> bool:  # noqa: ARG002
        return True

    async def verify(self, ports: Ports) -> None:
        """The store knows all that is to be known."""

    async def applied(self, ports: Ports) -> Sequence[Applied]:  # noqa: ARG002
        return self.written


async def check_templates(
    ports: Ports, project: str, declarations: Sequence[Declaration], files: Mapping[str, SourceFile]
) -> CheckedTemplates:
    """Charts of a market are pulled, unless the latest version has come from there. Raises
    `DeclarationInvalid`, and what an import raises."""
    checked = []
    for each in map(read_template, declarations):
        with _in_file(each):
            if each.deprecated is not msgspec.UNSET:
                check_deprecation(each.name, each.deprecated)
            checked.append((each, await _coming(ports, project, each, files)))
    return CheckedTemplates(checked)


async def _coming(
    ports: Ports, project: str, declared: TemplateDeclaration, files: Mapping[str, SourceFile]
) -> Coming:
    if declared.market is not None:
        return await _of_market(ports, project, declared.name, declared.market)
    file = files.get(declared.chart)
    if file is None or not file.archive:
        raise declared.declaration.invalid(
            f"the chart {declared.chart} did not come along",
            "spec",
            "chart",
            hint="`cantata apply` sends it; who calls the API puts it among the charts, as .tgz.",
        )
    checked = await check_chart(ports, project, declared.name, file.archive)
    return Coming(checked, declared.chart.rpartition("/")[2])


async def _of_market(ports: Ports, project: str, name: str, market: MarketSpec) -> Coming:
    found = await find_version(ports, project, market.reference, market.version)

    def held(records: Records) -> int:
        if not _exists(records, project, name):
            return 0
        latest = records.templates.version(records.templates.get(project, name))
        source = records.market.source(latest.id)
        wanted = (found.source.repository.id, found.row.name, found.row.version)
        has = (source.repository_id, source.chart, source.version) if source and not source.edited else None
        return latest.number if has == wanted else 0

    if number := await ports.store.read(held):
        return Coming(None, "", held=number)
    fetched = await fetch_chart(ports, project, market.reference, found)
    return Coming(await check_chart(ports, project, name, fetched.archive), fetched.origin, fetched.source)


def _write(
    records: Records, actor: Actor, project: str, declared: TemplateDeclaration, coming: Coming
) -> Applied:
    authorise(actor, Verb.CREATE, Noun.TEMPLATE, project)
    name, description = declared.name, declared.description
    existed = _exists(records, project, name)
    number, fresh = coming.held, False
    if coming.checked is not None:
        imported = write_chart(
            records,
            actor,
            project,
            name,
            coming.checked,
            origin=coming.origin,
            description=description or "",
            source=coming.source,
        )
        number, fresh = imported.version.number, imported.fresh
    template = records.templates.get(project, name)
    check_latest(template.latest, number, name)
    fields = ["chart"] if fresh else []
    if description is not None and description != template.description:
        records.templates.describe(template, description)
        audit(records, actor, project, "describe", "template", name)
        fields.append("description")
    if declared.deprecated is not msgspec.UNSET and declared.deprecated != template.deprecated:
        write_deprecation(records, actor, template, declared.deprecated)
        fields.append("deprecated")
    if not existed:
        return Applied(KIND, name, Outcome.CREATED, number)
    return Applied(KIND, name, Outcome.CHANGED if fields else Outcome.UNCHANGED, number, tuple(fields))


def _exists(records: Records, project: str, name: str) -> bool:
    try:
        records.templates.get(project, name)
    except TemplateNotFound:
        return False
    return True


@contextmanager
def _in_file(declared: TemplateDeclaration) -> Iterator[None]:
    """Errors of a chart say which of its files; all others, where the chart is named."""
    try:
        yield
    except CantataError as error:
        if not error.place.file or not declared.chart:
            about = "market" if declared.market else "chart"
            error.place = declared.declaration.place("spec", about)
        else:
            move_error(error, lambda place: _beside(declared, place))
        raise


def _beside(declared: TemplateDeclaration, place: Place) -> Place:
    if not place.file or place.file == declared.declaration.file.name:
        return place
    return replace(place, file=f"{declared.chart}/{place.file}")
