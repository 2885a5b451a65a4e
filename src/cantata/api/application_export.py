"""Routes of applications that leave as charts and manifests."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, Router, get, post
from litestar.params import FromPath, QueryParameter

from cantata.actions.export_manifests import export_manifests
from cantata.actions.export_standalone import Standalone, export_standalone
from cantata.api.authentication import needs
from cantata.api.conditions import TheActor, ThePorts
from cantata.api.wire import finding_info
from cantata.contract.exports import ChartExportInfo, ManifestsInfo
from cantata.contract.pages import Page
from cantata.core.decide.authorise import Noun, Verb
from cantata.core.export.manifests import Part

READ = needs(Verb.READ, Noun.APPLICATION)
REVEAL = needs(Verb.REVEAL, Noun.CONFIG)
NO_STORE = {"Cache-Control": "no-store"}

Wait = Annotated[
    bool, QueryParameter(name="waitInit", description="Init containers wait for what a service depends on.")
]
OfRevision = Annotated[
    int | None, QueryParameter(description="Of this one; by default what a deploy would apply now.")
]


@get("/{name:str}/chart", opt=READ)
async def chart(
    ports: ThePorts, project: FromPath[str], name: FromPath[str], wait_init: Wait = False
) -> ChartExportInfo:
    """Get an application as a chart that plain Helm installs with the same result, secrets left out."""
    return _chart_info(await export_standalone(ports, project, name, wait=wait_init))


@post("/{name:str}/chart/reveal", opt=REVEAL, status_code=200)
async def reveal_chart(
    ports: ThePorts, actor: TheActor, project: FromPath[str], name: FromPath[str], wait_init: Wait = False
) -> Response[ChartExportInfo]:
    """Get it with its secrets as a values file of their own. The audit keeps who asked."""
    told = _chart_info(await export_standalone(ports, project, name, wait=wait_init, actor=actor))
    return Response(told, headers=NO_STORE)


@get("/{name:str}/manifests", opt=READ)
async def manifests(
    ports: ThePorts, project: FromPath[str], name: FromPath[str], revision: OfRevision = None
) -> Page[ManifestsInfo]:
    """List the manifests of an application, by service, in the order in which they are applied. Secrets are
    masked."""
    return manifests_page(await export_manifests(ports, project, name, revision))


@post("/{name:str}/manifests/reveal", opt=REVEAL, status_code=200)
async def reveal_manifests(
    ports: ThePorts,
    actor: TheActor,
    project: FromPath[str],
    name: FromPath[str],
    revision: OfRevision = None,
) -> Response[Page[ManifestsInfo]]:
    """List them with secrets in clear. The audit keeps who asked."""
    told = manifests_page(await export_manifests(ports, project, name, revision, actor=actor))
    return Response(told, headers=NO_STORE)


def _chart_info(exported: Standalone) -> ChartExportInfo:
    return ChartExportInfo(
        chart=exported.chart,
        archive=exported.archive,
        release=exported.application.release,
        namespace=exported.application.namespace,
        values=exported.values,
        secrets=exported.secrets,
        secret_keys=exported.secret_keys,
        objects=exported.objects,
        differences=exported.differences,
        findings=tuple(map(finding_info, exported.findings)),
    )


def manifests_page(parts: tuple[Part, ...]) -> Page[ManifestsInfo]:
    return Page(
        tuple(
            ManifestsInfo(part.name, part.text, tuple(map(str, part.objects)), part.hooks) for part in parts
        )
    )


router = Router(
    "/applications",
    route_handlers=[chart, reveal_chart, manifests, reveal_manifests],
    tags=["application"],
)
