"""No secret stands in clear in the files of either database; and the search for them finds what does."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import zstandard
from tests.secrecy import Arguments, Traces, files_below, find_clear, plain_blobs, saved_secrets

from cantata.ports.store import Records
from cantata.store import load_or_create_key, open_store

SECRET = "a-value-that-nobody-else-has"


def seal_everywhere(records: Records) -> None:
    records.idempotency.put("default", "k", "digest", SECRET.encode())
    records.blobs.put_sealed(SECRET.encode())
    records.secrets.add("default", SECRET)


async def fill(url: str, folder: Path) -> None:
    store = await open_store(url, load_or_create_key(folder / "key"))
    await store.write(seal_everywhere)
    await store.close()


async def test_nothing_is_found_in_sqlite(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/cantata.db"
    await fill(url, tmp_path)
    assert saved_secrets(url, tmp_path / "key") == {SECRET}
    assert find_clear([*files_below(tmp_path), *plain_blobs(url)], {SECRET}) == []


@pytest.mark.postgres
async def test_nothing_is_found_in_postgresql(
    make_postgres_database: Callable[[], str], tmp_path: Path
) -> None:
    url = make_postgres_database()
    await fill(url, tmp_path)
    await (await open_store(url, load_or_create_key(tmp_path / "key"))).close()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE planted AS SELECT 'planted-in-clear' AS text")
        connection.execute("CHECKPOINT")
        row = connection.execute("SHOW data_directory").fetchone()
    assert row is not None
    data = Path(row[0])
    assert saved_secrets(url, tmp_path / "key") == {SECRET}
    assert find_clear([*files_below(data), *plain_blobs(url)], {SECRET}) == []
    assert find_clear(files_below(data), {"planted-in-clear"}) != []


AS_BASE64 = "YS12YWx1ZS10aGF0LW5vYm9keS1lbHNlLWhhcw=="


@pytest.mark.parametrize("content", [SECRET, f'{{"a":"{SECRET}"}}', AS_BASE64])
def test_a_value_in_a_file_is_found(content: str, tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "server.log").write_text(f"a line\nbefore {content} behind\n")
    (found,) = find_clear(files_below(tmp_path), {SECRET})
    assert found.endswith("inner/server.log")
    assert SECRET not in found


async def test_a_value_in_a_compressed_blob_is_found(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/cantata.db"
    store = await open_store(url, load_or_create_key(tmp_path / "key"))
    text = (SECRET * 50).encode()
    address = await store.write(lambda records: records.blobs.put(text))
    await store.close()
    assert zstandard.decompress(zstandard.compress(text)) == text
    assert find_clear(plain_blobs(url), {SECRET}) == [address]


def test_a_value_in_an_argument_is_found() -> None:
    arguments = Arguments()
    child = "print(1, flush=True); input()"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}, *sys.argv[1:]])"
    with subprocess.Popen(
        [sys.executable, "-c", code, SECRET], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()  # By now the child runs, too.
        arguments.watch(parent.pid)
        found = list(arguments.close())
        parent.communicate(b"\n")
    assert len(found) == 2
    assert len(find_clear(found, {SECRET})) == 2
    assert find_clear(found, {"another-value"}) == []


async def test_a_run_of_servers_is_searched_whole(tmp_path: Path) -> None:
    traces = Traces(folders={tmp_path})
    await fill(f"sqlite:///{tmp_path}/cantata.db", tmp_path)
    traces.command(["config", "show"])
    traces.assert_none_in_clear()
    traces.command(["config", "set", f"a={SECRET}"])
    with pytest.raises(AssertionError, match="secrets of 1 stand in clear in arguments of config"):
        traces.assert_none_in_clear()
    traces = Traces(folders={tmp_path})
    (tmp_path / "server.log").write_text(f"it said {SECRET}")
    with pytest.raises(AssertionError, match=r"server\.log") as failure:
        traces.assert_none_in_clear()
    assert SECRET not in str(failure.value)
