"""The chart that a release holds. Files are as they were; Chart.yaml and values.yaml are written anew, since
Helm keeps them parsed. Subcharts Helm does not keep."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cantata.core.config.quoting import yaml_lines
from cantata.core.helm_release.read import HelmRelease

MADE_ANEW = frozenset(
    {
        "Chart.lock",
        "Chart.yaml",
        "requirements.lock",
        "requirements.yaml",
        "values.schema.json",
        "values.yaml",
    }
)
SOURCE = re.compile(r"^# Source: (\S+)$", re.MULTILINE)
DOCUMENT = re.compile(r"^---[ \t]*$\n?", re.MULTILINE)


def chart_files(release: HelmRelease, values: Mapping[str, Any]) -> dict[str, bytes]:
    """By path in the chart's folder, with `values` as its defaults. Dependencies are not named: what Helm has
    not kept cannot be there. Paths are as hostile as the release: the renderer's `pack` checks them."""
    chart = release.chart
    metadata = {name: value for name, value in chart.metadata.items() if name != "dependencies"}
    files = {each.name: each.data for each in (*(chart.templates or ()), *(chart.files or ()))}
    made = {"Chart.yaml": _text(metadata), "values.yaml": _text(values) if values else b""}
    if chart.schema:
        made["values.schema.json"] = chart.schema
    kept = {path: data for path, data in files.items() if path not in MADE_ANEW}
    return {**made, **kept}


def dependencies(release: HelmRelease) -> tuple[str, ...]:
    """The names of charts that it depends on, whether or not they were switched on."""
    found = release.chart.metadata.get("dependencies")
    named = [each.get("alias") or each.get("name") for each in found or () if isinstance(each, dict)]
    return tuple(str(name) for name in named if name) if isinstance(found, list) else ()


def released_objects(release: HelmRelease) -> Iterator[tuple[str, str]]:
    """(path of the template, YAML of one document) of everything that the release rendered, hooks last."""
    path = ""
    for text in DOCUMENT.split(release.manifest):
        source = SOURCE.search(text)
        path = source[1] if source is not None else path
        if text.strip():
            yield path, text
    for hook in release.hooks or ():
        yield hook.path, hook.manifest


def _text(value: Mapping[str, Any]) -> bytes:
    return "".join(f"{line}\n" for line in yaml_lines(dict(value))).encode()
