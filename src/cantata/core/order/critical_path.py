"""Which services decided how long an operation took, and what each wait between them cost.

What a service needed from its begin to being started, ready or completed is taken as its own, and so is the
time between the last of what it waited for and its begin. Without an edge, everything behind it is begun
earlier, and takes as long as it took.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cantata.core.model.templates import Condition
from cantata.core.model.timing import CriticalPath, Mark, PathLink, Reached
from cantata.core.order.graph import DependencyGraph

MARKS: Mapping[Condition, Mark] = {
    Condition.STARTED: Mark.STARTED,
    Condition.READY: Mark.READY,
    Condition.COMPLETED: Mark.COMPLETED,
}
"""What a dependency has to have reached."""

Edge = tuple[str, str]
"""(service, what it waits for)."""


def critical_path(graph: DependencyGraph, reached: Iterable[Reached]) -> CriticalPath | None:
    """None when no service was begun and came to its end. Services that were there already, and those that
    never began, take no part."""
    run = _Run.of(graph, reached)
    ends = run.schedule()
    if not ends:
        return None
    seconds = max(ends.values())
    last = max(ends, key=lambda service: (ends[service], service))
    return CriticalPath(_round(seconds), tuple(run.links(last, seconds)))


@dataclass(frozen=True, slots=True)
class _Run:
    """`times` are seconds since the first service began, by service and mark."""

    graph: DependencyGraph
    times: Mapping[str, Mapping[Mark, float]]

    @classmethod
    def of(cls, graph: DependencyGraph, reached: Iterable[Reached]) -> _Run:
        found: dict[str, dict[Mark, float]] = {}
        for each in sorted(reached, key=lambda each: each.at, reverse=True):
            if each.service in graph.dependencies:
                found.setdefault(each.service, {})[each.mark] = each.at
        begun = {name: marks for name, marks in found.items() if Mark.BEGUN in marks}
        start = min((marks[Mark.BEGUN] for marks in begun.values()), default=0.0)
        return cls(
            graph,
            {
                # A clock that was set back in between must not make time run backwards.
                name: {mark: max(at, marks[Mark.BEGUN]) - start for mark, at in marks.items()}
                for name, marks in begun.items()
            },
        )

    def waits(self, service: str) -> dict[str, float]:
        """Until when it waited for each of what it depends on that took part. What is marked later than its
        own begin was marked anew by a server that took the operation up."""
        begun = self.times[service][Mark.BEGUN]
        return {
            name: min(self.times[name][MARKS[condition]], begun)
            for name, condition in self.graph.dependencies[service].items()
            if MARKS[condition] in self.times.get(name, {})
        }

    def end(self, service: str) -> float | None:
        """When it was through: a Job when it had completed."""
        marks = self.times[service]
        return marks.get(Mark.COMPLETED, marks.get(Mark.READY))

    def schedule(self, without: Edge | None = None) -> dict[str, float]:
        """When each service would have been through, but for one edge; those that came to no end are left
        out."""
        earlier: dict[str, float] = {}
        ends: dict[str, float] = {}
        for service in self.graph.order:
            if service not in self.times:
                continue
            begun, waits = self.times[service][Mark.BEGUN], self.waits(service)
            delay = max(0.0, begun - max(waits.values(), default=0.0))
            waited = (at - earlier[name] for name, at in waits.items() if (service, name) != without)
            earlier[service] = begun - max(waited, default=0.0) - delay
            end = self.end(service)
            if end is not None:
                ends[service] = end - earlier[service]
        return ends

    def links(self, last: str, seconds: float) -> list[PathLink]:
        """Backwards from the service that ended last, always to the one that was waited for longest."""
        links: list[PathLink] = []
        service: str | None = last
        until = self.end(last) or 0.0
        while service is not None:
            waits = self.waits(service)
            before = max(waits, key=lambda name: (waits[name], name), default=None)
            saved = seconds - max(self.schedule((service, before)).values()) if before is not None else 0.0
            links.append(
                PathLink(
                    service,
                    _round(self.times[service][Mark.BEGUN]),
                    _round(until),
                    before or "",
                    self.graph.dependencies[service][before] if before is not None else None,
                    _round(max(0.0, saved)),
                )
            )
            until = waits[before] if before is not None else 0.0
            service = before
        return list(reversed(links))


def _round(seconds: float) -> float:
    return round(seconds, 3)
