"""What `template lint`, `preview` and `render` share: which chart is meant, with which values, where."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cantata.cli.inputs import parse_template, parse_version, read_text
from cantata.contract.drafts import HelmValuesDraft, ValuesDraft, ValueSetDraft

Chart = Annotated[
    str,
    Parameter(
        name="chart",
        help="A template as NAME or NAME@VERSION, or the path of a chart: `.`, or with a `/` in it.",
    ),
]
Cluster = Annotated[str, Parameter(help="The registered cluster whose version and APIs count.")]
KubeVersion = Annotated[str, Parameter(help="The version of Kubernetes, such as 1.30.")]
ApiVersions = Annotated[
    list[str] | None,
    Parameter(
        name=["--api-versions", "-a"],
        negative="",
        help="More API versions, such as monitoring.coreos.com/v1.",
    ),
]
Namespace = Annotated[str, Parameter(name=["--namespace", "-n"], help="The namespace.")]
Release = Annotated[str, Parameter(help="The name of the release.")]


def split_commas(entries: Sequence[str]) -> tuple[str, ...]:
    """Each option may name several, as those of `helm` do."""
    return tuple(part for entry in entries for part in entry.split(",") if part)


def read_subject(chart: str) -> tuple[str, int | str | None, bytes]:
    """Template, version and archive of a `ChartDraft`. Raises `ArgumentInvalid`, `ChartUnreadable`."""
    if is_path(chart):
        from cantata.cli.chart_archive import read_chart

        return "", None, read_chart(Path(chart))
    return *parse_template(chart), b""


def read_helm_values(
    files: Sequence[str],
    *,
    json: Sequence[str] = (),
    values: Sequence[str] = (),
    strings: Sequence[str] = (),
    paths: Sequence[str] = (),
    literals: Sequence[str] = (),
) -> HelmValuesDraft:
    """What the options of `helm` say, with the files that they name. Raises `InputUnreadable`."""
    named = [name for entry in files for name in entry.split(",") if name]
    contents = {
        path: read_text(Path(path))
        for entry in paths
        for part in PARTS.split(entry)
        if (path := part.partition("=")[2])
    }
    return HelmValuesDraft(
        tuple(ValuesDraft(name, read_text(Path(name))) for name in named),
        tuple(json),
        tuple(values),
        tuple(strings),
        tuple(paths),
        tuple(literals),
        contents,
    )


PARTS = re.compile(r"(?<!\\),")
"""What parts `KEY=FILE,KEY=FILE`."""


def is_path(chart: str) -> bool:
    return "/" in chart or chart in (".", "..") or chart.endswith(".tgz") or chart.startswith("~")


def read_sets(configs: Sequence[str], files: Sequence[str]) -> tuple[ValueSetDraft, ...]:
    """A set for each config, and one for each option `-f`; files that are joined by commas are one. Raises
    `ArgumentInvalid`, `InputUnreadable`."""
    sets = []
    for config in configs:
        name, version = parse_version(config)
        sets.append(ValueSetDraft(config, name, version))
    for entry in files:
        texts = tuple(ValuesDraft(path, read_text(Path(path))) for path in entry.split(",") if path)
        sets.append(ValueSetDraft(entry, texts=texts))
    return tuple(sets)
