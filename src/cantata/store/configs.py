"""Configs, their versions, and what is kept beside them: entries of the latest version, and tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import sqlalchemy as sa

from cantata.core.model.configs import Config, ConfigEntry, ConfigTag, ConfigVersion, Extends
from cantata.core.model.errors import (
    ConfigNotFound,
    ConfigTagNotFound,
    ConfigVersionNotFound,
    EditConflict,
    NameTaken,
)
from cantata.ports.pages import Page
from cantata.store import tables
from cantata.store.references import refuse_in_use
from cantata.store.transaction import (
    Found,
    Query,
    Transaction,
    names_of,
    new_id,
    page_by_name,
    page_by_number,
)

_configs = tables.configs
_versions = tables.config_versions
_entries = tables.config_entries
_tags = tables.config_tags
_parents = tables.configs.alias("parents")


def _select(text: sa.ColumnElement[str]) -> Query:
    query: Query = sa.select(
        _versions.c.id,
        _versions.c.config_id,
        _versions.c.number,
        text,
        sa.func.coalesce(_parents.c.name, _versions.c.parent_name),
        _versions.c.parent_version,
        _versions.c.author,
        _versions.c.message,
        _versions.c.created_at,
    ).join_from(_versions, _parents, _versions.c.parent_id == _parents.c.id, isouter=True)
    return query


_select_versions = _select(_versions.c.text)
_select_without_texts = _select(sa.literal("").label("text"))
_of_config = _versions.c.config_id == sa.bindparam("of")
_newest = _select_versions.where(_of_config).order_by(_versions.c.number.desc()).limit(1)
_numbered = _select_versions.where(_of_config, _versions.c.number == sa.bindparam("at"))
_named = sa.select(_configs).where(
    _configs.c.project == sa.bindparam("project"), _configs.c.name == sa.bindparam("named")
)
_children = (
    sa.select(_configs)
    .join(_versions, (_versions.c.config_id == _configs.c.id) & (_versions.c.number == _configs.c.latest))
    .where(_versions.c.parent_id == sa.bindparam("of"))
    .order_by(_configs.c.name)
)
_entries_of = (
    sa.select(_entries)
    .where(_entries.c.config_id == sa.bindparam("of"))
    .order_by(_entries.c.line, _entries.c.key)
)


class SqlConfigs:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def create(self, project: str, name: str, *, labels: Mapping[str, str] | None = None) -> Config:
        self._tx.require_project(project)
        self._refuse_taken(project, name)
        config = Config(new_id(), project, name, 0, self._tx.at, dict(labels or {}))
        self._tx.insert(_configs, **msgspec.structs.asdict(config))
        return config

    def get(self, project: str, name: str) -> Config:
        return Config(
            *self._tx.one(
                _named,
                lambda: ConfigNotFound(name, known=names_of(self._tx, _configs, project)),
                project=project,
                named=name,
            )
        )

    def by_id(self, id_: str) -> Config:
        query = sa.select(_configs).where(_configs.c.id == id_)
        return Config(*self._tx.one(query, lambda: ConfigNotFound(id_)))

    def list(
        self,
        project: str,
        *,
        search: str = "",
        key: str = "",
        value: str = "",
        labels: Mapping[str, str] | None = None,
        page: Page = Page(),
    ) -> Sequence[Config]:
        query = sa.select(_configs).where(_configs.c.project == project)
        if key or value:
            query = query.where(_configs.c.id.in_(_holders(key, value)))
        for label in (labels or {}).items():
            query = query.where(_has_label(*label))
        return [Config(*row) for row in self._tx.all(page_by_name(query, _configs.c.name, search, page))]

    def update(self, config: Config) -> Config:
        """Name, labels and schema, by id."""
        stored = self._tx.one(
            sa.select(_configs).where(_configs.c.id == config.id), lambda: ConfigNotFound(config.name)
        )
        if stored.row_version != config.row_version:
            raise EditConflict(
                f"config {stored.name} was changed by somebody else",
                subject=f"config {stored.name}",
                hint="Read it again, then change that.",
            )
        if config.name != stored.name:
            self._refuse_taken(stored.project, config.name)
        described = {"name": config.name, "labels": config.labels, "schema": config.schema}
        changed = msgspec.structs.replace(Config(*stored), **described, row_version=stored.row_version + 1)
        same = _configs.c.id == config.id
        self._tx.run(_configs.update().where(same).values(**described, row_version=changed.row_version))
        return changed

    # --- versions ------------------------------------------------------------------------------------------

    def add_version(
        self,
        config: Config,
        text: str,
        *,
        extends: Extends | None,
        author: str,
        message: str,
        entries: Sequence[ConfigEntry] = (),
        expected: int | None = None,
    ) -> ConfigVersion:
        """Raises `ConfigNotFound` when it was deleted meanwhile."""
        stored = sa.select(_configs.c.latest).where(_configs.c.id == config.id)
        latest = self._tx.one(stored, lambda: ConfigNotFound(config.name)).latest
        if expected is not None and expected != latest:
            raise EditConflict(
                f"config {config.name} is at version {latest}, not at {expected}",
                subject=f"config {config.name}",
                hint="Read the newest version, then edit that.",
            )
        version = ConfigVersion(new_id(), config.id, latest + 1, text, extends, author, message, self._tx.at)
        self._tx.insert(
            _versions,
            id=version.id,
            config_id=config.id,
            number=version.number,
            text=text,
            parent_id=self.get(config.project, extends.config).id if extends else None,
            parent_name=extends.config if extends else None,
            parent_version=extends.version if extends else None,
            author=author,
            message=message,
            created_at=version.created_at,
        )
        self._tx.run(_configs.update().where(_configs.c.id == config.id).values(latest=version.number))
        self._keep_entries(config, version.number, entries)
        return version

    def version(self, config: Config, number: int | None = None) -> ConfigVersion:
        if number is None:
            row = self._tx.one(_newest, lambda: ConfigVersionNotFound(config.name), of=config.id)
        else:
            wanted = f"{config.name}@{number}"
            row = self._tx.one(
                _numbered, lambda: ConfigVersionNotFound(wanted, of=config.name), of=config.id, at=number
            )
        return version_of(row)

    def versions(self, config: Config, *, texts: bool = True, page: Page = Page()) -> Sequence[ConfigVersion]:
        select = _select_versions if texts else _select_without_texts
        query = select.where(_versions.c.config_id == config.id)
        return [version_of(row) for row in self._tx.all(page_by_number(query, _versions.c.number, page))]

    def children(self, config: Config) -> Sequence[Config]:
        return [Config(*row) for row in self._tx.all(_children, of=config.id)]

    # --- entries and tags ----------------------------------------------------------------------------------

    def entries(self, config: Config) -> Sequence[ConfigEntry]:
        return [ConfigEntry(*row[1:]) for row in self._tx.all(_entries_of, of=config.id)]

    def _keep_entries(self, config: Config, number: int, entries: Sequence[ConfigEntry]) -> None:
        """Those of the version before go; a key whose value stays keeps the version that set it."""
        known = {entry.key: entry for entry in self.entries(config)}
        self._tx.run(_entries.delete().where(_entries.c.config_id == config.id))
        rows = []
        for entry in entries:
            before = known.get(entry.key)
            same = before is not None and (before.text, before.type) == (entry.text, entry.type)
            kept = msgspec.structs.replace(entry, set_in=before.set_in if before and same else number)
            rows.append({"config_id": config.id, **msgspec.structs.asdict(kept)})
        if rows:
            self._tx.run(_entries.insert(), rows)

    def tags(self, config: Config) -> Sequence[ConfigTag]:
        query = sa.select(_tags).where(_tags.c.config_id == config.id).order_by(_tags.c.name)
        return [ConfigTag(*row[1:]) for row in self._tx.all(query)]

    def tag(self, config: Config, name: str, number: int) -> ConfigTag:
        found = next((tag for tag in self.tags(config) if tag.name == name), None)
        if found is not None:
            raise NameTaken(
                f"tag {name} of config {config.name} is on version {found.number}",
                subject=f"tag {name}",
                hint="Take it away there first, or choose another name.",
            )
        tag = ConfigTag(name, self.version(config, number).number, self._tx.at)
        self._tx.insert(_tags, config_id=config.id, **msgspec.structs.asdict(tag))
        return tag

    def tagged(self, config: Config, name: str) -> int:
        query = sa.select(_tags.c.number).where(_tags.c.config_id == config.id, _tags.c.name == name)
        number: int = self._tx.one(
            query, lambda: ConfigTagNotFound(f"{name} of config {config.name}", of=config.name)
        ).number
        return number

    def untag(self, config: Config, name: str) -> None:
        if not self._tx.run(_tags.delete().where(_tags.c.config_id == config.id, _tags.c.name == name)):
            raise ConfigTagNotFound(f"{name} of config {config.name}", of=config.name)

    # -------------------------------------------------------------------------------------------------------

    def delete(self, config: Config) -> None:
        """Raises `InUse` while an application, another config or a trigger needs it."""
        others = [f"config {child.name}" for child in self.children(config)]
        others += [f"trigger {name}" for name in self._triggers(config)]
        refuse_in_use(self._tx, f"config {config.name}", tables.applications.c.config_id, config.id, others)
        if not self._tx.run(_configs.delete().where(_configs.c.id == config.id)):
            raise ConfigNotFound(config.name)

    def _triggers(self, config: Config) -> Sequence[str]:
        row = tables.triggers.c
        query = sa.select(row.name).where(row.config_id == config.id).order_by(row.name)
        return [found.name for found in self._tx.all(query)]

    def _refuse_taken(self, project: str, name: str) -> None:
        if self._tx.first(_named, project=project, named=name) is not None:
            raise NameTaken(f"there is already a config {name}", subject=f"config {name}")


def _holders(key: str, value: str) -> sa.Select[tuple[str]]:
    """Ids of configs with an entry of which key and value contain these texts; secrets match by key alone."""
    query = sa.select(_entries.c.config_id)
    if key:
        query = query.where(_entries.c.key.icontains(key, autoescape=True))
    if value:
        query = query.where(_entries.c.text.icontains(value, autoescape=True), _entries.c.secret.is_(False))
    return query


def _has_label(key: str, value: str) -> sa.ColumnElement[bool]:
    """Labels are one JSON text, in which no key or value needs an escape: a pair stands in it as it is. (LIKE
    would take capitals for small letters.)"""
    text = sa.type_coerce(_configs.c.labels, sa.Text)
    pair = msgspec.json.encode({key: value}).decode()[1:-1]
    return sa.func.replace(text, pair, "") != text


def version_of(row: Found) -> ConfigVersion:
    id_, config_id, number, text, parent, parent_version, author, message, created_at = row
    extends = Extends(parent, parent_version) if parent is not None else None
    return ConfigVersion(id_, config_id, number, text, extends, author, message, created_at)
