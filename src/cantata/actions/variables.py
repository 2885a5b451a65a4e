"""The variables of a template, and of an application's services."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from cantata.actions.layers import text_layer
from cantata.actions.ports import Ports
from cantata.actions.renders import Group, Renders
from cantata.actions.source import Source
from cantata.core.model.applications import Application
from cantata.core.model.configs import VersionRef
from cantata.core.model.errors import ServiceNotFound
from cantata.core.model.findings import Finding
from cantata.core.model.templates import TemplateVersion
from cantata.core.model.variables import ChartVariables, Spot, Unknown
from cantata.core.services import Split
from cantata.core.values import Effective, LayerKind, Leaf, effective
from cantata.core.variables import APPLICATION, Use, check_variables, files_of, opened, owners, used_by
from cantata.ports import Records


@dataclass(frozen=True, slots=True)
class ServiceVariables:
    """What one service reads: its values, by path, and the uses that cannot be followed.

    `files` are the templates that its objects come from. `opened` are the keys whose text is the user's own
    and is executed as a template, so that the service may read anything. `service` is `APPLICATION` for
    hooks, notes, and files that render nothing now. Secrets are masked.
    """

    service: str
    files: tuple[str, ...]
    uses: tuple[Use, ...]
    unknown: tuple[Unknown, ...]
    opened: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TemplateVariables:
    """All values that the templates of a version read. `readers` has the files of each path."""

    version: TemplateVersion
    uses: tuple[Use, ...]
    unknown: tuple[Unknown, ...]
    readers: dict[tuple[str, ...], tuple[str, ...]]
    mutates: tuple[Spot, ...]
    findings: tuple[Finding, ...]


async def read_variables(ports: Ports, template: TemplateVersion) -> ChartVariables:
    """Raises `TemplateFailed` for a template that cannot be parsed."""
    digest = template.chart.digest

    async def archive() -> bytes:
        return await ports.store.read(lambda records: records.templates.archive(digest))

    return await ports.reads.of(digest, archive)


async def template_variables(
    ports: Ports, project: str, name: str, wanted: VersionRef | None = None
) -> TemplateVariables:
    """Without a version those of the latest version. Raises `TemplateNotFound`, `TemplateVersionNotFound`,
    `TemplateFailed`."""

    def find(records: Records) -> TemplateVersion:
        return records.templates.version(records.templates.get(project, name), wanted)

    version = await ports.store.read(find)
    found = await read_variables(ports, version)
    label = f"values.yaml of {version.chart.name}"
    defaults = effective([await text_layer(ports, LayerKind.CHART, label, version.chart.values_text)])
    paths = [template.path for template in found.templates]
    uses, unknown = used_by(found, paths, defaults.masked())
    readers: dict[tuple[str, ...], tuple[str, ...]] = {}
    for path in paths:
        for use in used_by(found, [path])[0]:
            readers[use.path] = (*readers.get(use.path, ()), path)
    findings = check_variables(found, version.spec, version.chart.name)
    return TemplateVariables(version, uses, unknown, readers, found.mutates, findings)


async def application_variables(
    ports: Ports,
    project: str,
    name: str,
    service: str | None = None,
    *,
    edited: tuple[str, Application] | None = None,
) -> tuple[ServiceVariables, ...]:
    """By service, those of the application as a whole last; of one service, or of `APPLICATION`, when asked
    for; `edited` is a service, with the application that its edit makes.

    Which service a template file belongs to is told by a render with the values as they are now, each service
    with its own overrides. Raises `ApplicationNotFound`, `ServiceNotFound`, and what a preview raises before
    it looks at live objects.
    """
    source = await ports.store.read(lambda records: Source.read(records, project, name))
    if edited is not None:
        source = replace(source, application=edited[1])
    session = await ports.clusters.get(project, source.application.cluster)
    parts = await _splits(await Renders.of(ports, source, session), edited[:1] if edited is not None else ())
    if service is not None and service not in parts:
        raise ServiceNotFound(service, of=name, known=parts.keys() - {APPLICATION})
    variables = await read_variables(ports, source.template)
    found = []
    for each, (split, values) in parts.items():
        if service in (None, each):
            files = files_of(owners(variables, split, source.template.spec), each)
            found.append(variables_of_files(variables, each, files, values.leaves))
    return tuple(found)


async def _splits(renders: Renders, wanted: Sequence[str]) -> dict[str, tuple[Split, Effective]]:
    """For each service the split that it is in, with its effective values: of a render of what is there now,
    with the service's own overrides. The render without these comes last, as `APPLICATION`."""
    built = await renders.build(renders.base)
    names = tuple(built.split.services)
    renders.check_names((*names, *built.manifests), wanted)
    found: dict[str, tuple[Split, Effective]] = {}
    for name in names:
        override = renders.overrides.get(name, "")
        own = await renders.build(Group(renders.base.address, override)) if override else built
        found[name] = own.split, renders.effective[override]
    return {**found, APPLICATION: (built.split, renders.effective[""])}


def variables_of_files(
    variables: ChartVariables, service: str, files: frozenset[str], leaves: tuple[Leaf, ...]
) -> ServiceVariables:
    templates = [template for template in variables.templates if template.path in files]
    keys = {leaf.key for template in templates for leaf in opened(template, leaves)}
    uses, unknown = used_by(variables, files, leaves)
    masked = tuple(msgspec.structs.replace(use, leaf=use.leaf.masked() if use.leaf else None) for use in uses)
    return ServiceVariables(service, tuple(sorted(files)), masked, unknown, tuple(sorted(keys)))
