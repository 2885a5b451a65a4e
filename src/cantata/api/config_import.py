"""The route that makes a config of objects in a cluster."""

from __future__ import annotations

from litestar import Router, post
from litestar.params import FromPath, JSONBody

from cantata.actions.import_config import import_config
from cantata.api.authentication import needs
from cantata.api.conditions import TheActor, TheOnce, ThePorts
from cantata.api.pins import pinned_parent
from cantata.api.wire import config_version_info
from cantata.contract.configs import ConfigImportRequest, ConfigVersionInfo
from cantata.core.decide.authorise import Noun, Verb


@post("/", opt=needs(Verb.IMPORT, Noun.CONFIG))
async def import_(
    ports: ThePorts,
    actor: TheActor,
    once: TheOnce,
    project: FromPath[str],
    name: FromPath[str],
    data: JSONBody[ConfigImportRequest],
) -> ConfigVersionInfo:
    """Create a config with the keys of ConfigMaps and Secrets of a cluster."""

    async def act() -> ConfigVersionInfo:
        version = await import_config(
            ports,
            actor,
            project,
            name,
            cluster=data.cluster,
            namespace=data.namespace,
            config_maps=data.config_maps,
            secrets=data.secrets,
            extends=await pinned_parent(ports, project, data.extends),
            message=data.message,
        )
        return config_version_info(name, version)

    return await once(ConfigVersionInfo, act)


router = Router("/configs/{name:str}/import", route_handlers=[import_], tags=["config"])
