"""Routes of templates that leave again."""

from __future__ import annotations

from litestar import Response, Router, get
from litestar.params import FromPath

from cantata.actions.export_template import export_source
from cantata.api.authentication import needs
from cantata.api.conditions import ThePorts
from cantata.api.pins import TheVersion, version_of
from cantata.core.decide.authorise import Noun, Verb

READ = needs(Verb.READ, Noun.TEMPLATE)


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


router = Router("/templates", route_handlers=[archive], tags=["template"])
