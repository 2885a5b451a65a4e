"""Configs as the documents that `apply` takes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from cantata.actions.config_users import ALL
from cantata.actions.ports import Ports
from cantata.core.declaration import config_yaml, matches
from cantata.core.model.configs import Config
from cantata.ports import Page, Records

REFERENCES = "Its secrets are references, which hold in this project only."


async def export_configs(
    ports: Ports,
    project: str,
    *,
    names: Collection[str] = (),
    labels: Mapping[str, str] | None = None,
    page: Page = Page(),
) -> Sequence[tuple[str, str]]:
    """Names and texts by name: of these, or of those with these labels, else of all. Raises
    `ConfigNotFound`."""

    def read(records: Records) -> list[tuple[str, str]]:
        named = {name: records.configs.get(project, name) for name in names}
        found = [
            config
            for config in (sorted(named.values(), key=_name) if named else _all(records, project))
            if config.name > page.after and matches(config.labels, labels or {})
        ]
        return [(config.name, _text(records, config)) for config in found[: page.limit]]

    return await ports.store.read(read)


def _all(records: Records, project: str) -> Sequence[Config]:
    return records.configs.list(project, page=ALL)


def _name(config: Config) -> str:
    return config.name


def _text(records: Records, config: Config) -> str:
    secret = any(entry.secret for entry in records.configs.entries(config))
    return config_yaml(config, records.configs.version(config), note=REFERENCES if secret else "")
