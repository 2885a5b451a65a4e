"""The composition root: the only place that knows the concrete classes behind the ports."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

from cantata.server import key_rotation
from cantata.server.compose import composed
from cantata.server.run import serve
from cantata.settings import Settings

__all__ = ["composed", "replace_lost_key", "rotate_keys", "run", "serve"]


def run(settings: Settings) -> None:
    """The whole life of a server process, until SIGINT or SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    asyncio.run(serve(settings))


def rotate_keys(settings: Settings, *, data: bool) -> Iterator[str]:
    """Replaces the key file, and with `data` the data key; tells what is done, line by line."""
    old = asyncio.run(key_rotation.rotate(settings))
    yield f"{settings.key_file} has a new key; the old one is in {old}, for backups from before"
    if data:
        yield asyncio.run(key_rotation.reseal(settings))


def replace_lost_key(settings: Settings) -> str:
    """Gives up what only a lost key could read; a sentence about it."""
    asyncio.run(key_rotation.replace_lost(settings))
    return (
        f"{settings.key_file} opens the database now; set secrets, credentials of clusters and secrets of "
        "triggers anew, then deploy each application"
    )
