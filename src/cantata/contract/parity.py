"""The three renderings of a config key side by side."""

from __future__ import annotations

from typing import Any

import msgspec

from cantata.contract.findings import FindingInfo, Severity


class VariableInfo(msgspec.Struct, frozen=True, rename="camel"):
    """What templates have: the JSON type, the value, and what `{{ .Values.key }}` prints."""

    type: str
    value: Any
    text: str


class EnvironmentInfo(msgspec.Struct, frozen=True, rename="camel"):
    """One variable of one container."""

    container: str
    name: str


class FileInfo(msgspec.Struct, frozen=True, rename="camel"):
    """One file of one container. `format` is empty where the key is the whole file."""

    container: str
    path: str
    format: str = ""


class FlagInfo(msgspec.Struct, frozen=True, rename="camel"):
    """In what the renderings of a key differ. `rule` is `renamed`, `retyped`, `null`, `secret-in-plain`, or
    that of a finding which says why the key does not arrive."""

    rule: str
    severity: Severity
    message: str


class KeyParityInfo(msgspec.Struct, frozen=True, rename="camel"):
    """One key in one service. `text` is what its variables and files hold; `origin` and `line` say where the
    value is written. Secrets show as `****`."""

    key: str
    origin: str
    line: int
    secret: bool
    variable: VariableInfo
    text: str = ""
    environment: tuple[EnvironmentInfo, ...] = ()
    files: tuple[FileInfo, ...] = ()
    flags: tuple[FlagInfo, ...] = ()


class ServiceParityInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`findings` are those of the service's delivery that concern no single key."""

    service: str
    keys: tuple[KeyParityInfo, ...]
    findings: tuple[FindingInfo, ...] = ()


class ParityInfo(msgspec.Struct, frozen=True, rename="camel"):
    application: str
    services: tuple[ServiceParityInfo, ...]
