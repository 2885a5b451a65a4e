"""Paths of a chart's files."""

from __future__ import annotations

TEMPLATES = "templates/"


def is_template(path: str) -> bool:
    """Whether Helm takes objects from the file: no partial, no notes, none of a subchart."""
    name = path.rpartition("/")[2]
    return path.startswith(TEMPLATES) and not name.startswith("_") and not name.endswith("NOTES.txt")
