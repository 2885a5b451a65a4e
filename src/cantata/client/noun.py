"""What the methods of every noun share."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from typing import Any, TypeVar
from urllib.parse import quote

from cantata.client.connection import Connection, Query
from cantata.contract.pages import Page

T = TypeVar("T")


class Noun:
    """A noun of a project. `root` is the project's path."""

    path = ""

    def __init__(self, connection: Connection, root: str) -> None:
        self._connection = connection
        self._root = f"{root}/{self.path}"

    def _at(self, *parts: str) -> str:
        return "/".join([self._root, *(quote(part, safe="") for part in parts)])

    async def _all(self, path: str, kind: type[T], query: Query | None = None) -> AsyncIterator[T]:
        """Every item, page by page."""
        after = ""
        while True:
            page: Page[T] = await self._connection.get(
                path, _page_of(kind), {**(query or {}), "limit": 200, "after": after}
            )
            for item in page.items:
                yield item
            if not page.next:
                return
            after = page.next


def _page_of(kind: type[T]) -> type[Page[T]]:
    page: Any = Page
    made: type[Page[T]] = page[kind]
    return made


def once() -> dict[str, str]:
    """The header that lets the server see a repeated request."""
    return {"Idempotency-Key": secrets.token_hex(16)}


def if_match(version: int | None) -> dict[str, str]:
    return {} if version is None else {"If-Match": f'"{version}"'}
