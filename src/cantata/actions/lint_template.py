"""Say what is odd or wrong about a chart with some sets of values, before anything is deployed or stored."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from cantata.actions.draft import (
    Draft,
    Subject,
    ValueSet,
    Whereto,
    find_served,
    look_up,
    read_archive,
)
from cantata.actions.given_values import Given
from cantata.actions.import_template import read_spec
from cantata.actions.ports import Ports
from cantata.core.leaks import find_values, leak_findings
from cantata.core.lint import (
    ChartSource,
    Checked,
    check_chart,
    check_objects,
    check_references,
    check_templates,
    findings_of,
    found,
    merge,
    relative,
)
from cantata.core.lint.report import Reported
from cantata.core.lint.served import check_apis, check_schemas
from cantata.core.model.charts import LoadedChart, Rendered, RenderedObject
from cantata.core.model.findings import Finding
from cantata.core.model.objects import ObjectKey
from cantata.core.model.templates import TemplateSpec
from cantata.core.values import mask
from cantata.core.variables import check_variables
from cantata.errors import CantataError, Place

DEFAULT = "values.yaml"
CI_VALUES = re.compile(r"ci/[^/]+-values\.yaml")
"""Values that a chart brings for tests of itself, by the convention of chart-testing."""
SETS = 20
"""How many sets of values one lint takes: each is a render."""
NESTED = 3
"""How deep packed subcharts are opened for their lines."""


@dataclass(frozen=True, slots=True)
class Linted:
    """`sets` are the names of the values that it was rendered with; none where it could not be read."""

    chart: str
    version: str
    sets: tuple[str, ...]
    reported: tuple[Reported, ...]


async def lint_template(
    ports: Ports, project: str, subject: Subject, sets: Sequence[ValueSet], whereto: Whereto
) -> Linted:
    """Without `sets` those of the chart itself: its values.yaml, and each ci/*-values.yaml over it.

    Raises `DraftUnclear`, the NotFound of what is named, `ChartTooLarge`, what reading values raises, and
    what asking the cluster raises. All troubles of the chart itself are findings.
    """
    archive = await read_archive(ports, project, subject)
    destination = await look_up(ports, project, whereto)
    try:
        chart = await ports.renderer.load(archive, subject=subject.name)
    except CantataError as error:
        unreadable = [relative(each, "") for each in findings_of(error, lambda _place: 1)]
        return Linted("", "", (), merge({"": unreadable}))
    source = ChartSource(chart.name, await _texts(ports, archive, chart), chart.files)
    findings: list[Finding] = []
    try:
        spec = await read_spec(ports, chart)
    except CantataError as error:
        findings += findings_of(error, lambda _place: 1)
        spec = TemplateSpec()
    lint = Lint(Draft(ports, project, archive, chart, spec, destination), source)
    return await lint.run(sets, findings)


async def lint_draft(draft: Draft, sets: Sequence[ValueSet]) -> Linted:
    """The same for a chart that is read already."""
    texts = await _texts(draft.ports, draft.archive, draft.chart)
    lint = Lint(draft, ChartSource(draft.chart.name, texts, draft.chart.files))
    return await lint.run(sets, [])


class Lint:
    """Lint of one chart. One use."""

    def __init__(self, draft: Draft, source: ChartSource) -> None:
        self.draft, self.source = draft, source
        self.ports, self.chart = draft.ports, draft.chart

    async def run(self, sets: Sequence[ValueSet], findings: list[Finding]) -> Linted:
        """`findings` are those of before."""
        draft = self.draft
        chosen = tuple(sets) or tuple(self._own_sets())
        crds: tuple[RenderedObject, ...] = ()
        by_set: dict[str, list[Finding]] = {}
        for values in chosen[:SETS]:
            one = by_set.setdefault(values.name, [])
            rendered = await self._of_set(draft, values, one)
            crds = rendered.crds if rendered is not None else crds
        metadata, lines = await self._metadata()
        findings += check_chart(self.chart, metadata, lines, crds)
        findings += check_templates(self.source)
        findings += await self._of_values()
        told = {
            name: [relative(each, self.chart.name) for each in (*findings, *own)]
            for name, own in by_set.items()
        }
        return Linted(self.chart.name, self.chart.version, tuple(by_set), merge(told))

    async def _metadata(self) -> tuple[object, dict[str, int]]:
        text = self.source.texts.get(f"{self.chart.name}/Chart.yaml", "")
        document = await self.ports.documents.parse(text, "Chart.yaml")
        lines = {".".join(node.path): node.key_line or node.line for node in document.nodes if node.path}
        return msgspec.json.decode(document.value), lines

    async def _of_values(self) -> tuple[Finding, ...]:
        """A template that cannot be parsed is told by the render."""
        with suppress(CantataError):
            variables = await self.ports.reads.of(self.chart.digest, self.draft.fetch)
            return check_variables(variables, self.draft.spec, self.chart.name)
        return ()

    def _own_sets(self) -> Iterator[ValueSet]:
        yield ValueSet(DEFAULT)
        for path in self.chart.files:
            if CI_VALUES.fullmatch(path):
                yield ValueSet(path, texts=((path, self.source.texts.get(f"{self.chart.name}/{path}", "")),))

    async def _of_set(self, draft: Draft, values: ValueSet, findings: list[Finding]) -> Rendered | None:
        """Goes as far as it can; what cannot be rendered has no other findings."""
        given = await draft.given(values)
        findings += given.effective.findings
        try:
            rendered = await draft.render(given)
        except CantataError as error:
            findings += self._rejections(error, given)
            return None
        findings += map(_warning, rendered.warnings)
        served = await find_served(draft.destination.cluster, rendered, schemas=True)
        clean = draft.clean(rendered, served)
        for item, lost in clean:
            findings += (self._placed(each, item) for each in lost)
        services = self._split(draft, given, [item for item, _ in clean], findings)
        config = draft.spec.config.name if draft.spec.config is not None else ""
        release = draft.destination.release
        placed = draft.placed(rendered, served)
        checked = Checked(self.source, placed, release.namespace, release.name, services, config)
        findings += check_objects(checked)
        findings += check_references(checked)
        findings += check_apis(checked, draft.destination.capabilities.kube_version, served.unserved)
        findings += check_schemas(checked, served.schemas, served.silent)
        return rendered

    def _split(
        self, draft: Draft, given: Given, objects: Sequence[RenderedObject], findings: list[Finding]
    ) -> Mapping[ObjectKey, str]:
        """Whose each object is; none where they cannot be told apart."""
        services: Mapping[ObjectKey, str] = {}
        try:
            parts = draft.split(objects)
            services = parts.assignments
            findings += (self._placed(each) for each in parts.findings)
            for each in draft.deliver(parts, given).values():
                findings += each.findings
        except CantataError as error:
            findings += findings_of(error, self._line)
        leaks = find_values(objects, given.sentinels.keys)
        for leak in leaks:
            line = leak.line or self.source.line(leak.file, tuple(re.split(r"[.\[\]]+", leak.field)))
            placed = msgspec.structs.replace(leak, line=line)
            findings += leak_findings([placed], services.get(leak.object, ""))
        return services

    def _rejections(self, error: CantataError, given: Given) -> Iterator[Finding]:
        """Values that do not fit have their place in the layer that gives them."""
        secrets = given.sentinels.texts
        for each in findings_of(error, self._line):
            if each.rule == "values-rejected" and each.key:
                place = given.effective.place_of(each.key)
                file = place.file if not place.file.startswith("values.yaml of ") else DEFAULT
                each = msgspec.structs.replace(each, file=file or DEFAULT, line=place.line)
                each = msgspec.structs.replace(each, message=f"{each.key}: {each.message}")
            yield msgspec.structs.replace(each, message=mask(each.message, secrets))

    def _placed(self, finding: Finding, item: RenderedObject | None = None) -> Finding:
        file = finding.file or (item.path if item is not None else "")
        line = finding.line or self._line(Place(file, key=finding.key), item.index if item is not None else 0)
        return msgspec.structs.replace(finding, file=file, line=line)

    def _line(self, place: Place, document: int = 0) -> int:
        """Of a key such as `spec.ports[http]`: what stands in brackets may be a name."""
        match = re.fullmatch(r"document (\d+)", place.key)
        if match:
            return self.source.line(place.file, (), int(match[1]) - 1)
        steps = [step for step in re.split(r"[.\[\]]+", place.key) if step]
        return self.source.line(place.file, steps, document)


SPOT = re.compile(r"(?P<file>[^\s:]+):(?:(?P<line>\d+):)? (?P<message>.+)", re.DOTALL)


def _warning(text: str) -> Finding:
    match = SPOT.fullmatch(text)
    if match is None or "/" not in match["file"]:
        return found("render-warning", text, file="values.yaml", line=1)
    return found("render-warning", match["message"], file=match["file"], line=int(match["line"] or 1))


async def _texts(ports: Ports, archive: bytes, chart: LoadedChart) -> dict[str, str]:
    """The texts of a chart by path as Helm prints it, those of packed subcharts too. What is no text is left
    out."""
    aliases = {each.name: each.alias for each in chart.dependencies if each.alias}
    found: dict[str, str] = {}

    async def add(packed: bytes, prefix: str, depth: int) -> None:
        for path, content in (await ports.renderer.unpack(packed)).items():
            match = PACKED.fullmatch(path)
            if match is not None:
                if depth < NESTED:
                    name = match["name"] if depth else aliases.get(match["name"], match["name"])
                    await add(content, f"{prefix}/charts/{name}", depth + 1)
                continue
            with suppress(UnicodeDecodeError):
                found[f"{prefix}/{path}"] = content.decode()

    await add(archive, chart.name, 0)
    return found


PACKED = re.compile(r"charts/(?P<name>[^/]+?)-v?\d[^/]*\.tgz")
