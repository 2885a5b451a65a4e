"""Import a docker compose project as a version of a template."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from cantata.actions.export_template import export_source
from cantata.actions.import_template import ImportedTemplate, import_template
from cantata.actions.ports import Ports
from cantata.core.authoring import chart_name, raise_version
from cantata.core.compose import MISSING, Source, SourceState, Translation, translate
from cantata.core.model.access import Actor
from cantata.core.model.compose import ComposeInputs, ComposeReading
from cantata.core.model.errors import TemplateNotFound, check_name
from cantata.core.versions import BumpPart
from cantata.errors import CantataError, Category, Detail, Place

CHART = "Chart.yaml"


class ComposeIncomplete(CantataError):
    """Files that services mount are not there; `details` name them."""

    category = Category.INVALID


@dataclass(frozen=True, slots=True)
class ComposeProject:
    """The compose files of a project, and what was found of the files and variables that it names."""

    compose: tuple[str, ...]
    sources: Mapping[str, Source]
    environment: Mapping[str, str | None]
    env_files: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    allow_missing: bool = False

    def inputs(self, name: str) -> ComposeInputs:
        texts = {path: found if isinstance(found, str) else None for path, found in self.sources.items()}
        return ComposeInputs(name, self.compose, texts, self.environment, self.env_files, self.profiles)


@dataclass(frozen=True, slots=True)
class ReadProject:
    """As far as a project could be read: `reading` may ask for files and variables, `translation` for files
    that services mount. There is none while the reading is not complete."""

    reading: ComposeReading
    translation: Translation | None = None

    @property
    def complete(self) -> bool:
        return self.translation is not None and not self.translation.wanted


async def read_project(ports: Ports, name: str, project: ComposeProject) -> ReadProject:
    """The chart that a compose project becomes, or what must be known first. Stores nothing. Raises
    `NameInvalid`, the renderer's `ComposeInvalid`, `ComposeTooLarge`."""
    check_name("template", name)
    reading = await ports.renderer.read_compose(project.inputs(name))
    if reading.files or reading.variables:
        return ReadProject(reading)
    origin = " and ".join(project.compose)
    translation = await asyncio.to_thread(
        translate, reading, project.sources, name=name, origin=origin, allow_missing=project.allow_missing
    )
    return ReadProject(reading, translation)


async def import_compose(
    ports: Ports, actor: Actor, project: str, name: str, translation: Translation, *, origin: str
) -> ImportedTemplate:
    """Store the chart of a translation. Of a template that is there, the chart's version is raised; an equal
    one makes no version. Raises `ComposeIncomplete`, and what `import_template` raises."""
    _check_complete(name, translation)
    files = {path: text.encode() for path, text in translation.files.items()}
    expected = None
    try:
        source = await export_source(ports, project, name)
    except TemplateNotFound:
        pass
    else:
        expected = source.version.number
        there = await ports.renderer.unpack(source.archive, subject=f"template {name}")
        files[CHART] = there.get(CHART, files[CHART])
        if files == there:
            return ImportedTemplate(source.version, fresh=False)
        files[CHART] = raise_version(files[CHART].decode(errors="replace"), BumpPart.PATCH).encode()
    archive = await ports.renderer.pack(files, chart_name(files[CHART].decode(errors="replace")) or name)
    return await import_template(ports, actor, project, name, archive, origin=origin, expected=expected)


def _check_complete(name: str, translation: Translation) -> None:
    missing = [finding for finding in translation.findings if finding.rule == MISSING]
    if missing:
        raise ComposeIncomplete(
            "files that services mount are not there",
            subject=f"template {name}",
            hint="Put them there, or import with --allow-missing for empty ones in their place.",
            place=Place(key=missing[0].key),
            details=[Detail(finding.message, Place(key=finding.key)) for finding in missing],
        )


def sources_of(files: Mapping[str, str], states: Mapping[str, str]) -> dict[str, Source]:
    """What stands at paths: texts, and why others have none."""
    return {**{path: SourceState(state) for path, state in states.items()}, **files}
