from __future__ import annotations

from collections.abc import Callable

import pytest

from cantata.core.model.charts import Numbers
from cantata.core.model.templates import (
    Condition,
    ConfigName,
    DeliverAs,
    Delivery,
    Dependency,
    Layout,
    ServiceSpec,
    TemplateSpec,
    UpdateMode,
)
from cantata.core.spec import TemplateSpecInvalid, parse_spec
from cantata.errors import Place

Parse = Callable[[str], TemplateSpec]

FULL = """\
layout: file
numbers: exact
config: { name: shop-config }
services:
  web:
    files: ["web.yaml", "web-*.yaml"]
    renamedFrom: frontend
    dependsOn: { gateway: { condition: ready }, migrate: { condition: completed } }
    delivery:
      - { as: env, prefix: APP_ }
      - { as: file, mountPath: /etc/shop/nginx.conf, key: "nginx.conf" }
"""


def test_the_example_of_the_design_is_read(parse: Parse) -> None:
    spec = parse(FULL)
    assert spec.layout is Layout.FILE
    assert spec.numbers is Numbers.EXACT
    assert spec.config == ConfigName("shop-config")
    assert spec.services == {
        "web": ServiceSpec(
            files=("web.yaml", "web-*.yaml"),
            renamed_from="frontend",
            depends_on={"gateway": Dependency(), "migrate": Dependency(Condition.COMPLETED)},
            delivery=(
                Delivery(DeliverAs.ENV, prefix="APP_"),
                Delivery(DeliverAs.FILE, mount_path="/etc/shop/nginx.conf", key="nginx.conf"),
            ),
        )
    }
    assert spec.lines["services.web.dependsOn"] == 8
    assert spec.lines["services.web.dependsOn.migrate"] == 8


@pytest.mark.parametrize("value", [None, {}])
def test_an_empty_file_has_the_defaults(value: object) -> None:
    assert parse_spec(value) == TemplateSpec()


@pytest.mark.parametrize(
    "text",
    [
        "{gateway: {condition: ready}, migrate: {condition: completed}}",
        "{gateway: ready, migrate: completed}",
        "{gateway: , migrate: completed}",
        "{gateway: {}, migrate: completed}",
        '[gateway, "migrate:completed"]',
        '[gateway, "migrate: completed"]',
    ],
)
def test_every_form_of_depends_on(parse: Parse, text: str) -> None:
    service = parse(f"services: {{web: {{dependsOn: {text}}}}}").services["web"]
    assert service.depends_on == {"gateway": Dependency(), "migrate": Dependency(Condition.COMPLETED)}


def test_short_forms(parse: Parse) -> None:
    spec = parse(
        """
        config: shop-config
        services:
          db:
          web: { dependsOn: db, files: templates/web.yaml, delivery: { as: env, keys: db, update: rollout } }
        """
    )
    assert spec.config == ConfigName("shop-config")
    assert spec.services["db"] == ServiceSpec()
    assert spec.services["web"] == ServiceSpec(
        files=("web.yaml",),
        depends_on={"db": Dependency()},
        delivery=(Delivery(DeliverAs.ENV, keys=("db",), update=UpdateMode.ROLLOUT),),
    )


