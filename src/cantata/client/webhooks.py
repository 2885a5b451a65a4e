"""Webhooks, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

from cantata.client.noun import Noun, if_match
from cantata.contract.rotation import RotateRequest
from cantata.contract.webhooks import DeliveryInfo, NewWebhookInfo, WebhookDraft, WebhookEdit, WebhookInfo


class Webhooks(Noun):
    path = "webhooks"

    def list(self, search: str = "") -> AsyncIterator[WebhookInfo]:
        return self._all(self._at(), WebhookInfo, {"search": search})

    async def create(self, draft: WebhookDraft) -> NewWebhookInfo:
        """The only answer with the secret."""
        return await self._connection.send("POST", self._at(), NewWebhookInfo, body=draft)

    async def show(self, name: str) -> WebhookInfo:
        return await self._connection.get(self._at(name), WebhookInfo)

    async def edit(self, name: str, edit: WebhookEdit, *, expected: int | None = None) -> WebhookInfo:
        return await self._connection.send(
            "PUT", self._at(name), WebhookInfo, body=edit, headers=if_match(expected)
        )

    async def delete(self, name: str) -> None:
        await self._connection.send("DELETE", self._at(name), type(None))

    async def rotate(self, name: str, *, at_once: bool = False) -> NewWebhookInfo:
        """A new secret, in this answer alone; deliveries are signed with the one before, too, for a day."""
        request = RotateRequest(at_once=at_once)
        return await self._connection.send("POST", self._at(name, "secret"), NewWebhookInfo, body=request)

    async def test(self, name: str) -> DeliveryInfo:
        """Sends a delivery that tells of nothing."""
        return await self._connection.send("POST", self._at(name, "test"), DeliveryInfo)

    def deliveries(self, name: str) -> AsyncIterator[DeliveryInfo]:
        """Newest first."""
        return self._all(self._at(name, "deliveries"), DeliveryInfo)

    async def redeliver(self, name: str, id_: str) -> DeliveryInfo:
        """Once more, under the same id."""
        at = self._at(name, "deliveries", id_, "redeliver")
        return await self._connection.send("POST", at, DeliveryInfo)
