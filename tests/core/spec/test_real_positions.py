"""The render worker's own parser gives values and positions: the places must come out right with those."""

from __future__ import annotations

import msgspec
import pytest

from cantata.core.spec import TemplateSpecInvalid, parse_spec
from cantata.errors import Place
from cantata.render import RenderPool

TEXT = """\
layout: file
services:
  web:
    dependsOn:
      db: {condition: redy}
    delivery:
      - {as: env, prefx: A_}
  Api: {}
"""


async def test_places_of_the_worker_are_those_of_the_text() -> None:
    async with await RenderPool.start() as pool:
        (document,) = await pool.parse_yaml(TEXT, file="cantata.yaml")
    with pytest.raises(TemplateSpecInvalid) as caught:
        parse_spec(msgspec.json.decode(document.value), document.nodes)
    assert [detail.place for detail in caught.value.details] == [
        Place("cantata.yaml", 5, 23, "services.web.dependsOn.db.condition"),
        Place("cantata.yaml", 7, 9, "services.web.delivery.0.prefx"),
        Place("cantata.yaml", 8, 3, "services.Api"),
    ]


async def test_services_keep_the_order_of_the_text() -> None:
    async with await RenderPool.start() as pool:
        (document,) = await pool.parse_yaml("services: {web: {dependsOn: {b: ready, a: ready}}, db: , api: }")
    spec = parse_spec(msgspec.json.decode(document.value), document.nodes)
    assert list(spec.services) == ["web", "db", "api"]
    assert list(spec.services["web"].depends_on) == ["b", "a"]
