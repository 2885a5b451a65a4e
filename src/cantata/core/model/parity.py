"""The three renderings of a config key side by side."""

from __future__ import annotations

from typing import Any

import msgspec

from cantata.core.model.findings import Finding, Severity


class VariableRendering(msgspec.Struct, frozen=True, rename="camel"):
    """What templates have: the JSON type, the value, and what `{{ .Values.key }}` prints."""

    type: str
    value: Any
    text: str


class EnvironmentRendering(msgspec.Struct, frozen=True, rename="camel"):
    """One variable of one container."""

    container: str
    name: str


class FileRendering(msgspec.Struct, frozen=True, rename="camel"):
    """One file of one container. `format` is empty where the key is the whole file."""

    container: str
    path: str
    format: str = ""


class Flag(msgspec.Struct, frozen=True, rename="camel"):
    """In what the renderings of a key differ. `rule` is `renamed`, `retyped`, `null`, `secret-in-plain`, or
    that of a finding which says why the key does not arrive."""

    rule: str
    severity: Severity
    message: str


class KeyParity(msgspec.Struct, frozen=True, rename="camel"):
    """One key in one service. `text` is what its variables and files hold; `origin` and `line` say where the
    value is written. Secrets show as `****`."""

    key: str
    origin: str
    line: int
    secret: bool
    variable: VariableRendering
    text: str = ""
    environment: tuple[EnvironmentRendering, ...] = ()
    files: tuple[FileRendering, ...] = ()
    flags: tuple[Flag, ...] = ()

    @property
    def delivered(self) -> bool:
        return bool(self.environment or self.files)


class ServiceParity(msgspec.Struct, frozen=True, rename="camel"):
    """`findings` are those of the service's delivery that concern no single key."""

    service: str
    keys: tuple[KeyParity, ...]
    findings: tuple[Finding, ...] = ()
