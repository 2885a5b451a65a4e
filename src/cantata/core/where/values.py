"""The value of one key, to be held against another one and never shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from cantata.core.config import Path
from cantata.core.model.inputs import RecordedEntry, RecordedInputs

ABSENT = b""


@dataclass(frozen=True, slots=True)
class KeyValue:
    """What templates get, as JSON, and the text that is delivered, None where nothing is. Both may be
    secret. `value` is empty where nobody gives one over the chart's default."""

    value: bytes = field(repr=False)
    text: str | None = field(default=None, repr=False)

    def same(self, other: KeyValue) -> bool:
        """`1.50` and `1.5` are one value for templates and two for files."""
        texts = self.text == other.text or None in (self.text, other.text)
        return self.value == other.value and texts


def recorded_value(inputs: RecordedInputs, path: Path) -> KeyValue:
    """What was recorded of a render."""
    return given_value(msgspec.json.decode(inputs.render.values), inputs.entries, path)


def given_value(values: Mapping[str, Any], entries: Iterable[RecordedEntry], path: Path) -> KeyValue:
    """`values` are as the renderer gets them, nested maps, secrets in clear."""
    key = ".".join(path)
    text = next((entry.text for entry in entries if entry.key == key), None)
    return KeyValue(_encoded(values, path), text)


def _encoded(values: Any, path: Path) -> bytes:
    for part in path:
        if not isinstance(values, Mapping) or part not in values:
            return ABSENT
        values = values[part]
    return msgspec.json.encode(values, order="deterministic")
