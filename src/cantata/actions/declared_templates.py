"""`kind: Template` of declarative files: charts checked and imported. None is ever pruned: a template goes by
`cantata template delete` alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import msgspec

from cantata.actions.audit import audit
from cantata.actions.deprecate_template import check_deprecation, write_deprecation
from cantata.actions.import_template import CheckedChart, check_chart, write_chart
from cantata.actions.moved_errors import move_error
from cantata.actions.ports import Ports
from cantata.core.decide.authorise import Noun, Verb, authorise
from cantata.core.declaration import (
    Applied,
    Declaration,
    Outcome,
    SourceFile,
    TemplateDeclaration,
    read_template,
)
from cantata.core.model.access import Actor
from cantata.core.model.errors import TemplateNotFound
from cantata.errors import CantataError, Place
from cantata.ports import Records

KIND = "Template"


@dataclass(slots=True)
class CheckedTemplates:
    """`written` is what the last run of the write did."""

    declared: Sequence[tuple[TemplateDeclaration, CheckedChart]]
    written: list[Applied] = field(default_factory=list)

    def write(self, records: Records, actor: Actor, project: str) -> None:
        self.written = []
        for declared, checked in self.declared:
            with _in_file(declared):
                self.written.append(_write(records, actor, project, declared, checked))

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
    ports: Ports, declarations: Sequence[Declaration], files: Mapping[str, SourceFile]
) -> CheckedTemplates:
    """Raises `DeclarationInvalid`, and what an import raises."""
    checked = []
    for each in map(read_template, declarations):
        file = files.get(each.chart)
        if file is None or not file.archive:
            raise each.declaration.invalid(
                f"the chart {each.chart} did not come along",
                "spec",
                "chart",
                hint="`cantata apply` sends it; who calls the API puts it among the charts, as .tgz.",
            )
        with _in_file(each):
            if each.deprecated is not msgspec.UNSET:
                check_deprecation(each.name, each.deprecated)
            checked.append((each, await check_chart(ports, each.name, file.archive)))
    return CheckedTemplates(checked)


def _write(
    records: Records, actor: Actor, project: str, declared: TemplateDeclaration, checked: CheckedChart
) -> Applied:
    authorise(actor, Verb.CREATE, Noun.TEMPLATE, project)
    name, description = declared.name, declared.description
    existed = _exists(records, project, name)
    origin = declared.chart.rpartition("/")[2]
    imported = write_chart(
        records, actor, project, name, checked, origin=origin, description=description or ""
    )
    number = imported.version.number
    template = records.templates.get(project, name)
    fields = ["chart"] if imported.fresh else []
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
        if not error.place.file:
            error.place = declared.declaration.place("spec", "chart")
        else:
            move_error(error, lambda place: _beside(declared, place))
        raise


def _beside(declared: TemplateDeclaration, place: Place) -> Place:
    if not place.file or place.file == declared.declaration.file.name:
        return place
    return replace(place, file=f"{declared.chart}/{place.file}")
