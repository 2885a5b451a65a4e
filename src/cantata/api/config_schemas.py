"""Routes of the schemas of configs."""

from __future__ import annotations

from litestar import Router, delete, get, post, put
from litestar.params import FromPath, JSONBody

from cantata.actions.config_schema import infer_config_schema, remove_schema, set_schema, show_schema
from cantata.api.authentication import needs
from cantata.api.conditions import TheActor, ThePorts
from cantata.contract.config_schemas import SchemaEdit, SchemaInfo
from cantata.core.decide.authorise import Noun, Verb

READ, EDIT = needs(Verb.READ, Noun.CONFIG), needs(Verb.EDIT, Noun.CONFIG)


@get("/", opt=READ)
async def show(ports: ThePorts, project: FromPath[str], name: FromPath[str]) -> SchemaInfo:
    """Show the schema that a config is held against: its own, or the nearest that it extends."""
    config = await show_schema(ports, project, name)
    return SchemaInfo(config.name, config.schema)


@put("/", opt=EDIT)
async def set_(
    ports: ThePorts, actor: TheActor, project: FromPath[str], name: FromPath[str], data: JSONBody[SchemaEdit]
) -> SchemaInfo:
    """Give a config a schema. It and all that follow it must fit."""
    config = await set_schema(ports, actor, project, name, data.schema)
    return SchemaInfo(config.name, config.schema)


@delete("/", opt=EDIT)
async def remove(ports: ThePorts, actor: TheActor, project: FromPath[str], name: FromPath[str]) -> None:
    """Take a config's own schema away."""
    await remove_schema(ports, actor, project, name)


@post("/infer", opt=READ, status_code=200)
async def infer(ports: ThePorts, project: FromPath[str], name: FromPath[str]) -> SchemaInfo:
    """Infer a schema from what a config holds. Nothing is stored."""
    return SchemaInfo(name, await infer_config_schema(ports, project, name))


router = Router("/configs/{name:str}/schema", route_handlers=[show, set_, remove, infer], tags=["config"])