WRONG = [
    (
        "layout: files",
        Place("cantata.yaml", 1, 9, "layout"),
        "did you mean `file`? (allowed: analysis, file)",
    ),
    ("layouts: file", Place("cantata.yaml", 1, 1, "layouts"), "did you mean `layout`?"),
    ("[a]", Place("cantata.yaml", 1, 1), "must be a map, not a list"),
    ("numbers: 1", Place("cantata.yaml", 1, 10, "numbers"), "allowed: exact, helm"),
    ("config: {}", Place("cantata.yaml", 1, 1, "config"), "needs a `name`"),
    ('config: ""', Place("cantata.yaml", 1, 9, "config"), "is not a name for a ConfigMap"),
    ("config: Shop_Config", Place("cantata.yaml", 1, 9, "config"), "is not a name for a ConfigMap"),
    ("config: 5", Place("cantata.yaml", 1, 9, "config"), "text, so put it in quotes, not 5"),
    ("services: [web]", Place("cantata.yaml", 1, 11, "services"), "must be a map"),
    ("services:\n  Web: {}", Place("cantata.yaml", 2, 3, "services.Web"), "is not a name for a service"),
    (
        "services:\n  web:\n    dependOn: {}",
        Place("cantata.yaml", 3, 5, "services.web.dependOn"),
        "did you mean `dependsOn`?",
    ),
    (
        "services:\n  web:\n    dependsOn: {db: service_healthy}",
        Place("cantata.yaml", 3, 21, "services.web.dependsOn.db"),
        "say `ready`",
    ),
    (
        "services:\n  web:\n    dependsOn:\n      db: {condition: redy}",
        Place("cantata.yaml", 4, 23, "services.web.dependsOn.db.condition"),
        "did you mean `ready`?",
    ),
    (
        "services:\n  web:\n    dependsOn: [web]",
        Place("cantata.yaml", 3, 17, "services.web.dependsOn.0"),
        "cannot depend on itself",
    ),
    (
        "services:\n  web:\n    dependsOn: [db, db]",
        Place("cantata.yaml", 3, 21, "services.web.dependsOn.1"),
        "given twice",
    ),
    (
        "services:\n  web:\n    dependsOn: {db: [ready]}",
        Place("cantata.yaml", 3, 21, "services.web.dependsOn.db"),
        "not a list",
    ),
    (
        "services:\n  web:\n    files: [../x.yaml]",
        Place("cantata.yaml", 3, 13, "services.web.files.0"),
        "relative to templates/",
    ),
    (
        "services:\n  web: {renamedFrom: db}\n  db: {}",
        Place("cantata.yaml", 2, 8, "services.web.renamedFrom"),
        "which is still a service here",
    ),
    (
        "services:\n  web: {renamedFrom: [web, db]}",
        Place("cantata.yaml", 2, 8, "services.web.renamedFrom"),
        "which is still a service here",
    ),
    (
        "services:\n  a: {renamedFrom: [y, x]}\n  b: {renamedFrom: x}",
        Place("cantata.yaml", 3, 6, "services.b.renamedFrom"),
        "`x` cannot become both `a` and `b`",
    ),
    (
        "services:\n  a: {renamedFrom: x}\n  b: {renamedFrom: x}",
        Place("cantata.yaml", 3, 6, "services.b.renamedFrom"),
        "`x` cannot become both `a` and `b`",
    ),
]


def test_a_service_may_have_had_several_names(parse: Parse) -> None:
    spec = parse("services:\n  web: {renamedFrom: [front, ui, web]}\n  db: {renamedFrom: data}\n")
    assert spec.services["web"].former_names == ("front", "ui", "web")
    assert spec.services["db"].former_names == ("data",)


@pytest.mark.parametrize(("text", "place", "trouble"), WRONG)
def test_what_is_wrong_is_named_with_its_place(parse: Parse, text: str, place: Place, trouble: str) -> None:
    with pytest.raises(TemplateSpecInvalid) as caught:
        parse(text)
    assert trouble in caught.value.message
    assert caught.value.place == place
    assert caught.value.subject == "cantata.yaml"


def test_a_key_given_twice_is_found_in_the_positions(parse: Parse) -> None:
    with pytest.raises(TemplateSpecInvalid, match="`web` is given twice") as caught:
        parse("services:\n  web: {}\n  web: {}\n")
    assert caught.value.place.line == 3


def test_all_troubles_are_told_at_once_in_the_order_of_the_text(parse: Parse) -> None:
    with pytest.raises(TemplateSpecInvalid) as caught:
        parse("services:\n  web: {file: [x]}\nlayout: folder\n")
    assert [detail.place.line for detail in caught.value.details] == [2, 3]
    assert caught.value.message.endswith("(and 1 more)")


def test_without_positions_the_key_still_is_told() -> None:
    with pytest.raises(TemplateSpecInvalid) as caught:
        parse_spec({"services": {"web": {"files": 3}}}, file="other.yaml")
    assert caught.value.place == Place("other.yaml", key="services.web.files")
