from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantata.core.model.templates import Condition
from cantata.core.model.timing import CriticalPath, Mark, PathLink, Reached
from cantata.core.order.critical_path import MARKS, critical_path
from cantata.core.order.graph import DependencyGraph, assemble

READY, STARTED, COMPLETED = Condition.READY, Condition.STARTED, Condition.COMPLETED


def marks(service: str, **at: float) -> list[Reached]:
    return [Reached(service, Mark(mark), 1000 + seconds) for mark, seconds in at.items()]


def test_the_chain_is_told_with_what_each_wait_cost() -> None:
    graph = assemble({"db": {}, "cache": {}, "api": {"db": READY, "cache": READY}, "web": {"api": STARTED}})
    found = critical_path(
        graph,
        [
            *marks("db", begun=0, started=1, ready=41),
            *marks("cache", begun=0, started=1, ready=5),
            *marks("api", begun=41.2, started=42, ready=50),
            *marks("web", begun=42.1, started=43, ready=60),
        ],
    )
    assert found == CriticalPath(
        60.0,
        (
            PathLink("db", 0.0, 41.0),
            PathLink("api", 41.2, 42.0, "db", READY, 19.0),
            PathLink("web", 42.1, 60.0, "api", STARTED, 10.0),
        ),
    )


def test_a_job_ends_when_it_has_completed() -> None:
    graph = assemble({"migrate": {}, "web": {"migrate": COMPLETED}})
    found = critical_path(
        graph,
        [
            *marks("migrate", begun=0, started=1, ready=7, completed=7),
            *marks("web", begun=7, started=7.5, ready=9),
        ],
    )
    assert found is not None
    assert [(each.service, each.until, each.saved) for each in found.links] == [
        ("migrate", 7.0, 0.0),
        ("web", 9.0, 2.0),
    ]


@pytest.mark.parametrize(
    "reached",
    [
        [],
        marks("db", begun=0, started=1),
        marks("db", ready=1),
        marks("stranger", begun=0, ready=1),
    ],
)
def test_without_a_service_that_came_to_its_end_there_is_no_path(reached: list[Reached]) -> None:
    assert critical_path(assemble({"db": {}}), reached) is None


def test_what_was_there_already_is_waited_for_no_time() -> None:
    graph = assemble({"db": {}, "web": {"db": READY}})
    found = critical_path(graph, marks("web", begun=5, started=6, ready=9))
    assert found == CriticalPath(4.0, (PathLink("web", 0.0, 4.0),))


def test_marks_that_are_told_again_do_not_make_time_run_backwards() -> None:
    graph = assemble({"db": {}, "web": {"db": READY}})
    found = critical_path(
        graph,
        [*marks("db", begun=0, ready=9), *marks("web", begun=3, started=2, ready=5), *marks("web", begun=8)],
    )
    assert found is not None
    assert (found.seconds, found.links[-1].service) == (9.0, "db")


Took = tuple[float, float, float, float]
"""Seconds of delay before its begin, then to started, ready and completed."""
SECONDS = st.integers(0, 20).map(float)


@st.composite
def runs(draw: st.DrawFn) -> tuple[DependencyGraph, Mapping[str, Took]]:
    names = [f"s{number}" for number in range(draw(st.integers(1, 6)))]
    edges = {
        name: {
            other: draw(st.sampled_from([READY, STARTED, COMPLETED]))
            for other in names[:place]
            if draw(st.booleans())
        }
        for place, name in enumerate(names)
    }
    steps = {name: draw(st.tuples(SECONDS, SECONDS, SECONDS, SECONDS)) for name in names}
    first = min(steps[name][0] for name in names if not edges[name])
    took = {
        name: (delay if edges[name] else delay - first, started, started + ready, started + ready + completed)
        for name, (delay, started, ready, completed) in steps.items()
    }
    return assemble(edges), took


def after(took: Took, condition: Condition) -> float:
    return took[[STARTED, READY, COMPLETED].index(condition) + 1]


def play(graph: DependencyGraph, took: Mapping[str, Took]) -> list[Reached]:
    """What is marked when services take that long."""
    begun: dict[str, float] = {}
    for name in graph.order:
        waited = [begun[dep] + after(took[dep], cond) for dep, cond in graph.dependencies[name].items()]
        begun[name] = max(waited, default=0.0) + took[name][0]
    return [
        each
        for name, at in begun.items()
        for each in [
            Reached(name, Mark.BEGUN, 1000 + at),
            *(Reached(name, mark, 1000 + at + after(took[name], cond)) for cond, mark in MARKS.items()),
        ]
    ]


def longest(
    graph: DependencyGraph, took: Mapping[str, Took], without: tuple[str, str] | None = None
) -> float:
    """By every path that there is."""

    def paths(name: str, spent: float) -> Iterator[float]:
        at = spent + took[name][0]
        yield at + took[name][3]
        for dependent, condition in graph.dependents[name].items():
            if (dependent, name) != without:
                yield from paths(dependent, at + after(took[name], condition))

    return max(length for name in graph.order for length in paths(name, 0.0))


@given(runs())
def test_it_is_the_longest_of_all_paths_and_savings_are_true(
    run: tuple[DependencyGraph, Mapping[str, Took]],
) -> None:
    graph, took = run
    reached = play(graph, took)
    found = critical_path(graph, reached)
    assert found is not None
    assert found.seconds == pytest.approx(longest(graph, took))
    assert found.links[-1].until == found.seconds
    for link, following in zip(found.links, found.links[1:], strict=False):
        assert (following.waited_for, following.condition) == (
            link.service,
            graph.dependencies[following.service][link.service],
        )
        assert link.until <= following.begun
    assert not found.links[0].waited_for
    for link in found.links[1:]:
        without = longest(graph, took, (link.service, link.waited_for))
        assert link.saved == pytest.approx(longest(graph, took) - without)
