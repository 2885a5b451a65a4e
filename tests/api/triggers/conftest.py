"""Triggers that are made in the real application, and who calls them."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from tests.api.conftest import PROJECT, Http

from cantata.core.triggers import sign

TRIGGERS = f"{PROJECT}/triggers"
TEXT = "web:\n  tag: v1  # set by CI\n  replicas: 2\npassword: !secret hunter2\n"
CI = {
    "name": "ci",
    "config": "shop",
    "kind": "generic",
    "keys": [{"key": "web.tag", "path": "image.tag"}],
}
HARBOR = {
    "name": "harbor",
    "config": "shop",
    "kind": "harbor",
    "images": [{"key": "web.tag", "repository": "shop/web", "pattern": "v.+"}],
}


class Hook:
    """A trigger that was made, and who calls it."""

    def __init__(self, http: Http, made: dict[str, Any]) -> None:
        self.http = http
        self.secret: str = made["secret"]
        self.id: str = made["info"]["id"]
        self.name: str = made["info"]["name"]
        self.path: str = made["info"]["path"]

    async def call(self, payload: Any, id_: str = "d1", *, secret: str = "", at: float | None = None) -> Any:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        now = int(time.time() if at is None else at)
        signature = sign(secret or self.secret, id_, now, body)
        headers = {"webhook-id": id_, "webhook-timestamp": str(now), "webhook-signature": signature}
        return await self.http.post(self.path, content=body, headers=headers)


@pytest.fixture
async def config(admin: Http) -> Http:
    await admin.post(f"{PROJECT}/configs", json={"name": "shop", "text": TEXT})
    return admin


@pytest.fixture
async def hook(config: Http, anyone: Http) -> Hook:
    return await make(config, anyone)


async def make(admin: Http, anyone: Http, **changes: Any) -> Hook:
    answer = await admin.post(TRIGGERS, json={**CI, **changes})
    assert answer.status_code == 201, answer.text
    return Hook(anyone, answer.json())


async def calls(admin: Http, name: str = "ci") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await admin.get(f"{TRIGGERS}/{name}/calls")).json()["items"]
    return items


async def text_of(admin: Http) -> tuple[int, str]:
    shown = (await admin.get(f"{PROJECT}/configs/shop")).json()
    return shown["number"], shown["text"]
