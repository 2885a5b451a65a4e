"""Where calls of triggers come in: without a token, authenticated by the trigger's secret."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, Router, post
from litestar.params import FromPath

from cantata.actions.receive_call import receive_call
from cantata.api.authentication import OPEN
from cantata.api.conditions import ThePorts
from cantata.contract.triggers import ReceivedInfo
from cantata.core.triggers import Call

PATH = "/api/v1/hooks"
BODY_BYTES = 1024 * 1024
"""How large the body of a call may be."""


@post("/{trigger:str}", opt=OPEN, request_max_body_size=BODY_BYTES, status_code=202)
async def receive(
    request: Request[Any, Any, Any], ports: ThePorts, trigger: FromPath[str]
) -> Response[ReceivedInfo]:
    """Queue a call of a trigger, signed as its kind demands. A call that came before is answered with what
    became of it."""
    call = Call(
        headers=dict(request.headers),
        token=request.query_params.get("token", ""),
        body=await request.body(),
    )
    peer = request.client.host if request.client else ""
    received, new = await receive_call(ports, trigger, call, peer)
    told = ReceivedInfo(received.id, received.delivery, received.state.value, received.result)
    return Response(told, status_code=202 if new else 200)


def path_of(trigger_id: str) -> str:
    return f"{PATH}/{trigger_id}"


router = Router(PATH, route_handlers=[receive], tags=["trigger"])
