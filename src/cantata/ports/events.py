"""The port to the store: events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from cantata.core.model.events import Event, EventFilter, EventType, Subject

EVERYTHING = EventFilter()


class Told(msgspec.Struct, frozen=True):
    """An event that has no id yet."""

    subject: Subject
    type: EventType
    data: Mapping[str, object]


class Events(Protocol):
    """One stream per project. It outlives the applications that it tells of."""

    def append(self, subject: Subject, type_: EventType, data: Mapping[str, object]) -> Event:
        """The next id of the project."""
        ...

    def append_all(self, told: Sequence[Told]) -> None:
        """In this order, of any projects."""
        ...

    def since(
        self, project: str, id_: int, filter_: EventFilter = EVERYTHING, limit: int = 1000
    ) -> Sequence[Event]:
        """Those above `id_`, oldest first."""
        ...

    def last(self, project: str, filter_: EventFilter = EVERYTHING, limit: int = 100) -> Sequence[Event]:
        """The newest, oldest first."""
        ...

    def last_id(self, project: str) -> int:
        """The id that was given last; 0 before the first."""
        ...

    def first_id(self, project: str) -> int:
        """The lowest id that is kept; the next one to be given where none is."""
        ...

    def retain(self, *, before: str, most: int, limit: int) -> int:
        """Deletes events from before a time, and of each project all but the newest `most`; at most `limit`
        of a project. Gives how many went."""
        ...
