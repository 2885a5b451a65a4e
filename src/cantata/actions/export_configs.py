"""Configs as the documents that `apply` takes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from cantata.actions.audit import audit
from cantata.actions.ports import Ports
from cantata.actions.stored_documents import read_document
from cantata.core.config import SecretText, SetSecret, edit_text
from cantata.core.declaration import config_yaml
from cantata.core.model.access import Actor
from cantata.core.model.configs import Config, ConfigVersion
from cantata.ports import Page, Records

REVEALED = "Its secrets stand here in clear."
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


async def reveal_export(ports: Ports, actor: Actor, project: str, name: str) -> str:
    """With the values of its secrets, told only once the audit has kept who asked. Raises `ConfigNotFound`;
    `ConfigEditImpossible` where the text shares a secret by an anchor."""

    def read(records: Records) -> tuple[Config, ConfigVersion]:
        config = records.configs.get(project, name)
        return config, records.configs.version(config)

    config, version = await ports.store.read(read)
    secrets = (await read_document(ports, name, version.text)).secrets
    if not secrets:
        return config_yaml(config, version)

    def write(records: Records) -> dict[str, SecretText]:
        audit(records, actor, project, "reveal", "config", name, f"all secrets of version {version.number}")
        values = records.secrets.get_many(project, {secret.ref for secret in secrets.values()})
        return {id_: SecretText(value) for id_, value in values.items()}

    values = await ports.store.write(write)
    changes = [SetSecret(path, values[secret.ref]) for path, secret in secrets.items()]
    text = edit_text(version.text, changes, name=name)
    return config_yaml(config, msgspec.structs.replace(version, text=text), note=REVEALED)


def _text(records: Records, config: Config) -> str:
    secret = any(entry.secret for entry in records.configs.entries(config))
    return config_yaml(config, records.configs.version(config), note=REFERENCES if secret else "")
