"""Edit the files of a template's latest version: the next version."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import msgspec

from cantata.actions.config_users import ALL
from cantata.actions.export_template import export_source
from cantata.actions.import_template import ImportedTemplate, check_latest, import_template
from cantata.actions.layers import ConfigChain
from cantata.actions.ports import Ports
from cantata.core.authoring import (
    AddedService,
    EditedFiles,
    add_service,
    chart_name,
    chart_version,
    has_section,
    raise_version,
    remove_service,
    rename_service,
    section_of,
)
from cantata.core.model.access import Actor
from cantata.core.model.charts import LoadedChart
from cantata.core.versions import BumpPart
from cantata.errors import CantataError, Category, Detail
from cantata.ports import Records

CHART = "Chart.yaml"

Files = Mapping[str, bytes]
Edit = Callable[[Files], EditedFiles]


class TemplateFileNotFound(CantataError):
    category = Category.NOT_FOUND


LONGEST_PATH = 512
SEGMENT = re.compile(r"(?!\.\.?$)[^/\\:\x00-\x1f\x7f]{1,200}")


class TemplatePathInvalid(CantataError):
    """What is no path of a file in a chart, or would stand below another file."""

    category = Category.INVALID


class ValuesInUse(CantataError):
    """Configs set keys of the values that an edit would give another name; `details` name them."""

    category = Category.CONFLICT


@dataclass(frozen=True, slots=True)
class EditedTemplate:
    imported: ImportedTemplate
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HowToEdit:
    """`bump` is the part of the chart's version that is raised, unless the edit itself changes that version;
    `expected` is the version that the edit began with."""

    bump: BumpPart | None = BumpPart.PATCH
    expected: int | None = None


async def edit_files(
    ports: Ports,
    actor: Actor,
    project: str,
    name: str,
    changes: Mapping[str, bytes | None],
    how: HowToEdit = HowToEdit(),
) -> EditedTemplate:
    """New contents by path; None removes a file. Raises `TemplateFileNotFound` for one to remove that is not
    there, `TemplatePathInvalid`, and what `edit_template` raises."""

    def edit(files: Files) -> EditedFiles:
        for path in (path for path, content in changes.items() if content is None and path not in files):
            raise TemplateFileNotFound(
                f"template {name} has no file {path[:200]}",
                subject=f"template {name}",
                hint=f"`cantata template show {name}` lists its files.",
            )
        left = {path: content for path, content in files.items() if path not in changes}
        new = {path: content for path, content in changes.items() if content is not None}
        _check_paths(new, left | new)
        return EditedFiles(left | new)

    return await edit_template(ports, actor, project, name, edit, how)


def _check_paths(new: Files, files: Files) -> None:
    for path in new:
        if len(path) > LONGEST_PATH or not all(map(SEGMENT.fullmatch, path.split("/"))):
            raise TemplatePathInvalid(
                f"{path[:80]!r} is no path of a file in a chart",
                subject="template",
                hint="Name the file from the folder of the chart on, such as templates/web.yaml.",
            )
    for path in files:
        parts = path.split("/")
        above = next((at for at in range(1, len(parts)) if "/".join(parts[:at]) in files), 0)
        if above and (path in new or "/".join(parts[:above]) in new):
            raise TemplatePathInvalid(
                f"{path[:200]} would stand below {'/'.join(parts[:above])[:200]}, which is a file",
                subject="template",
                hint="Choose another path.",
            )


async def add_template_service(
    ports: Ports, actor: Actor, project: str, name: str, service: AddedService, how: HowToEdit = HowToEdit()
) -> EditedTemplate:
    """Raises what `core.authoring.add_service` and `edit_template` raise."""
    return await edit_template(ports, actor, project, name, lambda files: add_service(files, service), how)


async def remove_template_service(
    ports: Ports, actor: Actor, project: str, name: str, service: str, how: HowToEdit = HowToEdit()
) -> EditedTemplate:
    """Raises what `core.authoring.remove_service` and `edit_template` raise."""
    return await edit_template(ports, actor, project, name, lambda files: remove_service(files, service), how)


async def rename_template_service(
    ports: Ports,
    actor: Actor,
    project: str,
    name: str,
    old: str,
    new: str,
    *,
    keep_values: bool = False,
    how: HowToEdit = HowToEdit(),
) -> EditedTemplate:
    """Raises `ValuesInUse` where configs of applications set keys that would get another name, and what
    `core.authoring.rename_service` and `edit_template` raise."""
    users = {} if keep_values else await _setting(ports, project, name, section_of(old))

    def edit(files: Files) -> EditedFiles:
        edited = rename_service(files, old, new, keep_values=keep_values)
        if users and section_of(old) != section_of(new) and has_section(files, section_of(old)):
            raise ValuesInUse(
                f"keys below {section_of(old)} are set by {', '.join(users)}",
                subject=f"service {old}",
                hint="Keep the section's name by --keep-values, or take these keys away first.",
                details=[Detail(f"{user} sets {', '.join(keys)}") for user, keys in users.items()],
            )
        return edited

    return await edit_template(ports, actor, project, name, edit, how)


async def edit_template(
    ports: Ports, actor: Actor, project: str, name: str, edit: Edit, how: HowToEdit
) -> EditedTemplate:
    """An edit that changes nothing makes no version.

    Raises `TemplateNotFound`, `EditConflict`, `ChartVersionUnreadable`, and what `import_template` raises.
    """
    source = await export_source(ports, project, name)
    latest = source.version
    check_latest(latest.number, how.expected, name)
    files = await ports.renderer.unpack(source.archive, subject=f"template {name}")
    edited, chart = await asyncio.to_thread(_edited, files, edit, latest.chart, how.bump)
    if edited.files == files:
        return EditedTemplate(ImportedTemplate(latest, fresh=False), edited.notes)
    archive = await ports.renderer.pack(edited.files, chart)
    came = await ports.store.read(lambda records: records.market.source(latest.id))
    imported = await import_template(
        ports,
        actor,
        project,
        name,
        archive,
        origin=f"edit of {name}@{latest.number}",
        source=came and msgspec.structs.replace(came, edited=True),
        expected=latest.number,
    )
    return EditedTemplate(imported, edited.notes)


def _edited(files: Files, edit: Edit, before: LoadedChart, bump: BumpPart | None) -> tuple[EditedFiles, str]:
    """With the version raised where anything changed, and the name of the chart."""
    edited = edit(files)
    if edited.files == files or CHART not in edited.files:
        return edited, before.name
    text = edited.files[CHART].decode(errors="replace")
    if bump is not None and chart_version(text) == before.version:
        raised = {**edited.files, CHART: raise_version(text, bump).encode()}
        edited = EditedFiles(raised, edited.notes)
    return edited, chart_name(text) or before.name


async def _setting(ports: Ports, project: str, name: str, section: str) -> dict[str, tuple[str, ...]]:
    """Who sets keys below a section of the template's values: configs that its applications use, and their
    overrides."""

    def read(records: Records) -> dict[str, str]:
        texts: dict[str, str] = {}
        for user in records.applications.list(project, template=name, page=ALL):
            chain = ConfigChain.read(records, project, user.config, user.config_version)
            texts |= {f"config {config}@{each.number}": each.text for config, each in chain.versions}
            texts[f"application {user.name}"] = user.overrides
            texts |= {f"service {key} of {user.name}": text for key, text in user.service_overrides.items()}
        return texts

    texts = await ports.store.read(read)
    found = {label: await _keys(ports, label, text, section) for label, text in texts.items() if text}
    return {label: keys for label, keys in found.items() if keys}


async def _keys(ports: Ports, label: str, text: str, section: str) -> tuple[str, ...]:
    document = await ports.documents.parse(text, label)
    values = msgspec.json.decode(document.value)
    inside = values.get(section) if isinstance(values, dict) else None
    return tuple(_paths(inside, section)) if inside is not None else ()


def _paths(value: object, path: str) -> Iterable[str]:
    return [f"{path}.{key}" for key in value] if isinstance(value, dict) and value else [path]
