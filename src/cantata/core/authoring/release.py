"""Name and version in Chart.yaml."""

from __future__ import annotations

from cantata.core.authoring.errors import ChartVersionUnreadable
from cantata.core.authoring.written import Written
from cantata.core.config import SetKey
from cantata.core.versions import BumpPart, bump, find_version
from cantata.errors import Place

CHART = "Chart.yaml"


def chart_version(text: str) -> str:
    """Empty where Chart.yaml says nothing. Raises `TemplateFileUnreadable`."""
    return _said(text, "version")


def chart_name(text: str) -> str:
    """Empty where Chart.yaml says nothing. Raises `TemplateFileUnreadable`."""
    return _said(text, "name")


def _said(text: str, key: str) -> str:
    node = Written.read(CHART, text).node(key)
    return node.text if node is not None else ""


def raise_version(text: str, part: BumpPart) -> str:
    """Chart.yaml with the next version, everything else as it is. Raises `ChartVersionUnreadable`,
    `TemplateFileUnreadable`."""
    written = Written.read(CHART, text)
    node = written.node("version")
    version = find_version(node.text) if node is not None else None
    if node is None or version is None:
        raise ChartVersionUnreadable(
            "Chart.yaml has no semantic version that could be raised",
            subject=CHART,
            hint="Give it one, such as `version: 0.1.0`.",
            place=Place(CHART, written.line(node) if node is not None else 0, key="version"),
        )
    raised = bump(version, part).text
    return written.edited(SetKey(("version",), raised if node.style == "plain" else f'"{raised}"'))
