"""Services that come, go and get other names."""

from __future__ import annotations

from cantata.core.model.templates import ServiceSpec, TemplateSpec
from cantata.core.upgrade import ServiceFate, ServiceUpgrade, compare_services


def test_services() -> None:
    spec = TemplateSpec(services={"web": ServiceSpec(renamed_from="frontend")})
    old = {"frontend": ("cache",), "cache": (), "orders": ("cache", "frontend"), "db": ()}
    found = compare_services(
        old, ["web", "orders", "search", "db"], spec, overridden=["frontend", "cache"], adjusted=["frontend"]
    )
    assert found == (
        ServiceUpgrade("web", ServiceFate.RENAMED, "frontend", overrides=True, adjusted=True),
        ServiceUpgrade("search", ServiceFate.NEW),
        ServiceUpgrade("cache", ServiceFate.REMOVED, overrides=True, dependants=("orders",)),
    )


def test_a_rename_of_what_is_still_there_is_none() -> None:
    spec = TemplateSpec(services={"web": ServiceSpec(renamed_from="frontend")})
    found = compare_services({"frontend": ()}, ["frontend", "web"], spec, overridden=(), adjusted=())
    assert found == (ServiceUpgrade("web", ServiceFate.NEW),)
