"""The part of the port to the store that holds values that proved bad."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from cantata.core.model.holds import Hold
from cantata.ports.pages import Page


class Holds(Protocol):
    def add(self, holds: Iterable[Hold]) -> None:
        """`id` and `created_at` are given by the store. One that is there already stays."""
        ...

    def list(self, application_id: str) -> Sequence[Hold]:
        """By service and path."""
        ...

    def list_all(self, project: str, *, page: Page = Page()) -> Sequence[Hold]:
        """Of all applications of the project, newest first."""
        ...

    def remove(self, ids: Iterable[str]) -> None: ...
