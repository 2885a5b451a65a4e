"""Holds, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

from cantata.client.noun import Noun
from cantata.contract.holds import HoldInfo, LiftRequest
from cantata.contract.pages import Page


class Holds(Noun):
    path = "holds"

    def list(self, application: str = "") -> AsyncIterator[HoldInfo]:
        """Newest first."""
        return self._all(self._at(), HoldInfo, {"application": application})

    async def lift(self, application: str, service: str, key: str = "") -> tuple[HoldInfo, ...]:
        """Those of one key, or of the whole service."""
        root = self._root.removesuffix(self.path)
        at = f"{root}applications{self._at(application)[len(self._root) :]}/holds/lift"
        body = LiftRequest(service, key)
        page = await self._connection.send("POST", at, Page[HoldInfo], body=body)
        return page.items
