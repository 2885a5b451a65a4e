"""What a server makes at its start."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest
from tests.api.conftest import PROJECT, in_process

from cantata.server.compose import composed
from cantata.server.run import listen, url_of
from cantata.settings import Settings, load_settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"CANTATA_DATA_DIR": str(tmp_path / "data"), "CANTATA_WORKERS": "1"})


async def start_and_ask(settings: Settings) -> str:
    """A whole life of a server; gives the administrator's token, which must have opened it."""
    async with composed(settings, lambda _: None) as parts, in_process(parts.app) as client:
        token = settings.admin_token_file.read_text()
        client.headers["Authorization"] = f"Bearer {token}"
        answer = await client.get(f"{PROJECT}/tokens")
        assert answer.status_code == 200, answer.text
        assert [item["name"] for item in answer.json()["items"]] == ["local-admin"]
    return token


async def test_the_token_of_the_administrator_is_kept(settings: Settings) -> None:
    first = await start_and_ask(settings)
    assert stat.S_IMODE(settings.admin_token_file.stat().st_mode) == 0o600
    assert await start_and_ask(settings) == first


async def test_a_lost_or_empty_token_file_is_made_anew(settings: Settings) -> None:
    first = await start_and_ask(settings)
    settings.admin_token_file.write_text("\n")
    second = await start_and_ask(settings)
    settings.admin_token_file.unlink()
    assert len({first, second, await start_and_ask(settings)}) == 3


async def test_only_the_first_start_with_a_store_is_one(settings: Settings) -> None:
    starts = []
    for lost in (False, False, True):
        if lost:
            settings.admin_token_file.unlink()
        async with composed(settings, lambda _: None) as parts:
            starts.append(parts.first_start)
    assert starts == [True, False, False]


@pytest.mark.parametrize(
    ("host", "url"), [("127.0.0.1", "http://127.0.0.1:7480"), ("::1", "http://[::1]:7480")]
)
def test_the_address_of_a_server_is_a_url(host: str, url: str) -> None:
    assert url_of(host, 7480) == url


def test_answers_are_sent_at_once() -> None:
    """asyncio switches Nagle's algorithm off only where the socket names its protocol."""
    listener = listen("127.0.0.1", 0)
    assert listener.proto == socket.IPPROTO_TCP
    listener.close()
