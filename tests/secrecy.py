"""Looks for secret values where none may stand in clear: database files, logs, arguments of processes.

Which values to look for is asked of the databases themselves: every secret that a run has saved is decrypted
and searched for, so that no test has to announce its own. `MARKED` may stand in the values that are refused
and never saved.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import sqlalchemy as sa
import zstandard

from cantata.core.model.market import Credentials
from cantata.core.model.rotation import RotatedSecret
from cantata.core.values import secret_forms
from cantata.store import tables
from cantata.store.data_keys import load_keyring
from cantata.store.engine import connect_engines
from cantata.store.market import purpose as repository_purpose
from cantata.store.sealing import load_key
from cantata.store.secrets import purpose
from cantata.store.triggers import purpose as trigger_purpose
from cantata.store.webhooks import purpose as webhook_purpose

MARKED = "MARKED-"
SHORTEST = 6
"""Shorter values stand in other texts by chance."""
SAMPLE_SECONDS = 0.1


def saved_secrets(url: str, key_file: Path) -> frozenset[str]:
    """All secret values of configs, triggers, webhooks and chart repositories in a database, but for those of
    a lost key."""
    engines = connect_engines(url)
    try:
        with engines.writer.begin() as connection:
            keyring = load_keyring(connection, load_key(key_file))
            rows = connection.execute(sa.select(tables.secrets.c.id, tables.secrets.c.sealed)).all()
            values = {
                keyring.unseal(row.sealed, purpose(row.id)).decode()
                for row in rows
                if keyring.opens(row.sealed)
            }
            for row in connection.execute(sa.select(tables.triggers.c.id, tables.triggers.c.secrets)):
                if not keyring.opens(row.secrets):
                    continue
                sealed = keyring.unseal(row.secrets, trigger_purpose(row.id))
                known = msgspec.json.decode(sealed, type=RotatedSecret)
                values |= {known.current, known.previous}
            for row in connection.execute(sa.select(tables.webhooks.c.id, tables.webhooks.c.secret)):
                if keyring.opens(row.secret):
                    sealed = keyring.unseal(row.secret, webhook_purpose(row.id))
                    known = msgspec.json.decode(sealed, type=RotatedSecret)
                    values |= {known.current, known.previous}
            repositories = tables.market_repositories.c
            for row in connection.execute(sa.select(repositories.id, repositories.credentials)):
                if keyring.opens(row.credentials):
                    sealed = keyring.unseal(row.credentials, repository_purpose(row.id))
                    given = msgspec.json.decode(sealed, type=Credentials)
                    values |= {given.password, given.token}
            return frozenset(value for value in values if len(value) >= SHORTEST)
    finally:
        engines.dispose()


def plain_blobs(url: str) -> Iterator[tuple[str, bytes]]:
    """What stands in the database compressed and not encrypted, which a search of its files would not see."""
    engines = connect_engines(url)
    try:
        with engines.reader.begin() as connection:
            for row in connection.execute(sa.select(tables.blobs.c.address, tables.blobs.c.content)):
                if row.address.startswith("sha256:"):
                    yield row.address, zstandard.decompress(row.content)
    finally:
        engines.dispose()


def files_below(*folders: Path) -> Iterator[tuple[str, bytes]]:
    """A database that runs removes files of its own while it is read: those are passed over."""
    for folder in folders:
        for parent, _, names in os.walk(folder):
            for path in (Path(parent, name) for name in sorted(names)):
                if path.is_file() and not path.is_symlink():
                    with suppress(FileNotFoundError):
                        yield str(path), path.read_bytes()


def find_clear(contents: Iterable[tuple[str, bytes]], values: Collection[str]) -> list[str]:
    """Where one of the values stands, as it is or as texts often have it; never the value itself."""
    forms = {
        form.encode() for value in {*values, MARKED} for form in secret_forms(value) if len(form) >= SHORTEST
    }
    return [name for name, content in contents if any(form in content for form in forms)]


@dataclass
class Arguments:
    """The command lines of processes and all that they start, looked at until `close`."""

    roots: set[int] = field(default_factory=set)
    seen: set[bytes] = field(default_factory=set)
    _end: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def watch(self, pid: int) -> None:
        self.roots.add(pid)
        if self._thread is None:
            self._thread = threading.Thread(target=self._sample, name="arguments", daemon=True)
            self._thread.start()

    def close(self) -> Iterator[tuple[str, bytes]]:
        self._end.set()
        if self._thread is not None:
            self._thread.join()
        return ((f"arguments of {line.split(bytes(1))[0].decode()}", line) for line in sorted(self.seen))

    def _sample(self) -> None:
        while True:
            self.look()
            if self._end.wait(SAMPLE_SECONDS):
                return

    def look(self) -> None:
        parents: dict[int, int] = {}
        lines: dict[int, bytes] = {}
        for folder in Path("/proc").iterdir():
            if folder.name.isdecimal():
                try:
                    # The name of the program, in brackets, may hold anything.
                    status = (folder / "stat").read_text().rpartition(")")[2].split()
                    lines[int(folder.name)] = (folder / "cmdline").read_bytes()
                    parents[int(folder.name)] = int(status[1])
                except OSError:
                    continue  # It ended meanwhile.
        for pid, line in lines.items():
            above: int | None = pid
            while above and above not in self.roots:
                above = parents.get(above)
            if above:
                self.seen.add(line)


@dataclass
class Traces:
    """What the servers of a run leave behind: the folder of each, and the arguments of all processes."""

    folders: set[Path] = field(default_factory=set)
    arguments: Arguments = field(default_factory=Arguments)

    def server(self, folder: Path, pid: int) -> None:
        self.folders.add(folder)
        self.arguments.watch(pid)

    def command(self, words: Iterable[str]) -> None:
        self.arguments.seen.add(b"\0".join(word.encode() for word in words))

    def assert_none_in_clear(self) -> None:
        """Each folder has a database with its key and the log of the server that has ended, or the log alone.
        Where a value is found is said, not which."""
        urls = {
            folder: f"sqlite:///{folder / 'cantata.db'}"
            for folder in self.folders
            if (folder / "cantata.db").is_file()
        }
        saved = (saved_secrets(url, folder / "key") for folder, url in urls.items())
        values = frozenset[str]().union(*saved)
        contents = itertools.chain(
            files_below(*self.folders), *map(plain_blobs, urls.values()), self.arguments.close()
        )
        found = find_clear(contents, values)
        assert not found, f"secrets of {len(values)} stand in clear in {', '.join(found)}"


TRACES = Traces()
"""Of this process's run of tests."""
