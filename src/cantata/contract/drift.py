"""Drift: what others changed on the fields that an application set."""

from __future__ import annotations

import msgspec


class DriftedFieldInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`field` is a path such as `spec.template.spec.containers[web].image`, empty when the whole object is
    gone; `manager` the field manager who set it and `at` when, where that is known. A `fight` came back each
    time it was taken back, and is left alone."""

    object: str
    field: str
    manager: str = ""
    at: str = ""
    fight: bool = False
