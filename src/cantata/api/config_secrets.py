"""The route that tells a secret value."""

from __future__ import annotations

from litestar import Response, Router, post
from litestar.params import FromPath, JSONBody

from cantata.actions.reveal_secret import reveal_secret
from cantata.api.authentication import needs
from cantata.api.conditions import TheActor, ThePorts
from cantata.contract.config_secrets import RevealedInfo, RevealRequest
from cantata.core.decide.authorise import Noun, Verb


@post("/", opt=needs(Verb.REVEAL, Noun.CONFIG), status_code=200)
async def reveal(
    ports: ThePorts,
    actor: TheActor,
    project: FromPath[str],
    name: FromPath[str],
    data: JSONBody[RevealRequest],
) -> Response[RevealedInfo]:
    """Tell the value of one secret. The audit keeps who asked, for which key."""
    found = await reveal_secret(ports, actor, project, name, data.key, data.version)
    told = RevealedInfo(data.key, found.value.reveal(), found.origin)
    return Response(told, headers={"Cache-Control": "no-store"})


router = Router("/configs/{name:str}/reveal", route_handlers=[reveal], tags=["config"])
