"""What is said of a translation: nothing of a compose file is dropped silently."""

from __future__ import annotations

from collections.abc import Mapping

from cantata.core.model.compose import ComposePlace
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

    def __init__(self, places: Mapping[str, ComposePlace]) -> None:
        self._places = places
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
        place = self._place(key)
        found = Finding(rule, severity, message, service, place.file, place.line, key, suggestion)
        self._findings.setdefault(found)

    def _place(self, key: str) -> ComposePlace:
        """Where a key or the nearest one above it is written."""
        while key and key not in self._places:
            key = key[: max(key.rfind("."), key.rfind("["), 0)]
        return self._places.get(key, ComposePlace())
