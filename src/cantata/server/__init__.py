"""The composition root: the only place that knows the concrete classes behind the ports."""

from __future__ import annotations

import asyncio
import logging

from cantata.server.run import composed, serve
from cantata.settings import Settings

__all__ = ["composed", "run", "serve"]


def run(settings: Settings) -> None:
    """The whole life of a server process, until SIGINT or SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    asyncio.run(serve(settings))
