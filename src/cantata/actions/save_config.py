"""The one place where a config gets a version: create, edit, single keys, merge, copy, rollback come here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import MappingProxyType

from cantata.actions.audit import audit
from cantata.actions.check_schema import TRIES, Checks, came_between, read_checks, run_checks
from cantata.actions.config_text import CheckedText, check_expected, check_extends, check_text
from cantata.actions.ports import Ports
from cantata.actions.request_review import review_users
from cantata.core.model.access import Actor
from cantata.core.model.configs import ConfigVersion, Extends
from cantata.core.model.errors import ConfigNotFound
from cantata.ports import Records


class Keep:
    """Stands for "as it was" where None has a meaning of its own."""


KEEP = Keep()


@dataclass(frozen=True, slots=True)
class Save:
    """What is to become the newest version of a config.

    `expected` is the version that it was made from, if that matters. `new` makes the config itself, with
    these `labels`. `verb` is for the audit.
    """

    name: str
    text: str
    extends: Extends | Keep | None = KEEP
    message: str = ""
    expected: int | None = None
    new: bool = False
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    verb: str = "edit"


async def save_config(
    ports: Ports,
    actor: Actor,
    project: str,
    save: Save,
    *,
    along: Callable[[Records, ConfigVersion], None] | None = None,
) -> ConfigVersion:
    """Equal content makes no version: the latest is given back. `along` is what else is written in the same
    transaction.

    Raises `YamlInvalid`, `ConfigInvalid`, `ConfigNotFound` (itself or a parent), `ConfigVersionNotFound`,
    `ConfigExtendsCycle`, `SecretNotFound`; `EditConflict` when `expected` is not the latest; `NameTaken`;
    `ConfigSchemaViolated` when it, or what follows it, does not fit its schema.
    """
    checked = await check_text(ports, save.name, save.text)
    for _ in range(TRIES):
        checks = await ports.store.read(lambda records: _checks(records, project, save, checked))
        await run_checks(ports, save.name, checks)

        def write(records: Records, checks: Checks = checks) -> ConfigVersion | None:
            if _checks(records, project, save, checked) != checks:
                return None
            version = write_config(records, actor, project, save, checked)
            if along is not None:
                along(records, version)
            return version

        version = await ports.store.write(write)
        if version is not None:
            ports.wake()
            return version
    raise came_between(save.name)


def _checks(records: Records, project: str, save: Save, checked: CheckedText) -> Checks:
    """What has to be held against a schema before this may be saved."""
    number, latest = 1, None
    if save.new:
        with suppress(ConfigNotFound):
            records.configs.get(project, save.name)
            return Checks()  # The name is taken, which the write says.
    else:
        config = records.configs.get(project, save.name)
        latest = records.configs.version(config)
        check_expected(latest.number, save.expected, save.name)
        number = latest.number + 1
    parent = _parent(save, latest)
    check_extends(records, project, save.name, parent)
    checked.check_references(records, project)
    proposed = ConfigVersion("", "", number, save.text, parent, "", "", "")
    return read_checks(records, project, save.name, proposed={save.name: proposed})


def write_config(
    records: Records, actor: Actor, project: str, save: Save, checked: CheckedText
) -> ConfigVersion:
    """`save_config` inside a write that does more; wake the loops behind it."""
    latest: ConfigVersion | None = None
    if save.new:
        config = records.configs.create(project, save.name, labels=save.labels)
    else:
        config = records.configs.get(project, save.name)
        latest = records.configs.version(config)
        check_expected(latest.number, save.expected, save.name)
    parent = _parent(save, latest)
    if latest is None or parent != latest.extends:
        check_extends(records, project, save.name, parent)
    stored = checked.store(records, config)
    if latest is not None and latest.text == stored.text and latest.extends == parent:
        return latest
    version = records.configs.add_version(
        config,
        stored.text,
        extends=parent,
        author=actor.name,
        message=save.message,
        entries=stored.entries,
    )
    note = "" if save.new else f"version {version.number}"
    audit(records, actor, project, save.verb, "config", save.name, note)
    if not save.new:
        review_users(records, actor, config, version.number)
    return version


def _parent(save: Save, latest: ConfigVersion | None) -> Extends | None:
    if not isinstance(save.extends, Keep):
        return save.extends
    return latest.extends if latest is not None else None
