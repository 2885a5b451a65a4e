"""`cantata template preview`: what a chart would become, without creating anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from cantata.cli.inputs import ArgumentInvalid
from cantata.cli.output import Output, print_data
from cantata.cli.plan_text import object_name
from cantata.cli.session import connect
from cantata.cli.template_lint import finding_lines
from cantata.contract.drafts import (
    PreviewInfo,
    PreviewObjectInfo,
    PreviewRequest,
    PreviewServiceInfo,
    ValueSetDraft,
)


async def preview(
    chart: Chart,
    *,
    config: Annotated[str, Parameter(help="With this config, as NAME or NAME@VERSION.")] = "",
    values: Annotated[
        list[str] | None,
        Parameter(name=["--values", "-f"], negative="", help="With the values of a file; later ones win."),
    ] = None,
    cluster: Cluster = "",
    kube_version: KubeVersion = "",
    api_versions: ApiVersions = None,
    namespace: Namespace = "default",
    release: Release = "release-name",
    is_upgrade: Annotated[bool, Parameter(negative="", help="As for an upgrade of the release.")] = False,
    variables: Annotated[
        bool, Parameter(negative="", help="The values that each service reads, too.")
    ] = False,
    output: Output = "table",
) -> None:
    """Show the services, objects, order and notes of a template or chart; nothing is created.

    `-o yaml` and `-o json` have the manifests, with secrets masked.
    """
    if config and values:
        raise ArgumentInvalid("give --config or -f, not both", hint="Put what differs into a config.")
    sets = read_sets([config] if config else (), [",".join(values)] if values else ())
    template, version, archive = read_subject(chart)
    request = PreviewRequest(
        template=template,
        version=version,
        archive=archive,
        values=sets[0] if sets else ValueSetDraft(""),
        cluster=cluster,
        kube_version=kube_version,
        api_versions=split_commas(api_versions or ()),
        namespace=namespace,
        release=release,
        is_upgrade=is_upgrade,
    )
    async with connect() as client:
        found = await client.charts.preview(request)
    if output == "table":
        for line in preview_lines(found, variables=variables):
            print(line)
    else:
        print_data(found, output)


def preview_lines(found: PreviewInfo, *, variables: bool = False) -> Iterator[str]:
    yield f"{found.chart} {found.chart_version} for Kubernetes {found.kube_version}"
    if len(found.order) > 1:
        yield "order: " + " → ".join(", ".join(wave) for wave in found.order)
    for service in found.services:
        yield ""
        yield f"{service.service}{_waits(service)}"
        yield from _object_lines(service.objects)
        if variables:
            yield from (f"    reads {each.key}" for each in service.variables if each.key)
    if found.definitions:
        yield ""
        yield "definitions"
        yield from (f"  {object_name(each)}" for each in found.definitions)
    if found.hooks:
        yield ""
        yield "hooks"
        yield from _object_lines(found.hooks)
    if found.notes.strip():
        yield ""
        yield "notes"
        yield from (f"  {line}".rstrip() for line in found.notes.strip().splitlines())
    told = [each for each in found.findings if each.severity != "notice"]
    if told:
        yield ""
        yield "findings"
        for each in told:
            yield from (f"  {line}" for line in finding_lines(each))


def _waits(service: PreviewServiceInfo) -> str:
    wanted = ", ".join(f"{name} {condition}" for name, condition in service.depends_on.items())
    return f" (waits for {wanted})" if wanted else ""


def _object_lines(objects: Sequence[PreviewObjectInfo]) -> Iterator[str]:
    names = [object_name(each.key) for each in objects]
    width = max(map(len, names), default=0)
    for name, each in zip(names, objects, strict=True):
        events = f" ({', '.join(each.events)})" if each.events else ""
        yield f"  {name:<{width}}  {each.file or 'from the config'}{events}"
