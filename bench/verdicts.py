"""A figure beside its budget: pass or miss."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    name: str
    value: float
    limit: float
    unit: str = "s"

    @property
    def passed(self) -> bool:
        return self.value <= self.limit


def told(verdicts: Iterable[Verdict]) -> list[dict[str, object]]:
    """Printed, and as it stands in the JSON."""
    rows: list[dict[str, object]] = []
    for each in verdicts:
        word = "pass" if each.passed else "MISS"
        print(f"  {word}  {each.name}: {each.value:.2f} {each.unit} (budget {each.limit:g})", flush=True)
        rows.append({"budget": each.name, "value": each.value, "limit": each.limit, "pass": each.passed})
    return rows
