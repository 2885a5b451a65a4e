"""Secrets that a template writes where they do not belong, found by rendering with others in their places.

sentinels  `Sentinels`: values of the same shape for all secrets, and which key one of them belongs to
search     `find_leaks`: what differs between a render and the one with sentinels depends on a secret
hide       fields of which nothing may be shown, taken out of a plan
findings   leaks as findings
"""

from cantata.core.leaks.findings import leak_findings, notes_finding
from cantata.core.leaks.hide import hide_drift, hide_fields, hide_in
from cantata.core.leaks.search import find_leaks, find_values, hide_lines
from cantata.core.leaks.sentinels import Sentinels, make_sentinels

__all__ = [
    "Sentinels",
    "find_leaks",
    "find_values",
    "hide_drift",
    "hide_fields",
    "hide_in",
    "hide_lines",
    "leak_findings",
    "make_sentinels",
    "notes_finding",
]
