"""Routes of templates that leave again."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, Router, get
from litestar.params import FromPath, FromQuery, QueryParameter

from cantata.actions.draft import Subject, ValueSet, Whereto
from cantata.actions.export_template import export_source
from cantata.actions.export_template_chart import (
    TemplateChart,
    export_template_chart,
    export_template_manifests,
)
from cantata.api.application_export import Wait, manifests_page
from cantata.api.authentication import needs
from cantata.api.conditions import ThePorts
from cantata.api.errors import RequestInvalid
from cantata.api.pins import TheVersion, version_of
from cantata.contract.exports import ConfigValuesInfo, ManifestsInfo, TemplateChartInfo
from cantata.contract.pages import Page
from cantata.core.decide.authorise import Noun, Verb

READ = needs(Verb.READ, Noun.TEMPLATE)
MOST = 20
"""How many configs one chart may have the values of: each is rendered twice."""

OfConfig = Annotated[str, QueryParameter(description="With this config, as NAME or NAME@VERSION.")]
OfConfigs = Annotated[
    list[str] | None, QueryParameter(description="The values of these, each as NAME or NAME@VERSION.")
]


@get("/{name:str}/archive", opt=READ, media_type="application/gzip")
async def archive(
    ports: ThePorts, project: FromPath[str], name: FromPath[str], version: TheVersion = ""
) -> Response[bytes]:
    """Get the chart of a version, by default the latest, as the .tgz that was imported."""
    found = await export_source(ports, project, name, version_of(version))
    chart = found.version.chart
    return Response(
        found.archive,
        media_type="application/gzip",
        headers={
            "Content-Disposition": f'attachment; filename="{chart.name}-{chart.version}.tgz"',
            "X-Chart-Digest": chart.digest,
        },
    )


@get("/{name:str}/chart", opt=READ)
async def chart(
    ports: ThePorts,
    project: FromPath[str],
    name: FromPath[str],
    version: TheVersion = "",
    config: OfConfigs = None,
    wait_init: Wait = False,
) -> TemplateChartInfo:
    """Get a version as a chart that delivers by plain Helm, with the values of configs, secrets left out."""
    if len(config or ()) > MOST:
        raise RequestInvalid(f"more than {MOST} configs are too many", subject="config")
    sets = [_values(each) for each in config or ()]
    subject = Subject(name, version_of(version))
    return _chart_info(await export_template_chart(ports, project, subject, sets, Whereto(), wait=wait_init))


@get("/{name:str}/manifests", opt=READ)
async def manifests(
    ports: ThePorts,
    project: FromPath[str],
    name: FromPath[str],
    version: TheVersion = "",
    config: OfConfig = "",
    release: FromQuery[str] = "release-name",
    namespace: FromQuery[str] = "default",
    cluster: FromQuery[str] = "",
) -> Page[ManifestsInfo]:
    """List the manifests that a version would become with a config, by service, in the order in which they
    would be applied. Secrets are masked."""
    whereto = Whereto(cluster=cluster, namespace=namespace, release=release)
    values = _values(config) if config else ValueSet()
    subject = Subject(name, version_of(version))
    return manifests_page(await export_template_manifests(ports, project, subject, values, whereto))


def _values(text: str) -> ValueSet:
    config, _, version = text.partition("@")
    return ValueSet(text, config, version_of(version))


def _chart_info(exported: TemplateChart) -> TemplateChartInfo:
    return TemplateChartInfo(
        exported.chart,
        exported.archive,
        tuple(
            ConfigValuesInfo(each.config, each.text, each.secret_keys, each.objects, each.differences)
            for each in exported.values
        ),
    )


router = Router("/templates", route_handlers=[archive, chart, manifests], tags=["template"])
