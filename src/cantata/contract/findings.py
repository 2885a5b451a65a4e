"""What a check found."""

from __future__ import annotations

from typing import Literal

import msgspec

Severity = Literal["error", "warning", "notice"]


class FindingInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`rule` is a fixed word such as `duplicate-env`; `file`, `line` and `key` say where, as far as known."""

    rule: str
    severity: Severity
    message: str
    service: str = ""
    file: str = ""
    line: int = 0
    key: str = ""
    suggestion: str = ""
