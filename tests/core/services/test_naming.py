"""Names of workloads that choose the same."""

from __future__ import annotations

from typing import Any

from cantata.core.model.charts import RenderedObject
from cantata.core.model.objects import ObjectKey
from cantata.core.services.naming import COMPONENT, is_name, name_workloads


def names_of(*workloads: tuple[str, str]) -> list[str]:
    """The services of workloads, each given by its name and its component."""
    found: dict[ObjectKey, RenderedObject] = {}
    for name, component in workloads:
        metadata: dict[str, Any] = {"name": name, "labels": {COMPONENT: component}}
        manifest = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata}
        found[ObjectKey.of(manifest)] = RenderedObject("shop/templates/a.yaml", 0, manifest)
    names = name_workloads(found, (), release="rel", chart="shop")
    return [names[key] for key in found]


def test_a_clash_may_push_others_along() -> None:
    """`a` and `b` leave `one` for their own names, and so `c` has to leave `b`."""
    assert names_of(("a", "one"), ("b", "one"), ("c", "b"), ("d", "d")) == ["a", "b-deployment", "c", "d"]


def test_who_is_called_as_the_chart_is_needs_no_component() -> None:
    assert names_of(("rel-shop", "metrics"), ("rel-shop-api", "api"), ("rel-db", "primary")) == [
        *("shop", "api", "primary")
    ]
    assert names_of(("rel", "server")) == ["shop"]


def test_many_workloads_that_push_each_other_along() -> None:
    count = 5_000
    names = names_of(("first", "w0"), *((f"w{number + 1}", f"w{number}") for number in range(count)))
    assert len(set(names)) == count + 1


def test_thousands_of_equal_names_are_numbered_and_stay_names() -> None:
    count = 2_000
    names = names_of(*((f"{'x' * 60}{number}", "") for number in range(count)))
    assert len(set(names)) == count
    assert all(map(is_name, names))
