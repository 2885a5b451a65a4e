"""Events of a project, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from cantata.client.noun import Noun
from cantata.contract.events import EventInfo
from cantata.contract.states import EventType


class Events(Noun):
    path = "events"

    def follow(
        self,
        *,
        application: str = "",
        types: Sequence[EventType] = (),
        since: int = 0,
        tail: int | None = None,
        onward: bool = True,
    ) -> AsyncIterator[EventInfo]:
        """Events with an id above `since`, or from the newest `tail` on; ends when the connection does, or
        unless `onward` with what is there."""
        query = {
            "application": application,
            "type": tuple(types),
            "tail": None if since else tail,
            "follow": None if onward else "false",
        }
        return self._connection.events(self._at(), EventInfo, since, query)
