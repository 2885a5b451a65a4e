"""Read configs; delete one that nobody uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cantata.actions.audit import audit
from cantata.actions.config_number import find_number, pin_number
from cantata.actions.layers import config_layers
from cantata.actions.ports import Ports
from cantata.core.model.access import Actor
from cantata.core.model.configs import Config, ConfigVersion, VersionRef
from cantata.core.model.errors import InUse, check_labels
from cantata.core.values import Leaf, effective
from cantata.errors import Detail
from cantata.ports import Page, Records


async def list_configs(
    ports: Ports,
    project: str,
    *,
    search: str = "",
    key: str = "",
    value: str = "",
    labels: Mapping[str, str] | None = None,
    page: Page = Page(),
) -> Sequence[Config]:
    """By name, those that have all that is asked for. Raises `LabelInvalid`."""
    check_labels("label", labels or {})
    return await ports.store.read(
        lambda records: records.configs.list(
            project, search=search, key=key, value=value, labels=labels, page=page
        )
    )


async def show_config(
    ports: Ports, project: str, name: str, version: VersionRef | None = None
) -> ConfigVersion:
    """Secrets stand in the text as references. Raises `ConfigNotFound`, `ConfigVersionNotFound`,
    `ConfigTagNotFound`."""

    def read(records: Records) -> ConfigVersion:
        config = records.configs.get(project, name)
        return records.configs.version(config, find_number(records, config, version))

    return await ports.store.read(read)


async def effective_config(
    ports: Ports, project: str, name: str, version: VersionRef | None = None
) -> tuple[Leaf, ...]:
    """Every leaf of a config over its parents, with where it comes from and what it overrides; secrets are
    masked."""
    number = await pin_number(ports, project, name, version)
    layers = await config_layers(ports, project, name, number)
    return effective(layers).masked()


async def delete_config(ports: Ports, actor: Actor, project: str, name: str) -> None:
    """Raises `InUse` with the list of applications, configs and triggers that name it."""
    await ports.store.write(
        lambda records: remove_config(records, actor, project, records.configs.get(project, name))
    )


def remove_config(records: Records, actor: Actor, project: str, config: Config) -> None:
    """`delete_config` inside a write that does more."""
    users = [f"application {user.name}" for user in records.applications.list(project, config=config.name)]
    users += [f"config {child.name}" for child in records.configs.children(config)]
    users += [f"trigger {each.name}" for each in records.triggers.list(project, config=config.name)]
    if users:
        raise InUse(
            f"config {config.name} is used by {', '.join(users)}",
            subject=f"config {config.name}",
            hint="Give them another config, or delete them first.",
            details=[Detail(user) for user in users],
        )
    records.configs.delete(config)
    audit(records, actor, project, "delete", "config", config.name)
