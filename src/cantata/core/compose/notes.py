"""What is said of a translation: nothing of a compose file is dropped silently."""

from __future__ import annotations

from cantata.core.model.findings import Finding, Severity

CHANGED = "compose-changed"
"""Translated, with a word on what is different in a cluster."""
LEFT_OUT = "compose-left-out"
"""Not translated."""
DECIDE = "compose-decide"
"""Somebody has to decide, or to set a key."""
MISSING = "compose-missing"
"""A file that the project names is not there."""


class Notes:
    """Findings as they come; `key` is the path in the compose project."""

    def __init__(self) -> None:
        self._findings: dict[Finding, None] = {}

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(self._findings)

    def changed(self, key: str, message: str, suggestion: str = "", *, service: str = "") -> None:
        self._add(CHANGED, Severity.NOTICE, key, message, suggestion, service)

    def left_out(self, key: str, message: str, suggestion: str = "", *, service: str = "") -> None:
        self._add(LEFT_OUT, Severity.WARNING, key, message, suggestion, service)

    def decide(self, key: str, message: str, suggestion: str = "", *, service: str = "") -> None:
        self._add(DECIDE, Severity.WARNING, key, message, suggestion, service)

    def missing(self, key: str, message: str, suggestion: str = "", *, service: str = "") -> None:
        self._add(MISSING, Severity.ERROR, key, message, suggestion, service)

    def _add(
        self, rule: str, severity: Severity, key: str, message: str, suggestion: str, service: str
    ) -> None:
        found = Finding(rule, severity, message, service=service, key=key, suggestion=suggestion)
        self._findings.setdefault(found)
