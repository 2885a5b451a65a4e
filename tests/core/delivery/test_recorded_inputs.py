"""What a plan compares byte for byte with what an earlier one recorded."""

from __future__ import annotations

import msgspec

from cantata.core.model.charts import Capabilities, Release, RenderInputs
from cantata.core.model.inputs import RecordedEntry, RecordedInputs
from cantata.core.model.templates import DeliverAs, Delivery

RENDER = RenderInputs(
    chart="sha256:0",
    release=Release(name="shop", namespace="dev"),
    capabilities=Capabilities(kube_version="v1.36.0"),
    values=msgspec.Raw(b"{}"),
)


def test_inputs_from_before_applications_had_deliveries_are_the_same_without_any() -> None:
    now = msgspec.json.encode(RecordedInputs(RENDER, (RecordedEntry("a", "1"),)))
    before = msgspec.json.encode(
        {
            "render": msgspec.json.decode(msgspec.json.encode(RENDER)),
            "entries": [{"key": "a", "text": "1", "secret": False}],
            "secrets": [],
        }
    )
    assert msgspec.json.decode(now) == msgspec.json.decode(before)
    assert b"deliveries" not in now
    assert msgspec.json.encode(msgspec.json.decode(before, type=RecordedInputs)) == now


def test_an_added_delivery_makes_other_inputs_and_is_read_back() -> None:
    inputs = RecordedInputs(RENDER, deliveries={"web": (Delivery(DeliverAs.ENV, prefix="A_"),)})
    text = msgspec.json.encode(inputs)
    assert msgspec.json.decode(text, type=RecordedInputs).deliveries == inputs.deliveries
    assert text != msgspec.json.encode(RecordedInputs(RENDER))
