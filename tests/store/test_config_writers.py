"""Two servers on one database, a writer at each: of 1,000 edits of one config none is lost."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from itertools import pairwise
from pathlib import Path

from tests.api.conftest import PROJECT, Http, in_process

from cantata.ports import Page, Records
from cantata.server.compose import Composed, composed
from cantata.settings import load_settings

CONFIG = f"{PROJECT}/configs/shop"
EDITS = 500
KEYS = 10
"""Of each writer; edit after edit it goes round."""


def line(writer: str, step: int) -> str:
    return f"{writer}{step % KEYS}: {step}"


async def set_keys(http: Http, numbers: list[int]) -> None:
    """Each edit as one key on whatever is the latest."""
    for step in range(1, EDITS + 1):
        key, _, value = line("s", step).partition(": ")
        answer = await http.post(f"{CONFIG}/changes", json={"changes": [{"key": key, "value": value}]})
        assert answer.status_code == 200, answer.text
        numbers.append(answer.json()["number"])


async def save_texts(http: Http, numbers: list[int]) -> None:
    """Each edit as a whole text with If-Match; merged where it comes too late."""
    for step in range(1, EDITS + 1):
        shown = (await http.get(CONFIG)).json()
        base, text = shown["number"], changed(shown["text"], line("t", step))
        while True:
            answer = await http.put(CONFIG, json={"text": text}, headers={"If-Match": f'"{base}"'})
            if answer.status_code != 409:
                break
            merged = (await http.post(f"{CONFIG}/merge", json={"base": base, "text": text})).json()
            assert merged["conflicts"] == []
            base, text = merged["against"], merged["text"]
        assert answer.status_code == 200, answer.text
        numbers.append(answer.json()["number"])


def changed(text: str, wanted: str) -> str:
    """With this line in the place of that of the same key."""
    key = wanted.partition(":")[0]
    return "\n".join(wanted if each.startswith(f"{key}:") else each for each in text.split("\n"))


async def test_two_writers_at_two_servers_lose_no_edit(url: str, tmp_path: Path) -> None:
    settings = load_settings(
        {"CANTATA_DATA_DIR": str(tmp_path / "data"), "CANTATA_DATABASE_URL": url, "CANTATA_WORKERS": "1"}
    )
    numbers: tuple[list[int], list[int]] = ([], [])
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(composed(settings, lambda _: None)) for _ in range(2)]
        clients = [await stack.enter_async_context(in_process(server.app)) for server in servers]
        for client in clients:
            client.headers["Authorization"] = f"Bearer {settings.admin_token_file.read_text().strip()}"
        first = "".join(f"s{key}: 0\n# of s{key}\nt{key}: 0\n" for key in range(KEYS))
        made = await clients[0].post(f"{PROJECT}/configs", json={"name": "shop", "text": first})
        assert made.status_code == 201, made.text
        await asyncio.gather(set_keys(clients[0], numbers[0]), save_texts(clients[1], numbers[1]))
        texts = await all_texts(servers[0])
    assert sorted((*numbers[0], *numbers[1])) == list(range(2, 2 * EDITS + 2))
    steps = [set(after.split("\n")) - set(before.split("\n")) for before, after in pairwise(texts)]
    expected = [line(writer, step) for writer in "st" for step in range(1, EDITS + 1)]
    assert sorted(each for step in steps for each in step) == sorted(expected)
    assert all(f"# of s{key}" in texts[-1] for key in range(KEYS))


async def all_texts(server: Composed) -> list[str]:
    def read(records: Records) -> list[str]:
        config = records.configs.get("default", "shop")
        versions = records.configs.versions(config, page=Page(limit=2 * EDITS + 2))
        return [version.text for version in reversed(versions)]

    return await server.ports.store.read(read)
