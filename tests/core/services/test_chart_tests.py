"""Which test hooks belong to which service."""

from __future__ import annotations

from typing import Any

import pytest

from cantata.core.model.applications import ServiceVersion
from cantata.core.model.charts import Hook, RenderedObject
from cantata.core.services.chart_tests import select_tests


def hook(path: str, event: str = "test", index: int = 0, **annotations: str) -> RenderedObject:
    said = {"cantata.dev/service": annotations["service"]} if annotations else {}
    metadata: dict[str, Any] = {"name": path, "annotations": said}
    return RenderedObject(path, index, {"kind": "Pod", "metadata": metadata}, Hook((event,)))


WEB = ServiceVersion("web", 1, (), "", "", "", "", 1, files=("shop/templates/web.yaml",))
HOOKS = (
    hook("shop/templates/web.yaml"),
    hook("shop/templates/tests/web.yaml", service="web"),
    hook("shop/templates/web/check.yaml", "test-success"),
    hook("shop/templates/tests/all.yaml"),
    hook("shop/templates/web.yaml", index=1, service="api"),
    hook("shop/templates/web.yaml", "pre-install"),
    RenderedObject("shop/templates/web.yaml", 0, {"kind": "Pod"}, None),
)


@pytest.mark.parametrize(
    ("services", "places"),
    [
        ((), [0, 1, 2, 3, 4]),
        (("web",), [0, 1, 2]),
        (("api",), [4]),
        (("web", "api"), [0, 1, 2, 4]),
        (("x",), []),
    ],
)
def test_tests_are_chosen(services: tuple[str, ...], places: list[int]) -> None:
    chosen = select_tests(HOOKS, {"web": WEB}, services)
    assert [each.manifest for each in chosen] == [HOOKS[place].manifest for place in places]
    assert all(each.hook and each.hook.events == ("test",) for each in chosen)


def test_what_is_delivered_to_a_test_comes_with_it() -> None:
    config = hook("shop/templates/tests/web.yaml")
    assert select_tests((config, HOOKS[1]), {}, ("web",)) == (config, HOOKS[1])
