"""The part of the store's port that keeps drift."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cantata.core.model.drift import Drift as Known
from cantata.core.model.drift import Watched


class Drift(Protocol):
    def find(self, application_id: str) -> Known:
        """An empty one where nothing is known."""
        ...

    def set(self, application_id: str, drift: Known) -> None: ...

    def watched(self) -> Sequence[Watched]:
        """Applications of all projects that have a revision and are not being deleted."""
        ...
