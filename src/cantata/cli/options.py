"""What commands of several groups share: arguments, options, and lists of the newest."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, TypeVar

from cyclopts import Parameter

from cantata.cli.inputs import parse_duration

T = TypeVar("T")

Application = Annotated[str, Parameter(name="application", help="The application.")]
Services = Annotated[list[str] | None, Parameter(help="Only these services; by default all.", negative="")]
OfApplication = Annotated[str, Parameter(name=["--application", "-a"], help="Of this one alone.")]
Search = Annotated[str, Parameter(help="Part of the name.")]
Limit = Annotated[int, Parameter(name=["--limit", "-n"], help="How many at most; 0 for all.")]
Timeout = Annotated[
    float | None,
    Parameter(
        name="--timeout",
        converter=lambda _type, tokens: parse_duration(tokens[0].value),
        help="How long to wait, such as `90` or `30s`, `10m`, `2h`; by default without end.",
    ),
]


async def newest(items: AsyncIterator[T], limit: int) -> list[T]:
    """The first so many of a list that begins with the newest; no more pages are asked for than they take."""
    found: list[T] = []
    async for item in items:
        found.append(item)
        if len(found) == limit:
            break
    return found
