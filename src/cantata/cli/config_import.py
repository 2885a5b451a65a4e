"""`cantata config import`: a config of ConfigMaps and Secrets that are in a cluster."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from cantata.cli.inputs import parse_pinned
from cantata.cli.output import Output, print_one
from cantata.cli.session import connect


async def import_(
    name: str,
    *,
    cluster: Annotated[str, Parameter(help="A registered cluster.")],
    namespace: Annotated[str, Parameter(name=["--namespace", "-n"], help="Where the objects are.")],
    config_map: Annotated[
        tuple[str, ...], Parameter(negative="", help="Its keys become keys. May be given several times.")
    ] = (),
    secret: Annotated[
        tuple[str, ...], Parameter(negative="", help="Its keys become secrets. May be given several times.")
    ] = (),
    extends: Annotated[str, Parameter(help="The parent config, as NAME to follow it or NAME@VERSION.")] = "",
    message: Annotated[
        str, Parameter(name=["--message", "-m"], help="Why, for the history; by default where it is from.")
    ] = "",
    output: Output = "table",
) -> None:
    """Create a config with the keys of ConfigMaps and Secrets, read once. Needs the role operator."""
    from cantata.contract.configs import Extends

    parent = Extends(*parse_pinned(extends)) if extends else None
    async with connect() as client:
        version = await client.configs.import_(
            name,
            cluster=cluster,
            namespace=namespace,
            config_maps=config_map,
            secrets=secret,
            extends=parent,
            message=message,
        )
    print_one(version, output, [("config", f"{version.config}@{version.number}"), ("from", version.message)])
