from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cantata.core.model.templates import Condition
from cantata.core.order.errors import ConditionUnreachable, DependencyCycle, DependencyUnknown
from cantata.core.order.graph import DependencyGraph, build_graph, find_cycles, find_troubles
from cantata.errors import Place

READY, STARTED, COMPLETED = Condition.READY, Condition.STARTED, Condition.COMPLETED

SHOP = {
    "web": {"gateway": READY},
    "gateway": {"orders": STARTED, "catalog": READY},
    "orders": {"db": READY, "migrate": COMPLETED},
    "catalog": {"db": READY},
    "migrate": {"db": READY},
}
SERVICES = ("web", "gateway", "orders", "catalog", "migrate", "db", "cache")


def shop() -> DependencyGraph:
    return build_graph(SERVICES, SHOP, jobs={"migrate"})


def test_layers_are_the_distance_from_what_depends_on_nothing() -> None:
    assert shop().layers == (("cache", "db"), ("catalog", "migrate"), ("orders",), ("gateway",), ("web",))
    assert shop().order[-1] == "web"


def test_closures() -> None:
    graph = shop()
    assert graph.closure(["catalog"]) == ("db", "catalog")
    assert graph.closure(["orders"]) == ("db", "migrate", "orders")
    assert graph.closure([]) == ()
    assert graph.dependent_closure(["catalog", "cache"]) == ("cache", "catalog", "gateway", "web")
    with pytest.raises(DependencyUnknown, match="there is no service nowhere"):
        graph.closure(["nowhere"])


def test_deletion_goes_the_other_way_round() -> None:
    assert shop().reversed().layers == (
        ("cache", "web"),
        ("gateway",),
        ("catalog", "orders"),
        ("migrate",),
        ("db",),
    )


def test_a_dependency_that_does_not_exist() -> None:
    place = Place("cantata.yaml", 12, key="services.web.dependsOn.gatway")
    with pytest.raises(DependencyUnknown) as caught:
        build_graph(["web", "gateway"], {"web": {"gatway": READY}}, places={("web", "gatway"): place})
    assert caught.value.message == "service web depends on gatway, which is no service"
    assert caught.value.hint == "The services are: gateway, web."
    assert caught.value.place == place


def test_dependencies_of_a_service_that_does_not_exist() -> None:
    with pytest.raises(DependencyUnknown, match="declared for wep, which is no service"):
        build_graph(["web"], {"wep": {"web": READY}})


def test_waiting_for_something_without_a_job_to_be_completed() -> None:
    with pytest.raises(ConditionUnreachable) as caught:
        build_graph(["web", "db"], {"web": {"db": COMPLETED}})
    assert caught.value.message == "service web waits for db to be completed, but db has no Job"


def test_a_cycle_is_named_in_order() -> None:
    edges = {"a": {"c": READY}, "c": {"b": READY}, "b": {"a": READY}, "d": {"a": READY}}
    with pytest.raises(DependencyCycle) as caught:
        build_graph("abcd", edges)
    assert caught.value.cycle == ("a", "c", "b")
    assert caught.value.message == "services depend on each other: a → c → b → a"
    assert caught.value.code == "DependencyCycle"


def test_a_service_that_depends_on_itself() -> None:
    place = Place("cantata.yaml", 3)
    with pytest.raises(DependencyCycle) as caught:
        build_graph(["a"], {"a": {"a": READY}}, places={("a", "a"): place})
    assert caught.value.cycle == ("a",)
    assert caught.value.place == place


def test_every_trouble_is_found() -> None:
    edges = {"a": {"b": READY}, "b": {"a": READY}, "c": {"x": READY, "d": COMPLETED}, "y": {}}
    found = [type(trouble) for trouble in find_troubles("abcd", edges)]
    assert found == [DependencyUnknown, ConditionUnreachable, DependencyUnknown, DependencyCycle]


def test_what_leads_into_a_cycle_may_be_in_another_one() -> None:
    edges = {"a": {"b": READY, "x": READY}, "b": {"c": READY}, "c": {"b": READY}, "x": {"a": READY}}
    assert list(find_cycles(edges)) == [("b", "c"), ("a", "x")]


def test_a_chain_longer_than_the_stack() -> None:
    names = [f"s{number:05}" for number in range(5_000)]
    graph = build_graph(names, {later: {one: READY} for one, later in pairwise(names)})
    assert graph.order == tuple(names)
    assert graph.closure([names[-1]]) == tuple(names)


NAMES = "abcdefgh"
edges = st.dictionaries(
    st.sampled_from(NAMES),
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from([READY, STARTED]), max_size=3),
)
acyclic = edges.map(
    lambda found: {
        service: {dependency: condition for dependency, condition in wanted.items() if dependency < service}
        for service, wanted in found.items()
    }
)


@settings(deadline=None)
@given(acyclic)
def test_the_order_respects_every_edge(wanted: dict[str, dict[str, Condition]]) -> None:
    graph = build_graph(NAMES, wanted)
    spot = {service: number for number, service in enumerate(graph.order)}
    layer = {service: number for number, layer in enumerate(graph.layers) for service in layer}
    assert sorted(graph.order) == sorted(NAMES)
    for service, dependencies in wanted.items():
        for dependency in dependencies:
            assert spot[dependency] < spot[service]
            assert layer[dependency] < layer[service]


@settings(deadline=None)
@given(acyclic)
def test_reversing_gives_the_reverse_relation(wanted: dict[str, dict[str, Condition]]) -> None:
    graph = build_graph(NAMES, wanted)
    back = graph.reversed()
    forward = {(s, d, c) for s, found in graph.dependencies.items() for d, c in found.items()}
    assert {(d, s, c) for s, found in back.dependencies.items() for d, c in found.items()} == forward
    assert back.reversed() == graph
    for service in NAMES:
        assert set(back.closure([service])) == set(graph.dependent_closure([service]))


@settings(deadline=None)
@given(acyclic, st.sets(st.sampled_from(NAMES)))
def test_a_closure_needs_nothing_outside_itself(
    wanted: dict[str, dict[str, Condition]], chosen: set[str]
) -> None:
    graph = build_graph(NAMES, wanted)
    closure = graph.closure(chosen)
    assert chosen <= set(closure)
    assert all(set(graph.dependencies[service]) <= set(closure) for service in closure)
    assert graph.closure(closure) == closure


@settings(deadline=None)
@given(edges)
def test_a_cycle_is_reported_exactly_when_there_is_one(wanted: dict[str, dict[str, Condition]]) -> None:
    cycles = [trouble for trouble in find_troubles(NAMES, wanted) if isinstance(trouble, DependencyCycle)]
    for trouble in cycles:
        for service, following in zip(trouble.cycle, (*trouble.cycle[1:], trouble.cycle[0]), strict=True):
            assert following in wanted[service]
    # Taking away services that depend on nothing left empties a graph exactly when it has no cycle.
    left = {service: set(wanted.get(service, {})) for service in NAMES}
    while free := [service for service, found in left.items() if not found & left.keys()]:
        for service in free:
            del left[service]
    assert bool(cycles) == bool(left)
    named = [service for trouble in cycles for service in trouble.cycle]
    assert len(named) == len(set(named)), "cycles share no service"
    for service in named:
        del wanted[service]
    kept = {service: [other for other in found if other not in named] for service, found in wanted.items()}
    assert not list(find_cycles({name: kept.get(name, []) for name in NAMES})), "no other cycle is left"
