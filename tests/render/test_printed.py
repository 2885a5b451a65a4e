"""What the parity view says a template prints is what the engine prints."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

import msgspec
import pytest

from cantata.core.delivery.printed import printed
from cantata.core.model.charts import Numbers

EDGES: tuple[Any, ...] = (
    0, 1, -1, 10**5, 10**6 - 1, 10**6, 1234567, 2**53 + 1, 2**63, 2**64 - 1, 0.1, 1e-4, 1e-5, 1.5e-7,
    1e20, 1e21, 1e22, 123456.789, 1234567.5, -2.5, 5e-324, 1.7976931348623157e308, True, False, "", "x",
    "1e3", [], {}, None, [1, 2.5, "x", True, None, [], {}], {"b": 1, "a": [None]}, "ünï \u2603\n", "<&>",
)  # fmt: skip
TEMPLATE = """
apiVersion: v1
kind: ConfigMap
metadata: { name: printed }
data:
{{- range $key, $value := .Values.all }}
  {{ $key }}: {{ if kindIs "invalid" $value }}""{{ else }}{{ $value | toString | toJson }}{{ end }}
{{- end }}
"""


def random_value(random: Random, depth: int = 2) -> Any:
    kind = random.randrange(6 if depth else 4)
    if kind == 0:
        return random.randint(-(10 ** random.randint(1, 18)), 10 ** random.randint(1, 18))
    if kind == 1:
        return random.uniform(-1, 1) * 10.0 ** random.randint(-12, 25)
    if kind == 2:
        return random.choice((True, False, "text", "a b"))
    if kind == 3:
        return round(random.uniform(-(10**7), 10**7), random.randint(0, 4))
    if kind == 4:
        return [random_value(random, depth - 1) for _ in range(random.randint(0, 3))]
    return {name: random_value(random, depth - 1) for name in random.sample("abc", random.randint(0, 3))}


@pytest.mark.parametrize("numbers", Numbers)
async def test_values_print_as_the_engine_prints_them(
    numbers: Numbers, pack: Callable[..., bytes], loaded: Callable[[bytes], Any]
) -> None:
    random = Random(7)
    values = dict(enumerate([*EDGES, *(random_value(random) for _ in range(500))]))
    rendering = await loaded(pack({"templates/printed.yaml": TEMPLATE}))

    given = {"all": {f"v{number:03d}": value for number, value in values.items()}}
    (rendered,) = (await rendering.render(given, numbers=numbers)).objects

    told = json.loads(msgspec.json.encode(given["all"]))
    found = rendered.manifest["data"]
    wanted = {key: printed(value, numbers) for key, value in told.items() if value is not None}
    assert {key: text for key, text in found.items() if key in wanted} == wanted
