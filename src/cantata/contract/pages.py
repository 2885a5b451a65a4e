"""Pages of lists."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class Page(msgspec.Struct, Generic[T], frozen=True, rename="camel"):
    """`next` is the `after=` of the next page; empty on the last one."""

    items: tuple[T, ...]
    next: str = ""
