"""The market of a project, as `helm repo add` and `helm pull` take it: an index.yaml, and archives beside it.

The index is JSON, which is YAML too, and far faster to read. Addresses in it are below its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from litestar import Response, Router, get
from litestar.params import FromPath, HeaderParameter

from cantata.actions.publish_chart import OWN, list_publications, read_archive
from cantata.api.authentication import served
from cantata.api.conditions import ThePorts
from cantata.core.decide.authorise import Noun, Verb
from cantata.core.model.listings import Publication

READ = served(Verb.READ, Noun.MARKET)
EVER = "private, max-age=31536000, immutable"

IfNoneMatch = Annotated[
    str, HeaderParameter(name="If-None-Match", description="The ETag of the answer that is known.")
]


@get("/index.yaml", opt=READ, media_type="application/yaml")
async def index(ports: ThePorts, project: FromPath[str], known: IfNoneMatch = "") -> Response[bytes]:
    """The index of what the project has published."""
    body = _index(await list_publications(ports, project))
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    if tag in known:
        return Response(b"", status_code=304, headers={"ETag": tag})
    return Response(body, media_type="application/yaml", headers={"ETag": tag, "Cache-Control": "no-cache"})


@get(f"/{OWN}/{{file:str}}", opt=READ, media_type="application/gzip")
async def archive(ports: ThePorts, project: FromPath[str], file: FromPath[str]) -> Response[bytes]:
    """The archive of a published chart."""
    content = await read_archive(ports, project, file)
    return Response(content, media_type="application/gzip", headers={"Cache-Control": EVER})


def _index(publications: Sequence[Publication]) -> bytes:
    entries: dict[str, list[dict[str, Any]]] = {}
    for each in publications:
        entries.setdefault(each.row.name, []).append(_entry(each))
    newest = max((each.created_at for each in publications), default="1970-01-01T00:00:00Z")
    return msgspec.json.encode({"apiVersion": "v1", "entries": entries, "generated": newest})


def _entry(publication: Publication) -> dict[str, Any]:
    return {
        **publication.metadata,
        "created": publication.created_at,
        "digest": publication.row.digest.removeprefix("sha256:"),
        "urls": [f"{OWN}/{publication.file}"],
    }


router = Router("/market/{project:str}", route_handlers=[index, archive], tags=["market"])
