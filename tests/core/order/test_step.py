from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cantata.core.model.templates import Condition
from cantata.core.order.graph import build_graph
from cantata.core.order.step import Blocker, Milestone, Standing, removable, runnable

READY, STARTED, COMPLETED = Condition.READY, Condition.STARTED, Condition.COMPLETED
SHOP = build_graph(
    ["db", "migrate", "orders", "web", "cache"],
    {
        "migrate": {"db": READY},
        "orders": {"db": STARTED, "migrate": COMPLETED},
        "web": {"orders": READY},
    },
    jobs={"migrate"},
)


def at(milestone: Milestone, failure: str = "") -> Standing:
    return Standing(milestone, failure)


def test_at_first_only_what_depends_on_nothing_starts() -> None:
    step = runnable(SHOP, {})
    assert step.start == ("cache", "db")
    assert step.blocked["migrate"] == (Blocker("db", READY),)
    assert [str(blocker) for blocker in step.blocked["orders"]] == [
        "waits for db to be started",
        "waits for migrate to be completed",
    ]
    assert step.stuck == ()


@pytest.mark.parametrize(
    ("reached", "met"),
    [
        (Milestone.WAITING, []),
        (Milestone.STARTED, [STARTED]),
        (Milestone.READY, [STARTED, READY]),
        (Milestone.COMPLETED, [STARTED, READY, COMPLETED]),
    ],
)
@pytest.mark.parametrize("condition", list(Condition))
def test_a_condition_holds_from_its_milestone_on(
    reached: Milestone, met: list[Condition], condition: Condition
) -> None:
    graph = build_graph(["a", "b"], {"b": {"a": condition}}, jobs={"a"})
    assert ("b" in runnable(graph, {"a": at(reached)}).start) == (condition in met)


BEFORE = {
    STARTED: Milestone.WAITING,
    READY: Milestone.STARTED,
    COMPLETED: Milestone.READY,
}
"""How far a dependency may have come without that the condition holds."""


@pytest.mark.parametrize("condition", list(Condition))
def test_each_condition_waits_fails_heals_and_holds(condition: Condition) -> None:
    graph = build_graph(["a", "b"], {"b": {"a": condition}}, jobs={"a"})

    def told(standing: Standing) -> list[str]:
        return [str(blocker) for blocker in runnable(graph, {"a": standing}).blocked.get("b", ())]

    assert told(at(BEFORE[condition])) == [f"waits for a to be {condition}"]
    assert told(at(BEFORE[condition], "it broke")) == ["blocked by a: it broke"]
    held = Milestone(BEFORE[condition] + 1)
    assert runnable(graph, {"a": at(held)}).start == ("b",)
    assert runnable(graph, {"a": at(held, "it broke afterwards")}).start == ("b",), "what was reached holds"


def test_a_failed_dependency_blocks_with_its_cause_along_the_chain() -> None:
    standings = {
        "db": at(Milestone.STARTED, "pod db-0: image cannot be pulled"),
        "cache": at(Milestone.READY),
    }
    step = runnable(SHOP, standings)
    assert step.start == ()
    assert str(step.blocked["migrate"][0]) == "blocked by db: pod db-0: image cannot be pulled"
    assert str(step.blocked["web"][0]) == (
        "blocked by orders: blocked by migrate: blocked by db: pod db-0: image cannot be pulled"
    )
    assert step.stuck == ("migrate", "orders", "web")


def test_a_failure_that_heals_lets_the_others_go_on() -> None:
    broken = {"db": at(Milestone.STARTED, "crash loop")}
    assert "migrate" in runnable(SHOP, broken).blocked
    healed = {"db": at(Milestone.READY)}
    assert "migrate" in runnable(SHOP, healed).start


def test_started_holds_for_a_service_that_fails_afterwards() -> None:
    graph = build_graph(["a", "b"], {"b": {"a": STARTED}})
    assert runnable(graph, {"a": at(Milestone.STARTED, "crash loop")}).start == ("b",)


def test_a_service_that_failed_before_it_started_is_not_started_again() -> None:
    graph = build_graph(["a", "b"], {"b": {"a": STARTED}})
    step = runnable(graph, {"a": at(Milestone.WAITING, "admission refused it")})
    assert step.start == ()
    assert str(step.blocked["b"][0]) == "blocked by a: admission refused it"


def test_a_ready_dependency_outside_the_operation_costs_nothing() -> None:
    done = at(Milestone.COMPLETED)
    assert runnable(SHOP, {"db": at(Milestone.READY), "migrate": done}, {"orders"}).start == ("orders",)


def test_a_dependency_that_nobody_deploys_blocks() -> None:
    step = runnable(SHOP, {}, {"web"})
    assert step.start == ()
    assert str(step.blocked["web"][0]) == (
        "blocked by orders: it is not deployed, and not part of this operation"
    )


def test_deletion_waits_for_dependents_that_are_deleted_too() -> None:
    assert removable(SHOP, ()) == ("web", "cache")
    assert removable(SHOP, {"web", "cache"}) == ("orders",)
    assert removable(SHOP, {"web", "cache", "orders"}) == ("migrate",)
    assert removable(SHOP, (), {"db", "migrate"}) == ("migrate",)
    assert removable(SHOP, set(SHOP.order)) == ()


NAMES = "abcdefgh"
acyclic = st.dictionaries(
    st.sampled_from(NAMES), st.dictionaries(st.sampled_from(NAMES), st.sampled_from(Condition), max_size=3)
).map(lambda edges: {s: {d: c for d, c in found.items() if d < s} for s, found in edges.items()})


@settings(deadline=None)
@given(acyclic, st.data())
def test_stepping_until_done_starts_every_service_exactly_once(
    wanted: dict[str, dict[str, Condition]], data: st.DataObject
) -> None:
    graph = build_graph(NAMES, wanted, jobs=NAMES)
    standings: dict[str, Standing] = {}
    started: list[str] = []
    while len(started) < len(NAMES) or any(s.reached < Milestone.COMPLETED for s in standings.values()):
        step = runnable(graph, standings)
        for service in step.start:
            started.append(service)
            standings[service] = at(Milestone.STARTED)
        waiting = [name for name, standing in standings.items() if standing.reached < Milestone.COMPLETED]
        assert waiting or not step.blocked
        if waiting:
            service = data.draw(st.sampled_from(sorted(waiting)))
            standings[service] = at(Milestone(standings[service].reached + 1))
    assert sorted(started) == sorted(NAMES)
    assert runnable(graph, standings).start == ()
    for service, dependencies in wanted.items():
        assert all(started.index(dependency) < started.index(service) for dependency in dependencies)


@settings(deadline=None)
@given(acyclic, st.sets(st.sampled_from(NAMES)))
def test_removing_until_done_removes_every_service_once_after_its_dependents(
    wanted: dict[str, dict[str, Condition]], chosen: set[str]
) -> None:
    graph = build_graph(NAMES, wanted, jobs=NAMES)
    removed: list[str] = []
    while following := removable(graph, removed, chosen):
        removed += following
    assert sorted(removed) == sorted(chosen)
    for service in chosen:
        for dependency in chosen & graph.dependencies[service].keys():
            assert removed.index(service) < removed.index(dependency)
