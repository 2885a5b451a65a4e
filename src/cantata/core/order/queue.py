"""Whose turn it is: which of the waiting operations of a cluster start, and in which order.

One operation per application at a time, in the order of the requests; projects take turns, so that one with a
hundred deploys does not hold up another with one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec


class Candidate(msgspec.Struct, frozen=True):
    """An operation that waits. Ids of operations sort by the time of their request. `begun` is one that a
    server was at which is gone."""

    operation: str
    application: str
    project: str
    begun: bool = False


def line_up(waiting: Iterable[Candidate], served: Sequence[str] = ()) -> tuple[Candidate, ...]:
    """All of them in the order in which they start when nothing changes. `served` are the projects that had a
    turn, the last one at the end."""
    left = sorted(waiting, key=lambda each: (not each.begun, each.operation))
    begun = [each for each in left if each.begun]
    by_project: dict[str, list[Candidate]] = {}
    for each in left[len(begun) :]:
        by_project.setdefault(each.project, []).append(each)
    turns = {project: number for number, project in enumerate(served, start=1)}
    line = list(begun)
    while by_project:
        project = min(by_project, key=lambda name: (turns.get(name, 0), by_project[name][0].operation))
        line.append(by_project[project].pop(0))
        turns[project] = len(served) + len(line)
        if not by_project[project]:
            del by_project[project]
    return tuple(line)


def admit(
    waiting: Iterable[Candidate], busy: Collection[str], slots: int, served: Sequence[str] = ()
) -> tuple[Candidate, ...]:
    """Those that start now: at most `slots`, none of an application in `busy`, and of each application the
    first one only."""
    first: dict[str, Candidate] = {}
    for each in sorted(waiting, key=lambda each: (not each.begun, each.operation)):
        if each.application not in busy:
            first.setdefault(each.application, each)
    return line_up(first.values(), served)[: max(0, slots)]


def positions(waiting: Iterable[Candidate], served: Sequence[str] = ()) -> Mapping[str, int]:
    """By operation, from 1: how many start before it, and itself."""
    return {each.operation: number for number, each in enumerate(line_up(waiting, served), start=1)}
