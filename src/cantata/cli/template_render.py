"""`cantata template render`: what `helm template` prints."""

from __future__ import annotations

import sys
from typing import Annotated

from cyclopts import Parameter

from cantata.cli.chart_drafts import (
    ApiVersions,
    Chart,
    Cluster,
    KubeVersion,
    Namespace,
    Release,
    read_helm_values,
    read_subject,
    split_commas,
)
from cantata.cli.session import connect
from cantata.contract.drafts import TextRequest

Words = list[str] | None


def _option(names: str, text: str) -> Parameter:
    return Parameter(name=names.split(), negative="", help=text, allow_leading_hyphen=True)


async def render(
    chart: Chart,
    *,
    values: Annotated[Words, _option("--values -f", "A file of values, or several joined by commas.")] = None,
    set_: Annotated[Words, _option("--set", "KEY=VALUE, several parted by commas.")] = None,
    set_string: Annotated[Words, _option("--set-string", "KEY=TEXT: numbers stay text.")] = None,
    set_json: Annotated[Words, _option("--set-json", "KEY=JSON, or a whole JSON object.")] = None,
    set_file: Annotated[Words, _option("--set-file", "KEY=FILE: the value is the text of the file.")] = None,
    set_literal: Annotated[Words, _option("--set-literal", "KEY=TEXT, with all its commas.")] = None,
    show_only: Annotated[
        Words, _option("--show-only -s", "Only what this template renders, such as templates/web.yaml.")
    ] = None,
    include_crds: Annotated[bool, Parameter(negative="", help="Definitions in crds/, too.")] = False,
    no_hooks: Annotated[bool, Parameter(name="--no-hooks", negative="", help="No hooks.")] = False,
    skip_tests: Annotated[bool, Parameter(negative="", help="No tests.")] = False,
    is_upgrade: Annotated[bool, Parameter(negative="", help="As for an upgrade of the release.")] = False,
    cluster: Cluster = "",
    kube_version: KubeVersion = "",
    api_versions: ApiVersions = None,
    namespace: Namespace = "default",
    release: Release = "release-name",
) -> None:
    """Print what `helm template` prints, byte for byte, of a template or of a chart that is not imported.

    Options mean what they mean to `helm`. Random values are other ones each time.
    """
    template, version, archive = read_subject(chart)
    request = TextRequest(
        template=template,
        version=version,
        archive=archive,
        layers=read_helm_values(
            values or (),
            json=set_json or (),
            values=set_ or (),
            strings=set_string or (),
            paths=set_file or (),
            literals=set_literal or (),
        ),
        include_crds=include_crds,
        no_hooks=no_hooks,
        skip_tests=skip_tests,
        show_only=tuple(show_only or ()),
        is_upgrade=is_upgrade,
        cluster=cluster,
        kube_version=kube_version,
        api_versions=split_commas(api_versions or ()),
        namespace=namespace,
        release=release,
    )
    async with connect() as client:
        printed = await client.charts.text(request)
    for warning in printed.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    sys.stdout.write(printed.text)
