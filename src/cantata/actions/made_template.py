"""A template that was made of something else than a chart, and the config with its values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from cantata.actions.config_text import CheckedText, check_text
from cantata.actions.import_template import ImportedTemplate, check_chart, write_chart
from cantata.actions.ports import Ports
from cantata.actions.save_config import Save, write_config
from cantata.core.bundle import Extract, Extracted, LeftOut
from cantata.core.model.access import Actor
from cantata.core.model.configs import ConfigVersion
from cantata.core.model.errors import ConfigNotFound, NameTaken, TemplateNotFound, check_name
from cantata.core.model.findings import Finding, Severity
from cantata.core.model.objects import ObjectKey
from cantata.core.versions import BumpPart, bump, find_version
from cantata.ports import Records

FIRST = "0.1.0"


@dataclass(frozen=True, slots=True)
class Wish:
    """How somebody wants it. `config` is the name of a config that must be new; without one the template's
    name is taken, if no config has it yet, and with an empty one there is none. A `preview` stores nothing.
    """

    wanted: frozenset[Extract] = frozenset(Extract)
    config: str | None = None
    description: str = ""
    preview: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """What is to become a template. `files` makes the chart's files with a version. `shown` is `config_text`
    with masks. `release` and `namespace` are what an application takes to give the same objects again;
    `folder` is the chart's, by default called as the template is."""

    files: Callable[[str], Mapping[str, bytes]]
    config_text: str
    shown: str
    origin: str
    services: Mapping[str, tuple[ObjectKey, ...]] = field(default_factory=lambda: MappingProxyType({}))
    extracted: tuple[Extracted, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    findings: tuple[Finding, ...] = ()
    release: str = ""
    namespace: str = ""
    folder: str = ""


@dataclass(frozen=True, slots=True)
class MadeTemplate:
    """`imported` is None for a preview; `config` where none was made."""

    made: Made
    files: Mapping[str, bytes]
    imported: ImportedTemplate | None
    config: ConfigVersion | None
    config_name: str
    findings: tuple[Finding, ...]


async def store_made(
    ports: Ports, actor: Actor, project: str, name: str, made: Made, wish: Wish
) -> MadeTemplate:
    """Template and config are stored together, or nothing is. Equal content makes no version; another content
    raises the chart's version. Raises what `import_template` and `save_config` raise, and `NameTaken` for a
    config that was named and is there."""
    check_name("template", name)
    config_name = name if wish.config is None else wish.config
    if config_name:
        check_name("config", config_name)
    checked = await check_text(ports, config_name, made.config_text) if config_name else None
    files, archive = await _packed(ports, project, name, made)
    taken = await ports.store.read(lambda records: _is_there(records, project, config_name))
    findings = made.findings
    if checked is not None and taken:
        if wish.config is not None:
            raise NameTaken(f"config {config_name} is there already", subject=f"config {config_name}")
        checked, findings = None, (*findings, _kept(config_name))
    if wish.preview:
        return MadeTemplate(made, files, None, None, config_name if checked else "", findings)
    chart = await check_chart(ports, project, name, archive)

    def write(records: Records) -> tuple[ImportedTemplate, ConfigVersion | None]:
        config = _save(records, actor, project, checked, made.origin) if checked is not None else None
        imported = write_chart(
            records, actor, project, name, chart, origin=made.origin, description=wish.description
        )
        return imported, config

    imported, config = await ports.store.write(write)
    ports.wake()
    return MadeTemplate(
        made, files, imported, config, config_name if config else "", (*findings, *imported.findings)
    )


async def _packed(ports: Ports, project: str, name: str, made: Made) -> tuple[Mapping[str, bytes], bytes]:
    """The chart under the version of the latest one, if it is equal to it, else under the next."""
    try:
        latest = await ports.store.read(
            lambda records: records.templates.version(records.templates.get(project, name)).chart
        )
    except TemplateNotFound:
        files = made.files(FIRST)
        return files, await ports.renderer.pack(files, made.folder or name)
    files = made.files(latest.version)
    archive = await ports.renderer.pack(files, made.folder or name)
    known = find_version(latest.version)
    if known is not None and (await ports.renderer.load(archive)).digest != latest.digest:
        files = made.files(str(bump(known, BumpPart.PATCH)))
        archive = await ports.renderer.pack(files, made.folder or name)
    return files, archive


def _is_there(records: Records, project: str, config: str) -> bool:
    try:
        return bool(config) and records.configs.get(project, config) is not None
    except ConfigNotFound:
        return False


def _kept(config: str) -> Finding:
    return Finding(
        "config-kept",
        Severity.NOTICE,
        f"config {config} is there already and stays as it is",
        suggestion="Name a new one by --config to have the values that were found.",
    )


def _save(records: Records, actor: Actor, project: str, checked: CheckedText, origin: str) -> ConfigVersion:
    save = Save(checked.name, checked.text, None, f"imported: {origin}", new=True, verb="import")
    return write_config(records, actor, project, save, checked)
