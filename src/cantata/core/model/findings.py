"""What a check found: never an exception, always with a place and a suggestion."""

from __future__ import annotations

import enum

import msgspec


class Severity(enum.StrEnum):
    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


class Finding(msgspec.Struct, frozen=True, rename="camel"):
    """`rule` is a fixed word such as `duplicate-env`; `file`, `line` and `key` say where, as far as known."""

    rule: str
    severity: Severity
    message: str
    service: str = ""
    file: str = ""
    line: int = 0
    key: str = ""
    suggestion: str = ""
