"""Files to services, and the variables of each; what is odd about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from cantata.core.model.charts import Hook, RenderedObject, YamlDocument
from cantata.core.model.templates import Layout, ServiceSpec, TemplateSpec
from cantata.core.model.variables import (
    ChartVariables,
    Read,
    ReadHow,
    Spot,
    TemplateReads,
    Unknown,
    Variable,
)
from cantata.core.services import split
from cantata.core.values import Layer, LayerKind, effective
from cantata.core.variables import APPLICATION, check_variables, files_of, owners, used_by

Compose = Callable[[str], YamlDocument]
VALUE, PRESENCE = ReadHow.VALUE, ReadHow.PRESENCE


def _read(key: str, how: ReadHow = VALUE, file: str = "shop/templates/a.yaml", **more: Any) -> Read:
    return Read(tuple(key.split(".")) if key else (), how, (Spot(file, 3),), **more)


def _variable(key: str, default: Any = 1, file: str = "shop/values.yaml", **more: Any) -> Variable:
    return Variable(tuple(key.split(".")), default, file=file, line=2, **more)


def _chart(
    reads: dict[str, list[Read]], *values: Variable, unknown: tuple[Unknown, ...] = ()
) -> ChartVariables:
    templates = tuple(TemplateReads(path, tuple(found), unknown) for path, found in reads.items())
    return ChartVariables("sha256:0", templates, values)


def _object(file: str, kind: str, name: str, hook: str = "") -> RenderedObject:
    api = "apps/v1" if kind == "Deployment" else "v1"
    manifest = {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": "n"}}
    return RenderedObject(f"shop/templates/{file}", 0, manifest, Hook((hook,)) if hook else None)


FILES = ["web.yaml", "orders/main.yaml", "orders/off.yaml", "off.yaml", "hook.yaml", "NOTES.txt", "two.yaml"]
OBJECTS = [
    _object("web.yaml", "Deployment", "web"),
    _object("orders/main.yaml", "Deployment", "orders"),
    _object("hook.yaml", "Pod", "check", "pre-install"),
    _object("two.yaml", "Deployment", "one"),
    _object("two.yaml", "Deployment", "two"),
]


def _owners(spec: TemplateSpec) -> dict[str, tuple[str, ...]]:
    variables = _chart({f"shop/templates/{file}": [] for file in FILES})
    parts = split(OBJECTS, spec, chart="shop", release="r", namespace="n", frozen={})
    found = owners(variables, parts, spec)
    return {path.removeprefix("shop/templates/"): services for path, services in found.items()}


def test_files_belong_to_the_services_of_their_objects() -> None:
    assert _owners(TemplateSpec()) == {
        "web.yaml": ("web",),
        "orders/main.yaml": ("orders",),
        "orders/off.yaml": (APPLICATION,),
        "off.yaml": (APPLICATION,),
        "hook.yaml": (APPLICATION,),
        "NOTES.txt": (APPLICATION,),
        "two.yaml": ("one", "two"),
    }


def test_a_file_that_renders_nothing_belongs_to_the_service_that_its_path_says() -> None:
    by_layout = _owners(TemplateSpec(layout=Layout.FILE))
    assert (by_layout["orders/off.yaml"], by_layout["off.yaml"]) == (("orders",), ("off",))
    assert by_layout["hook.yaml"] == by_layout["NOTES.txt"] == (APPLICATION,)
    by_files = _owners(TemplateSpec(services={"web": ServiceSpec(files=("off.yaml",))}))
    assert by_files["off.yaml"] == ("web",)
    assert files_of(by_files, "web") == {"web.yaml", "off.yaml"}


def test_uses_of_a_service_with_what_they_are_now(compose: Compose) -> None:
    variables = _chart(
        {
            "a": [
                _read("web.port", default=80),
                _read("web", PRESENCE),
                _read("map"),
                _read("free", required=True),
            ],
            "b": [_read("other"), _read("web.port", file="shop/templates/b.yaml")],
        },
        _variable("web.port", description="The port"),
        _variable("map.x"),
        _variable("other"),
    )
    layers = [
        Layer(LayerKind.CHART, "chart", compose("web: {port: 1}\nmap: {x: 1}\nother: 1")),
        Layer(LayerKind.CONFIG, "config", compose("web: {port: 2}\nmap: {y: !secret hidden}\n")),
    ]
    uses, unknown = used_by(variables, ["a"], effective(layers).leaves)
    assert unknown == ()
    shown = {use.key: (use.how, use.leaf.masked().value if use.leaf else None) for use in uses}
    assert shown == {
        "free": (VALUE, None),
        "map": (VALUE, None),
        "map.x": (VALUE, 1),
        "map.y": (VALUE, "****"),
        "web": (PRESENCE, None),
        "web.port": (VALUE, 2),
    }
    assert [use.key for use in uses if not use.defined] == ["free", "map.y"]
    port = next(use for use in uses if use.key == "web.port")
    assert (port.fallback, port.variable and port.variable.description) == (80, "The port")
    assert next(use for use in uses if use.key == "free").required


def test_the_places_of_all_files_come_together_and_what_is_unknown_is_told() -> None:
    lost = Unknown("shop/templates/a.yaml", 4, ("x",), "the key is computed")
    variables = _chart({"a": [_read("x")], "b": [_read("x", file="shop/templates/b.yaml")]}, unknown=(lost,))
    uses, unknown = used_by(variables, ["a", "b"])
    assert [spot.file for spot in uses[0].places] == ["shop/templates/a.yaml", "shop/templates/b.yaml"]
    assert unknown == (lost,)


def test_all_values_are_all_that_the_chart_defines() -> None:
    variables = _chart({"a": [_read("")]}, _variable("x"), _variable("y.z"))
    assert [use.key for use in used_by(variables, ["a"])[0]] == ["", "x", "y.z"]


PLAIN = TemplateSpec()


def _findings(variables: ChartVariables, spec: TemplateSpec = PLAIN) -> list[tuple[str, str, str]]:
    return [(each.rule, each.key, each.suggestion) for each in check_variables(variables, spec, "shop")]


def test_values_that_nobody_reads_are_noticed() -> None:
    variables = _chart(
        {"a": [_read("used"), _read("whole"), _read("checked", PRESENCE), _read("parent.in.list")]},
        *map(_variable, ["used", "whole.part", "checked", "parent", "unread", "checked.part"]),
        _variable("db.size", file="shop/charts/db/values.yaml"),
        msgspec.structs.replace(_variable("documented"), default=msgspec.UNSET),
    )
    remove = "Remove it, or correct its name."
    assert _findings(variables) == [
        ("value-unread", "unread", remove),
        ("value-unread", "checked.part", remove),
    ]
    delivering = TemplateSpec(services={"web": msgspec.convert({"delivery": [{"as": "env"}]}, ServiceSpec)})
    assert _findings(variables, delivering) == []


def test_reads_of_what_nobody_defines_are_noticed() -> None:
    reads = [
        _read("imgae.tag"),
        _read("nowhere"),
        _read("with.default", default="x"),
        _read("optional", PRESENCE),
        _read("needed", PRESENCE, required=True),
        _read("list.item"),
        _read("foreign", file="shop/charts/db/templates/a.yaml"),
        _read(""),
    ]
    variables = _chart({"a": reads}, _variable("image.tag"), _variable("list", [1]))
    define = "Define it in values.yaml, with a comment."
    assert _findings(variables)[:3] == [
        ("value-undefined", "imgae.tag", "Did you mean image.tag?"),
        ("value-undefined", "nowhere", define),
        ("value-undefined", "needed", define),
    ]
    assert len(_findings(variables)) == 3
