"""The ports of webhooks: their records, and what sends deliveries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from cantata.core.model.rotation import RotatedSecret
from cantata.core.model.webhooks import Delivery, Notice, Webhook
from cantata.ports.pages import Page


class Progress(msgspec.Struct, frozen=True):
    """How far the events of a project have been told to its webhooks."""

    project: str
    told: int
    last: int


class Webhooks(Protocol):
    """Webhooks with their secrets, which are sealed, and their deliveries."""

    def create(self, webhook: Webhook, secret: RotatedSecret) -> Webhook:
        """`id`, `created_at`, `since` and `row_version` are given by the store. Raises `NameTaken`."""
        ...

    def get(self, project: str, name: str) -> Webhook: ...
    def by_id(self, id_: str) -> Webhook: ...
    def list(self, project: str, *, search: str = "", page: Page = Page()) -> Sequence[Webhook]:
        """By name."""
        ...

    def update(self, webhook: Webhook) -> Webhook:
        """By id: url, notices, applications, enabled. One that is enabled is told of nothing that was before.
        Raises `EditConflict` unless `row_version` is the stored one; gives the next one back."""
        ...

    def secret(self, webhook: Webhook) -> RotatedSecret: ...
    def set_secret(self, webhook: Webhook, secret: RotatedSecret) -> None: ...
    def delete(self, webhook: Webhook) -> None:
        """With its deliveries."""
        ...

    def progress(self) -> Sequence[Progress]:
        """Of the projects that have webhooks."""
        ...

    def told(self, project: str, event: int) -> None:
        """All events of the project up to this one have become deliveries."""
        ...

    def queue(
        self, webhook: Webhook, notice: Notice, application: str, event: int, payload: str
    ) -> Delivery: ...

    def due(self, now: float, limit: int) -> Sequence[tuple[Webhook, Delivery]]:
        """Queued ones of webhooks that are enabled: those that were not tried yet first, so that a receiver
        that is down holds up no other."""
        ...

    def next_at(self) -> float | None:
        """When the next one is due."""
        ...

    def tried(self, delivery: Delivery, *, keep: int) -> None:
        """State, attempts, status, error and time as given. Of those that have ended all but the newest
        `keep` of the webhook go."""
        ...

    def deliveries(self, webhook: Webhook, *, page: Page = Page()) -> Sequence[Delivery]:
        """Newest first."""
        ...

    def delivery(self, webhook: Webhook, id_: str) -> Delivery: ...


class Sender(Protocol):
    """Sends one delivery."""

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """The status of the answer, whatever it is; redirects are not followed. Raises
        `WebhookAddressClosed`, `ReceiverUnreachable`."""
        ...
