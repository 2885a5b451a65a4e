"""The part of the port to the store that holds triggers and the calls that came."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from cantata.core.model.rotation import RotatedSecret
from cantata.core.model.triggers import CallState, Trigger, TriggerCall
from cantata.ports.pages import Page


class Triggers(Protocol):
    """Triggers with their secrets, and the calls that came. Secrets and payloads are sealed."""

    def create(self, trigger: Trigger, secrets: RotatedSecret) -> Trigger:
        """`id`, `created_at` and `row_version` are given by the store. Raises `NameTaken`,
        `ConfigNotFound`."""
        ...

    def get(self, project: str, name: str) -> Trigger: ...
    def by_id(self, id_: str) -> Trigger: ...
    def find(self, id_: str) -> tuple[Trigger, RotatedSecret] | None: ...
    def list(
        self, project: str, *, search: str = "", config: str = "", page: Page = Page()
    ) -> Sequence[Trigger]:
        """By name."""
        ...

    def update(self, trigger: Trigger) -> Trigger:
        """By id: config, rules, sources and whether it is enabled. Raises `EditConflict` unless `row_version`
        is the stored one; gives the next one back."""
        ...

    def secrets(self, trigger: Trigger) -> RotatedSecret: ...
    def set_secrets(self, trigger: Trigger, secrets: RotatedSecret) -> None: ...
    def delete(self, trigger: Trigger) -> None:
        """With its calls."""
        ...

    def receive(
        self,
        trigger: Trigger,
        *,
        identity: str,
        delivery: str,
        source: str,
        payload: bytes,
        waiting: int,
        remember: int,
    ) -> tuple[TriggerCall, bool]:
        """Queues a call. False when one of the same identity came before: it is given back as it is, without
        cause and result if it is kept no more. The newest `remember` identities of a trigger are known.
        Raises `TriggerQueueFull` when `waiting` calls of the trigger are queued already."""
        ...

    def calls(self, trigger: Trigger, *, page: Page = Page()) -> Sequence[TriggerCall]:
        """Newest first."""
        ...

    def call(self, trigger: Trigger, id_: str) -> TriggerCall: ...
    def payload(self, call: TriggerCall) -> bytes: ...
    def queued(self, limit: int, *, without: Collection[tuple[str, str]] = ()) -> Sequence[TriggerCall]:
        """Of all triggers, in the order in which they came, but for those of the configs `without`, each
        by its project and name."""
        ...

    def tried(self, call: TriggerCall, result: str) -> int:
        """Counts an attempt that failed; the call stays queued. Gives their number."""
        ...

    def finish(
        self, call: TriggerCall, state: CallState, *, cause: str, result: str, config_version: int, keep: int
    ) -> bool:
        """False when it is queued no more. Of the trigger's calls that have ended, all but the newest `keep`
        go."""
        ...

    def requeue(self, call: TriggerCall) -> bool:
        """As if it had just come. False when it has not failed."""
        ...
