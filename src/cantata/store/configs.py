"""Configs and their versions."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from cantata.core.model.configs import Config, ConfigVersion, Extends
from cantata.core.model.errors import ConfigNotFound, ConfigVersionNotFound, EditConflict, NameTaken
from cantata.ports.store import Page
from cantata.store import tables
from cantata.store.references import refuse_in_use
from cantata.store.transaction import Found, Query, Transaction, new_id, page_by_name, page_by_number

_configs = tables.configs
_versions = tables.config_versions


class SqlConfigs:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def create(self, project: str, name: str) -> Config:
        self._tx.require_project(project)
        if self._tx.first(select_config(project, name)) is not None:
            raise NameTaken(f"there is already a config {name}", subject=f"config {name}")
        config = Config(new_id(), project, name, 0, self._tx.at)
        self._tx.insert(
            _configs, id=config.id, project=project, name=name, latest=0, created_at=config.created_at
        )
        return config

    def get(self, project: str, name: str) -> Config:
        return Config(*self._tx.one(select_config(project, name), lambda: ConfigNotFound(name)))

    def list(self, project: str, *, search: str = "", page: Page = Page()) -> Sequence[Config]:
        query = sa.select(_configs).where(_configs.c.project == project)
        return [Config(*row) for row in self._tx.all(page_by_name(query, _configs.c.name, search, page))]

    def add_version(
        self,
        config: Config,
        text: str,
        *,
        extends: Extends | None,
        author: str,
        message: str,
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
            extends_config=extends.config if extends else None,
            extends_version=extends.version if extends else None,
            author=author,
            message=message,
            created_at=version.created_at,
        )
        self._tx.run(_configs.update().where(_configs.c.id == config.id).values(latest=version.number))
        return version

    def version(self, config: Config, number: int | None = None) -> ConfigVersion:
        query = sa.select(_versions).where(_versions.c.config_id == config.id)
        if number is None:
            query = query.order_by(_versions.c.number.desc()).limit(1)
        else:
            query = query.where(_versions.c.number == number)
        wanted = config.name if number is None else f"{config.name} {number}"
        return version_of(self._tx.one(query, lambda: ConfigVersionNotFound(wanted)))

    def versions(self, config: Config, *, page: Page = Page()) -> Sequence[ConfigVersion]:
        query = sa.select(_versions).where(_versions.c.config_id == config.id)
        return [version_of(row) for row in self._tx.all(page_by_number(query, _versions.c.number, page))]

    def children(self, project: str, name: str) -> Sequence[Config]:
        newest = (_versions.c.config_id == _configs.c.id) & (_versions.c.number == _configs.c.latest)
        query = (
            sa.select(_configs)
            .join(_versions, newest)
            .where(_configs.c.project == project, _versions.c.extends_config == name)
            .order_by(_configs.c.name)
        )
        return [Config(*row) for row in self._tx.all(query)]

    def delete(self, config: Config) -> None:
        """Raises `InUse` while an application or another config needs it."""
        children = [f"config {child.name}" for child in self.children(config.project, config.name)]
        refuse_in_use(self._tx, f"config {config.name}", tables.applications.c.config_id, config.id, children)
        if not self._tx.run(_configs.delete().where(_configs.c.id == config.id)):
            raise ConfigNotFound(config.name)


def select_config(project: str, name: str) -> Query:
    return sa.select(_configs).where(_configs.c.project == project, _configs.c.name == name)


def version_of(row: Found) -> ConfigVersion:
    id_, config_id, number, text, parent, parent_version, author, message, created_at = row
    extends = Extends(parent, parent_version) if parent is not None else None
    return ConfigVersion(id_, config_id, number, text, extends, author, message, created_at)
