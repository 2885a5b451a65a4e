"""ConfigMaps and Secrets that only the past needs, and when nobody does any more."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from cantata.core.model.applications import ObjectRecord
from cantata.core.model.objects import ObjectKey
from cantata.core.plan.prune import MOUNTED, is_precious
from cantata.core.stamp.templates import POD_TEMPLATES

TEMPLATED = (*POD_TEMPLATES, ("apps", "ControllerRevision"))
"""Kinds that name ConfigMaps and Secrets for pods: those that run, may run again, or will run."""


def kept_back(inventory: Iterable[ObjectRecord], wanted: Collection[ObjectKey]) -> tuple[ObjectRecord, ...]:
    """What pruning left since something named it: applied, wanted by no service, and ours to delete."""
    return tuple(
        record
        for record in inventory
        if is_mounted(record.key)
        and record.uid
        and record.key not in wanted
        and not record.hook
        and not is_precious(record)
    )


def is_mounted(key: ObjectKey) -> bool:
    return (key.group, key.kind) in MOUNTED


class Waiting:
    """How long each object has been seen without anybody who names it. Its time begins anew when somebody
    does."""

    def __init__(self, grace: float) -> None:
        self._grace = grace
        self._since: dict[tuple[str, str], float] = {}

    def due(self, application_id: str, unnamed: Iterable[ObjectRecord], now: float) -> list[ObjectRecord]:
        """Those of `unnamed`, which are all of the application that are so now, whose time is up."""
        records = list(unnamed)
        since = {
            (application_id, record.uid): self._since.get((application_id, record.uid), now)
            for record in records
        }
        self.forget(application_id)
        self._since |= since
        return [record for record in records if now - since[application_id, record.uid] >= self._grace]

    def forget(self, application_id: str) -> None:
        self._since = {key: at for key, at in self._since.items() if key[0] != application_id}

    def only(self, application_ids: Collection[str]) -> None:
        """Forgets all other applications."""
        self._since = {key: at for key, at in self._since.items() if key[0] in application_ids}
