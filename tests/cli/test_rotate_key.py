"""`cantata server rotate-key`: killed at any moment, exactly one of two key files opens the database."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from tests.cli.conftest import Run

from cantata.server import key_rotation
from cantata.settings import Settings, load_settings
from cantata.store import key_opens, load_key, load_or_create_key, open_store, rotate_key


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"CANTATA_DATA_DIR": str(tmp_path / "data")})


async def secret_in(settings: Settings) -> str:
    store = await open_store(settings.database_url, load_or_create_key(settings.key_file))
    id_ = await store.write(lambda records: records.secrets.add("default", "the-value"))
    await store.close()
    return id_


async def opening(settings: Settings) -> set[str]:
    """The names of the key files that open the database, old ones not counted."""
    files = [settings.key_file, key_rotation.pending(settings)]
    return {
        file.name
        for file in files
        if file.is_file() and await key_opens(settings.database_url, load_key(file))
    }


async def assert_readable(settings: Settings, id_: str) -> None:
    store = await open_store(settings.database_url, load_key(settings.key_file))
    assert await store.read(lambda records: records.secrets.get_many("default", [id_])) == {id_: "the-value"}
    await store.close()


async def test_the_command_replaces_the_key_and_keeps_the_old_one(settings: Settings, alone: Run) -> None:
    id_ = await secret_in(settings)
    before = settings.key_file.read_text()
    done = alone("server", "rotate-key", "--data")
    assert done.code == 0, done.err
    assert "1 rows are sealed under a fresh data key" in done.out
    assert before.strip() not in done.out + done.err
    assert settings.key_file.read_text() != before
    assert stat.S_IMODE(settings.key_file.stat().st_mode) == 0o600
    (old,) = settings.key_file.parent.glob("key.*.old")
    assert old.read_text() == before
    assert await opening(settings) == {"key"}
    await assert_readable(settings, id_)


async def test_a_running_server_is_not_taken_its_key(settings: Settings, alone: Run) -> None:
    await secret_in(settings)
    settings.server_file.write_text(f'{{"url": "http://127.0.0.1:1", "pid": {os.getpid()}}}')
    done = alone("server", "rotate-key")
    assert (done.code, f"process id {os.getpid()}" in done.err) == (4, True)
    assert await opening(settings) == {"key"}


async def test_killed_before_the_database_knows_the_new_key(settings: Settings) -> None:
    id_ = await secret_in(settings)
    made = load_or_create_key(key_rotation.pending(settings))
    assert await opening(settings) == {"key"}
    await key_rotation.settle_rotation(settings)
    assert await opening(settings) == {"key"}
    await key_rotation.rotate(settings)
    assert load_key(settings.key_file).text() == made.text()
    await assert_readable(settings, id_)


async def test_killed_when_the_database_knows_the_new_key(settings: Settings) -> None:
    id_ = await secret_in(settings)
    new = load_or_create_key(key_rotation.pending(settings))
    await rotate_key(settings.database_url, load_key(settings.key_file), new)
    assert await opening(settings) == {"key.new"}
    await key_rotation.rotate(settings)
    assert await opening(settings) == {"key"}
    await assert_readable(settings, id_)


async def test_a_server_that_starts_finishes_it(settings: Settings) -> None:
    id_ = await secret_in(settings)
    new = load_or_create_key(key_rotation.pending(settings))
    await rotate_key(settings.database_url, load_key(settings.key_file), new)
    await key_rotation.settle_rotation(settings)
    assert await opening(settings) == {"key"}
    assert not key_rotation.pending(settings).exists()
    await assert_readable(settings, id_)


async def test_a_lost_key_is_given_up_once(settings: Settings, alone: Run) -> None:
    await secret_in(settings)
    refused = alone("server", "replace-lost-key")
    assert (refused.code, "opens the database" in refused.err) == (4, True)
    settings.key_file.unlink()
    done = alone("server", "replace-lost-key")
    assert done.code == 0, done.err
    assert await opening(settings) == {"key"}
    assert "set secrets" in done.out
