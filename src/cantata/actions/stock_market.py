"""Fill the market of a new server with the charts that come with Cantata."""

from __future__ import annotations

import logging
from pathlib import Path

from cantata.actions.market_repositories import add_repository
from cantata.actions.ports import Ports
from cantata.core.model.access import Actor, Role
from cantata.core.model.market import Credentials, Repository, RepositoryKind
from cantata.errors import CantataError

log = logging.getLogger(__name__)

NAME = "examples"
PROJECT = "default"


async def stock_market(ports: Ports, folder: Path) -> None:
    """Done once in the life of a store, so that who removes the repository is rid of it. A server starts
    without it, too."""
    repository = Repository("", PROJECT, NAME, RepositoryKind.FOLDER, str(folder))
    try:
        await add_repository(ports, Actor("cantata", PROJECT, Role.ADMIN), repository, Credentials())
    except CantataError as error:
        log.warning("the market comes without the examples: %s", error)
