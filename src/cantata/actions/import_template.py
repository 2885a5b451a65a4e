"""Import a chart as a new version of a template."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from cantata.actions.audit import audit
from cantata.actions.config_users import ALL
from cantata.actions.deprecate_template import deprecation_findings
from cantata.actions.market_repositories import known_sources
from cantata.actions.ports import Ports
from cantata.actions.pull_chart import complete_chart
from cantata.actions.request_review import request_review
from cantata.core.model.access import Actor
from cantata.core.model.charts import LoadedChart
from cantata.core.model.errors import EditConflict, TemplateNotFound, TemplateVersionNotFound, check_name
from cantata.core.model.findings import Finding, Severity
from cantata.core.model.listings import ChartSource
from cantata.core.model.templates import Template, TemplateSpec, TemplateVersion
from cantata.core.order.errors import DependencyCycle
from cantata.core.order.graph import find_cycles
from cantata.core.services import declared_place
from cantata.core.spec import parse_spec
from cantata.core.variables import check_variables
from cantata.errors import CantataError, Category, Place
from cantata.ports import Records


class ChartNotDeployable(CantataError):
    category = Category.INVALID


class ChartVersionTaken(CantataError):
    """Another content has this semantic version already."""

    category = Category.CONFLICT


@dataclass(frozen=True, slots=True)
class ImportedTemplate:
    """`fresh` is False when the chart is the latest version already. `findings` are about its values."""

    version: TemplateVersion
    fresh: bool
    findings: tuple[Finding, ...] = ()


async def import_template(
    ports: Ports,
    actor: Actor,
    project: str,
    name: str,
    archive: bytes,
    *,
    origin: str,
    description: str = "",
    source: ChartSource | None = None,
    expected: int | None = None,
    strict: bool = False,
) -> ImportedTemplate:
    """`archive` is the chart as .tgz, `source` where in a market it came from. The template is made when it
    is not there yet. `expected` is the version that an edit began with. With `strict`, a semantic version
    stands for one content.

    Raises `NameInvalid`, the renderer's `ChartInvalid`, `TemplateSpecInvalid`, `DependencyCycle`,
    `ChartNotDeployable` (a library chart), `EditConflict`, `ChartVersionTaken`, and what `complete_chart`
    does. Nothing is stored then.
    `SchemaInvalid`, `ChartNotDeployable` (a library chart), `EditConflict`, `ChartVersionTaken`. Nothing is
    stored then.
    """
    checked = await check_chart(ports, project, name, archive)

    def write(records: Records) -> ImportedTemplate:
        return write_chart(
            records,
            actor,
            project,
            name,
            checked,
            origin=origin,
            description=description,
            expected=expected,
            strict=strict,
            source=source,
        )

    imported = await ports.store.write(write)
    ports.wake()
    return imported


@dataclass(frozen=True, slots=True)
class CheckedChart:
    """A chart that can be a template, found so without the store."""

    chart: LoadedChart
    spec: TemplateSpec
    findings: tuple[Finding, ...]
    archive: bytes = field(repr=False)


async def check_chart(ports: Ports, project: str, name: str, archive: bytes) -> CheckedChart:
    """With what the chart depends on and does not bring, which the project's repositories and public ones
    have. Raises what `import_template` raises but for what the store says."""
    check_name("template", name)
    chart, archive = await _completed(ports, project, name, archive)
    if chart.type == "library":
        raise ChartNotDeployable(
            f"chart {chart.name} is a library chart: it has nothing to deploy",
            subject=f"template {name}",
            hint="Import the chart that depends on it.",
            place=Place("Chart.yaml", key="type"),
        )
    await _check_schema(ports, chart)
    spec = await read_spec(ports, chart)
    return CheckedChart(chart, spec, await _check_values(ports, chart, spec, archive), archive)


async def _completed(ports: Ports, project: str, name: str, archive: bytes) -> tuple[LoadedChart, bytes]:
    subject = f"template {name}"
    chart = await ports.renderer.load(archive, subject=subject)
    if not chart.dependencies:
        return chart, archive
    complete, _ = await complete_chart(
        ports.charts, ports.renderer, archive, await known_sources(ports, project)
    )
    return (chart if complete == archive else await ports.renderer.load(complete, subject=subject)), complete


async def _check_schema(ports: Ports, chart: LoadedChart) -> None:
    """A schema that refers to something outside of itself would never let a render through. Raises
    `SchemaInvalid`."""
    if not chart.schema_text:
        return
    try:
        await ports.renderer.validate(chart.schema_text.encode(), b"{}")
    except CantataError as error:
        error.place = Place("values.schema.json")
        raise


def write_chart(
    records: Records,
    actor: Actor,
    project: str,
    name: str,
    checked: CheckedChart,
    *,
    origin: str,
    description: str = "",
    expected: int | None = None,
    strict: bool = False,
    source: ChartSource | None = None,
) -> ImportedTemplate:
    """`import_template` inside a write that does more; wake the loops behind it."""
    chart, findings = checked.chart, checked.findings
    try:
        template = records.templates.get(project, name)
    except TemplateNotFound:
        template = records.templates.create(project, name, description or chart.description)
    check_latest(template.latest, expected, name)
    reused = _reused(records, template, chart, strict=strict)
    version = records.templates.add_version(
        template, chart=chart, spec=checked.spec, archive=checked.archive, origin=origin, author=actor.name
    )
    if source is not None:
        records.market.imported(version.id, source)
    fresh = version.number > template.latest
    if fresh:
        audit(records, actor, project, "import", "template", name, f"version {version.number}")
        users = records.applications.list(project, template=name, page=ALL)
        request_review(records, actor, users, f"template {name}@{version.number}")
    deprecated = deprecation_findings(name, template.deprecated)
    return ImportedTemplate(version, fresh, (*deprecated, *(reused if fresh else ()), *findings))


def _reused(records: Records, template: Template, chart: LoadedChart, *, strict: bool) -> tuple[Finding, ...]:
    """Another content under a semantic version that is there is told: people iterate. With `strict` it raises
    `ChartVersionTaken`."""
    try:
        number = records.templates.semantic(template, chart.version)
    except TemplateVersionNotFound:
        return ()
    if records.templates.version(template, number).chart.digest == chart.digest:
        return ()
    trouble = f"version {chart.version} of chart {chart.name} has other content in {template.name}@{number}"
    hint = "Raise the version in Chart.yaml."
    if strict:
        raise ChartVersionTaken(
            trouble, subject=f"template {template.name}", hint=hint, place=Place("Chart.yaml", key="version")
        )
    return (
        Finding(
            "version-reused",
            Severity.WARNING,
            trouble,
            file=f"{chart.name}/Chart.yaml",
            key="version",
            suggestion=hint,
        ),
    )


def check_latest(latest: int, expected: int | None, name: str) -> None:
    """Raises `EditConflict` when there is a newer version than the one that an edit began with."""
    if expected is not None and expected != latest:
        raise EditConflict(
            f"template {name} is at version {latest}, your edit began at {expected}",
            subject=f"template {name}",
            hint=f"See `cantata template diff {name}@{expected} {name}@{latest}`, then edit again.",
        )


async def _check_values(
    ports: Ports, chart: LoadedChart, spec: TemplateSpec, archive: bytes
) -> tuple[Finding, ...]:
    """What is odd about the values that the templates read. A template that cannot be parsed is told, too:
    what is imported need not render yet."""

    async def given() -> bytes:
        return archive

    try:
        return check_variables(await ports.reads.of(chart.digest, given), spec, chart.name)
    except CantataError as error:
        place = error.place
        return (
            Finding(
                "template-invalid",
                Severity.WARNING,
                error.message,
                file=place.file,
                line=place.line,
                key=place.key,
                suggestion=error.hint,
            ),
        )


async def read_spec(ports: Ports, chart: LoadedChart) -> TemplateSpec:
    """cantata.yaml of a chart, checked as far as that is possible without a render."""
    if not chart.cantata_text:
        return TemplateSpec()
    document = await ports.documents.parse(chart.cantata_text, "cantata.yaml")
    spec = parse_spec(msgspec.json.decode(document.value), document.nodes)
    edges = {service: sorted(wanted.depends_on) for service, wanted in spec.services.items()}
    known = {service: [other for other in edges[service] if other in edges] for service in edges}
    for cycle in find_cycles(known):
        raise DependencyCycle(cycle, declared_place(cycle[0], cycle[1], spec))
    return spec
