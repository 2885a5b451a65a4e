"""From the body of a call to keys and their values."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from cantata.core.model.triggers import KeyRule, Trigger, TriggerKind
from cantata.core.triggers.errors import TriggerPayloadInvalid
from cantata.core.triggers.images import Image, concerns, read_image
from cantata.core.triggers.kinds import find_images
from cantata.core.triggers.paths import compile_path
from cantata.core.triggers.patterns import compile_pattern
from cantata.core.triggers.values import Scalar, scalar_text
from cantata.errors import Place

MAX_VALUE = 4096
"""Characters of one value."""
MAX_CAUSE = 200


@dataclass(frozen=True, slots=True)
class Mapped:
    """`values` by key; `cause` says what the payload told, without values of generic ones."""

    values: dict[str, Scalar]
    cause: str


def read_payload(body: bytes) -> Any:
    """JSON, numbers with a point as they are written. Raises `TriggerPayloadInvalid`."""
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ArithmeticError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise TriggerPayloadInvalid(
            f"the body of the call is no JSON: {why}",
            subject="body",
            hint="Send JSON; a forge must be told so where its webhook is set up.",
        ) from error


_decoder = msgspec.json.Decoder(float_hook=Decimal)


def map_payload(trigger: Trigger, payload: Any) -> Mapped:
    """Empty when the payload is about nothing that a rule is for. Raises `TriggerPayloadInvalid`."""
    if trigger.kind is TriggerKind.GENERIC:
        return _map_keys(trigger, payload)
    images = [image for found in find_images(trigger.kind, payload) if (image := read_image(found))]
    return _map_images(trigger, images)


def _map_keys(trigger: Trigger, payload: Any) -> Mapped:
    values: dict[str, Scalar] = {}
    paths = []
    for rule in trigger.keys:
        value = _value_of(rule, compile_path(rule.path)(payload))
        if value is not None:
            values[rule.key] = value
            paths.append(rule.path)
    return Mapped(values, _short(", ".join(paths)))


def _value_of(rule: KeyRule, found: Any) -> Scalar | None:
    if found is None:
        return None
    if not isinstance(found, str | int | float | Decimal):
        what = "a list" if isinstance(found, list) else "a map"
        raise _unusable(rule, f"finds {what}, and a key takes a single value")
    text = scalar_text(found)
    if len(text) > MAX_VALUE:
        raise _unusable(rule, f"finds more than {MAX_VALUE} characters")
    return compile_pattern(rule.pattern)(text) if rule.pattern else found


def _unusable(rule: KeyRule, trouble: str) -> TriggerPayloadInvalid:
    return TriggerPayloadInvalid(
        f"the path {rule.path} {trouble}",
        subject=f"key {rule.key}",
        hint="Write a path to a single value, such as image.tag or items[0].tag.",
        place=Place(key=rule.key),
    )


def _map_images(trigger: Trigger, images: list[Image]) -> Mapped:
    """Of several pushes for one key the last one counts."""
    values: dict[str, Scalar] = {}
    for image in images:
        for rule in trigger.images:
            if concerns(rule, image) and (part := image.part(rule)):
                values[rule.key] = part
    return Mapped(values, _short(", ".join(dict.fromkeys(map(str, images)))))


def _short(text: str) -> str:
    return text if len(text) <= MAX_CAUSE else f"{text[: MAX_CAUSE - 2]} …"
