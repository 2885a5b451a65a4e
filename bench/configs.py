"""Saves of configs and pages of a long history, at a server without a cluster: `python -m bench.configs`."""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path

from bench.process import server
from bench.verdicts import Verdict, told
from cantata.client import Client
from cantata.contract.config_edits import KeyEdit
from cantata.ports import Records
from cantata.settings import load_settings
from cantata.store import load_or_create_key, open_store

KEYS = 200
"""Of a config that is saved: a text of 8 KB."""
SAVES = 40
VERSIONS = 10_000
PAGES = 20

SAVE_SECONDS = 0.05
PAGE_SECONDS = 0.05

TEXT = "".join(f"group{n // 10}.key{n}: value of key {n}  # and why\n" for n in range(KEYS))


async def measure(data: Path) -> dict[str, float]:
    """Medians in seconds, over HTTP: a whole text saved, one key set, and pages of a history."""
    url = json.loads((data / "server.json").read_text())["url"]
    await make_history(data)
    async with Client(url, (data / "admin-token").read_text().strip()) as client:
        await client.configs.create("saved", TEXT)
        texts = [TEXT.replace("key 7 ", f"key {number} ") for number in range(SAVES)]
        saves = [await timed(client.configs.edit("saved", text)) for text in texts]
        sets = [
            await timed(client.configs.set("saved", [KeyEdit("group5.key50", value=str(number))]))
            for number in range(SAVES)
        ]
        pages = [await timed(page_of(client, after)) for after in range(VERSIONS, 100, -VERSIONS // PAGES)]
    medians = {"save": saves, "set": sets, "page": pages}
    return {name: statistics.median(seconds) for name, seconds in medians.items()}


async def make_history(data: Path) -> None:
    """Straight into the database of the server, which is much faster."""
    settings = load_settings({"CANTATA_DATA_DIR": str(data)})
    store = await open_store(settings.database_url, load_or_create_key(settings.key_file))

    def write(records: Records) -> None:
        config = records.configs.create("default", "long")
        for number in range(VERSIONS):
            records.configs.add_version(
                config, f"{TEXT}n: {number}\n", extends=None, author="bench", message=f"edit {number}"
            )

    await store.write(write)
    await store.close()


async def page_of(client: Client, after: int) -> None:
    """A hundred versions, as one request."""
    found = await client.configs.history_page("long", after=str(after), limit=100)
    if len(found.items) != 100:
        raise AssertionError(f"the page behind {after} has {len(found.items)} versions")


async def timed(act: Awaitable[object]) -> float:
    began = time.monotonic()
    await act
    return time.monotonic() - began


def report() -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="cantata-bench-") as folder, server(Path(folder)):
        measured = asyncio.run(measure(Path(folder, "data")))
    print(f"configs of {KEYS} keys, a history of {VERSIONS} versions")
    rows = told(
        Verdict(name, value * 1000, limit * 1000, "ms")
        for name, value, limit in (
            ("save of a config", measured["save"], SAVE_SECONDS),
            ("one key set", measured["set"], SAVE_SECONDS),
            ("page of the history", measured["page"], PAGE_SECONDS),
        )
    )
    return {"keys": KEYS, "versions": VERSIONS, **measured, "budgets": rows}


if __name__ == "__main__":
    report()
