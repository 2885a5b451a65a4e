"""Secret values of configs, told on purpose."""

from __future__ import annotations

import msgspec


class RevealRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """`key` is a path joined by `.`, `version` a number or a tag; without one the latest is meant."""

    key: str
    version: int | str | None = None


class RevealedInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`origin` is the layer that gives the value (`config shop-base@3`). Of a list that holds secrets the
    value is its JSON."""

    key: str
    value: str
    origin: str
