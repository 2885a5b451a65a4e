"""What anyone may ask of a server."""

from __future__ import annotations

import msgspec


class HealthInfo(msgspec.Struct, frozen=True, rename="camel"):
    ok: bool


class VersionInfo(msgspec.Struct, frozen=True, rename="camel"):
    version: str
