"""The schema of a config: set, shown, taken away, inferred from what the config holds."""

from __future__ import annotations

import msgspec

from cantata.actions.audit import audit
from cantata.actions.check_schema import TRIES, came_between, read_checks, run_checks
from cantata.actions.config_text import check_text, parent_version
from cantata.actions.ports import Ports
from cantata.core.config import infer_schema
from cantata.core.model.access import Actor
from cantata.core.model.configs import Config, ConfigVersion
from cantata.core.model.errors import ConfigSchemaNotFound
from cantata.errors import CantataError, Category
from cantata.ports import Records

MAX_BYTES = 1 << 20


class ConfigSchemaInvalid(CantataError):
    """What was given as the schema of a config is empty or too large."""

    category = Category.INVALID


async def show_schema(ports: Ports, project: str, name: str) -> Config:
    """The config whose schema counts for this one: itself, or the nearest that it extends. Raises
    `ConfigNotFound`, `ConfigSchemaNotFound`."""

    def read(records: Records) -> Config:
        config = records.configs.get(project, name)
        version: ConfigVersion | None = records.configs.version(config)
        while not config.schema and version is not None and version.extends is not None:
            config = records.configs.get(project, version.extends.config)
            version = parent_version(records, project, version.extends)
        if not config.schema:
            raise ConfigSchemaNotFound(f"of config {name}")
        return config

    return await ports.store.read(read)


async def infer_config_schema(ports: Ports, project: str, name: str) -> str:
    """A schema that takes what the latest version holds, for people to look at. Nothing is stored."""
    version = await ports.store.read(
        lambda records: records.configs.version(records.configs.get(project, name))
    )
    checked = await check_text(ports, name, version.text)
    encoded = msgspec.json.encode(infer_schema(checked.parsed))
    return msgspec.json.format(encoded).decode() + "\n"


async def set_schema(ports: Ports, actor: Actor, project: str, name: str, schema: str) -> Config:
    """The config and what follows it must fit. Raises `ConfigNotFound`, `ConfigSchemaInvalid`,
    `SchemaInvalid`, `ConfigSchemaViolated`."""
    if not schema.strip() or len(schema.encode()) > MAX_BYTES:
        raise ConfigSchemaInvalid(
            f"the schema of config {name} is empty, or larger than {MAX_BYTES} bytes",
            subject=f"config {name}",
            hint="Give a JSON Schema, or take the schema away.",
        )
    for _ in range(TRIES):
        checks = await ports.store.read(lambda records: read_checks(records, project, name, schema=schema))
        await run_checks(ports, name, checks)

        def write(records: Records, checks: object = checks) -> Config | None:
            if read_checks(records, project, name, schema=schema) != checks:
                return None
            return _change(records, actor, project, name, schema)

        changed = await ports.store.write(write)
        if changed is not None:
            return changed
    raise came_between(name)


async def remove_schema(ports: Ports, actor: Actor, project: str, name: str) -> None:
    """What was inherited counts then, so that is checked. Raises what `set_schema` does, and
    `ConfigSchemaNotFound` where the config has none of its own."""
    for _ in range(TRIES):
        checks = await ports.store.read(lambda records: read_checks(records, project, name, schema=""))
        await run_checks(ports, name, checks)

        def write(records: Records, checks: object = checks) -> bool:
            if read_checks(records, project, name, schema="") != checks:
                return False
            if not records.configs.get(project, name).schema:
                raise ConfigSchemaNotFound(f"of config {name} itself")
            _change(records, actor, project, name, "")
            return True

        if await ports.store.write(write):
            return
    raise came_between(name)


def _change(records: Records, actor: Actor, project: str, name: str, schema: str) -> Config:
    config = records.configs.get(project, name)
    if config.schema == schema:
        return config
    changed = records.configs.update(msgspec.structs.replace(config, schema=schema))
    audit(records, actor, project, "edit", "config", name, "schema" if schema else "schema removed")
    return changed
