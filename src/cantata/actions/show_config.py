"""Read configs and their history; delete one that nobody uses."""

from __future__ import annotations

from collections.abc import Sequence

from cantata.actions.audit import audit
from cantata.actions.layers import config_layers
from cantata.actions.ports import Ports
from cantata.core.model.access import Actor
from cantata.core.model.configs import Config, ConfigVersion
from cantata.core.model.errors import InUse
from cantata.core.values import Leaf, effective
from cantata.errors import Detail
from cantata.ports import Page, Records


async def list_configs(
    ports: Ports, project: str, *, search: str = "", page: Page = Page()
) -> Sequence[Config]:
    return await ports.store.read(lambda records: records.configs.list(project, search=search, page=page))


async def show_config(ports: Ports, project: str, name: str, number: int | None = None) -> ConfigVersion:
    """Secrets stand in the text as references. Raises `ConfigNotFound`, `ConfigVersionNotFound`."""
    return await ports.store.read(
        lambda records: records.configs.version(records.configs.get(project, name), number)
    )


async def config_history(
    ports: Ports, project: str, name: str, page: Page = Page()
) -> Sequence[ConfigVersion]:
    """Newest first."""
    return await ports.store.read(
        lambda records: records.configs.versions(records.configs.get(project, name), page=page)
    )


async def effective_config(
    ports: Ports, project: str, name: str, number: int | None = None
) -> tuple[Leaf, ...]:
    """Every leaf of a config over its parent, with where it comes from; secrets are masked."""
    layers = await config_layers(ports, project, name, number)
    return effective(layers).masked()


async def delete_config(ports: Ports, actor: Actor, project: str, name: str) -> None:
    """Raises `InUse` with the list of applications and configs that name it."""
    await ports.store.write(
        lambda records: remove_config(records, actor, project, records.configs.get(project, name))
    )


def remove_config(records: Records, actor: Actor, project: str, config: Config) -> None:
    """`delete_config` inside a write that does more."""
    users = [f"application {user.name}" for user in records.applications.list(project, config=config.name)]
    users += [f"config {child.name}" for child in records.configs.children(config)]
    if users:
        raise InUse(
            f"config {config.name} is used by {', '.join(users)}",
            subject=f"config {config.name}",
            hint="Give them another config, or delete them first.",
            details=[Detail(user) for user in users],
        )
    records.configs.delete(config)
    audit(records, actor, project, "delete", "config", config.name)
