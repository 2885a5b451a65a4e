"""Configs as the documents that `apply` takes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from cantata.actions.ports import Ports
from cantata.core.declaration import config_yaml
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
        if not names:
            found = records.configs.list(project, labels=labels, page=page)
        else:
            named = [records.configs.get(project, name) for name in sorted(set(names))]
            found = [config for config in named if config.name > page.after][: page.limit]
        return [(config.name, _text(records, config)) for config in found]

    return await ports.store.read(read)


def _text(records: Records, config: Config) -> str:
    secret = any(entry.secret for entry in records.configs.entries(config))
    return config_yaml(config, records.configs.version(config), note=REFERENCES if secret else "")
