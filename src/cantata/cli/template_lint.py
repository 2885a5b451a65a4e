"""`cantata template lint`: what is odd or wrong about a chart, for people and for CI."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Annotated

from cyclopts import Parameter

from cantata.cli.chart_drafts import (
    ApiVersions,
    Chart,
    Cluster,
    KubeVersion,
    Namespace,
    Release,
    read_sets,
    read_subject,
    split_commas,
)
from cantata.cli.output import Output, print_data
from cantata.cli.session import connect
from cantata.contract.drafts import LintFinding, LintInfo, LintRequest
from cantata.errors import FOUND


async def lint(
    chart: Chart,
    *,
    config: Annotated[
        list[str] | None, Parameter(negative="", help="With this config; several are tried one by one.")
    ] = None,
    values: Annotated[
        list[str] | None,
        Parameter(
            name=["--values", "-f"],
            negative="",
            help="With the values of this file, or of several joined by commas; several options are tried one"
            " by one.",
        ),
    ] = None,
    cluster: Cluster = "",
    kube_version: KubeVersion = "",
    api_versions: ApiVersions = None,
    namespace: Namespace = "default",
    release: Release = "release-name",
    strict: Annotated[bool, Parameter(negative="", help="Warnings fail, too.")] = False,
    quiet: Annotated[
        bool, Parameter(name=["--quiet", "-q"], negative="", help="Print errors and warnings only.")
    ] = False,
    output: Output = "table",
) -> None:
    """Say what is odd or wrong about a template, or about a chart before it is imported.

    Nothing is stored. The exit code is 1 when there are errors, with --strict also when there are warnings.
    Without --config and -f, the chart is rendered with its own values, and with each ci/*-values.yaml.
    """
    template, version, archive = read_subject(chart)
    request = LintRequest(
        template=template,
        version=version,
        archive=archive,
        sets=read_sets(config or (), values or ()),
        cluster=cluster,
        kube_version=kube_version,
        api_versions=split_commas(api_versions or ()),
        namespace=namespace,
        release=release,
    )
    async with connect() as client:
        found = await client.charts.lint(request)
    if output == "table":
        for line in report_lines(found, quiet=quiet):
            print(line)
    else:
        print_data(found, output)
    if found.errors or (strict and found.warnings):
        sys.exit(FOUND)


def report_lines(found: LintInfo, *, quiet: bool = False) -> Iterator[str]:
    """Findings by file, each as `file:line: severity rule: message` with its suggestion below; a count at the
    end."""
    shown = [each for each in found.findings if not (quiet and each.severity == "notice")]
    for _, findings in groupby(shown, key=lambda each: each.file):
        for each in findings:
            yield from finding_lines(each)
        yield ""
    name = f"{found.chart} {found.chart_version}" if found.chart else "the chart"
    yield f"{name}: {counted(found)}"


def finding_lines(finding: LintFinding) -> Iterator[str]:
    sets = f" (with {', '.join(finding.sets)})" if finding.sets else ""
    yield f"{finding.file}:{finding.line}: {finding.severity} {finding.rule}: {finding.message}{sets}"
    if finding.suggestion:
        yield f"    {finding.suggestion}"


def counted(found: LintInfo) -> str:
    counts: Sequence[tuple[int, str]] = (
        (found.errors, "error"),
        (found.warnings, "warning"),
        (found.notices, "notice"),
    )
    told = ", ".join(f"{number} {word}{'' if number == 1 else 's'}" for number, word in counts if number)
    return told or "nothing found"
