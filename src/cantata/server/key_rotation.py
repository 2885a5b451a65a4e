"""The key file replaced by a new one, while no server runs.

At every moment exactly one of two files opens the database: `key` before the database is rewrapped,
`key.new` from then until it takes the place of `key`. A run that was killed is gone on with by the next one;
a server that starts in between finishes it.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from cantata.errors import CantataError, Category
from cantata.settings import Settings
from cantata.store import key_opens, load_key, load_or_create_key, replace_lost_key, rotate_key
from cantata.store import reseal as reseal_store


class ServerRunning(CantataError):
    """This can be done only while no server uses the database."""

    category = Category.CONFLICT


class StoreKeyNotLost(CantataError):
    """The key file opens the database: nothing is lost, and nothing was changed."""

    category = Category.CONFLICT


async def replace_lost(settings: Settings) -> None:
    """The key of the key file, made if there is none, opens the database from now on; what was sealed under
    the one before stays unreadable. Raises `ServerRunning`, `StoreKeyNotLost`."""
    refuse_running(settings)
    await settle_rotation(settings)
    key = load_or_create_key(settings.key_file)
    if await key_opens(settings.database_url, key):
        raise StoreKeyNotLost(
            f"the key file {settings.key_file} opens the database",
            subject="store key",
            hint="`cantata server rotate-key` replaces a key that is there.",
        )
    await replace_lost_key(settings.database_url, key)


async def rotate(settings: Settings) -> Path:
    """The file in which the old key stays. Raises `ServerRunning`, `StoreKeyInvalid`."""
    refuse_running(settings)
    if not await finish_rotation(settings):
        new = load_or_create_key(pending(settings))
        await rotate_key(settings.database_url, load_key(settings.key_file), new)
    return _replace(settings)


async def reseal(settings: Settings) -> str:
    """Seals all data under a fresh data key; gives a sentence about it."""
    refuse_running(settings)
    done = await reseal_store(settings.database_url, load_key(settings.key_file))
    more = f"; {done.unreadable} could not be read and stay as they are" if done.unreadable else ""
    return f"{done.rows} rows are sealed under a fresh data key{more}"


async def finish_rotation(settings: Settings) -> bool:
    """Whether a rotation was left behind when the database had its new key already."""
    file = pending(settings)
    return file.is_file() and await key_opens(settings.database_url, load_key(file))


async def settle_rotation(settings: Settings) -> None:
    """What a server does at its start."""
    if await finish_rotation(settings):
        _replace(settings)


def refuse_running(settings: Settings) -> None:
    with suppress(FileNotFoundError, ValueError, KeyError, ProcessLookupError):
        pid = int(json.loads(settings.server_file.read_text())["pid"])
        os.kill(pid, 0)
        raise ServerRunning(
            f"the server with the process id {pid} runs",
            subject="server",
            hint=f"Stop it first; if there is none, delete {settings.server_file}.",
        )


def pending(settings: Settings) -> Path:
    return settings.key_file.with_name(f"{settings.key_file.name}.new")


def _replace(settings: Settings) -> Path:
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S-%fZ")
    old = settings.key_file.with_name(f"{settings.key_file.name}.{stamp}.old")
    os.link(settings.key_file, old)
    pending(settings).replace(settings.key_file)
    folder = os.open(settings.key_file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return old
