"""Triggers, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

from cantata.client.noun import Noun
from cantata.contract.rotation import RotateRequest
from cantata.contract.triggers import (
    CallContentInfo,
    NewSecretInfo,
    TrialInfo,
    TriggerCallInfo,
    TriggerDraft,
    TriggerEdit,
    TriggerInfo,
)


class Triggers(Noun):
    path = "triggers"

    def list(self, search: str = "", config: str = "") -> AsyncIterator[TriggerInfo]:
        return self._all(self._at(), TriggerInfo, {"search": search, "config": config})

    async def create(self, draft: TriggerDraft) -> NewSecretInfo:
        """The only answer with the secret."""
        return await self._connection.send("POST", self._at(), NewSecretInfo, body=draft)

    async def show(self, name: str) -> TriggerInfo:
        return await self._connection.get(self._at(name), TriggerInfo)

    async def edit(self, name: str, edit: TriggerEdit) -> TriggerInfo:
        return await self._connection.send("PUT", self._at(name), TriggerInfo, body=edit)

    async def delete(self, name: str) -> None:
        await self._connection.send("DELETE", self._at(name), type(None))

    async def rotate(self, name: str, *, at_once: bool = False) -> NewSecretInfo:
        request = RotateRequest(at_once=at_once)
        return await self._connection.send("POST", self._at(name, "secret"), NewSecretInfo, body=request)

    async def test(self, name: str, payload: bytes) -> TrialInfo:
        """What the payload would do. Nothing is stored."""
        return await self._connection.send("POST", self._at(name, "test"), TrialInfo, body=payload)

    def calls(self, name: str) -> AsyncIterator[TriggerCallInfo]:
        """Newest first."""
        return self._all(self._at(name, "calls"), TriggerCallInfo)

    async def call(self, name: str, id_: str) -> CallContentInfo:
        """With its payload."""
        return await self._connection.get(self._at(name, "calls", id_), CallContentInfo)

    async def retry(self, name: str, id_: str) -> TriggerCallInfo:
        """Works a call off again that failed."""
        return await self._connection.send("POST", self._at(name, "calls", id_, "retry"), TriggerCallInfo)
