"""Routes of the pods of a service: list them, read their logs, enter them."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, WebSocket, get, post, websocket
from litestar.di import Provide
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.response import Stream

from cantata.actions.enter_pod import add_debug_container
from cantata.actions.service_logs import LogLine, LogsWanted, chosen_logs, read_logs
from cantata.actions.service_pods import service_pods
from cantata.api.authentication import needs, refusal_of
from cantata.api.conditions import TheActor, ThePorts
from cantata.api.lasting import Refused, lasting
from cantata.api.pod_session import hold_session
from cantata.contract.errors import error_info
from cantata.contract.pods import ContainerInfo, DebugInfo, DebugRequest, LogLineInfo, PodInfo
from cantata.core.decide.authorise import Noun, Verb
from cantata.core.model.access import Actor
from cantata.core.pods import PodView

log = logging.getLogger("cantata.api")

ENTER = needs(Verb.ENTER, Noun.APPLICATION)
MOST = 2**31 - 1
SERVICE = "/{name:str}/services/{service:str}"


@get(f"{SERVICE}/pods", opt=needs(Verb.READ, Noun.APPLICATION))
async def list_(
    ports: ThePorts, project: FromPath[str], name: FromPath[str], service: FromPath[str]
) -> tuple[PodInfo, ...]:
    """List the pods of a service, those that can be talked to first."""
    pods = await service_pods(ports, project, name, service)
    return tuple(pod_info(view) for view in pods.views())


@get(f"{SERVICE}/logs", opt=ENTER)
async def logs(
    request: Request[Any, Any, Any],
    ports: ThePorts,
    project: FromPath[str],
    name: FromPath[str],
    service: FromPath[str],
    follow: FromQuery[bool] = False,
    previous: FromQuery[bool] = False,
    tail: Annotated[int | None, QueryParameter(ge=0, le=MOST)] = None,
    since_seconds: Annotated[int | None, QueryParameter(name="sinceSeconds", ge=1, le=MOST)] = None,
    pod: FromQuery[str] = "",
    container: FromQuery[str] = "",
) -> Stream:
    """Read the logs of all pods of a service as lines of JSON, merged as they come; with `follow` also those
    of pods that come later. An empty line says that the stream lives."""
    wanted = LogsWanted(follow, tail, since_seconds, previous, pod, container)
    pods = await service_pods(ports, project, name, service)
    lines = read_logs(pods, chosen_logs(pods, wanted), wanted)
    headers = {"Cache-Control": "no-store"}
    return Stream(_ndjson(lines, refusal_of(request)), media_type="application/x-ndjson", headers=headers)


async def _ndjson(lines: AsyncIterator[LogLine], refused: Refused) -> AsyncIterator[bytes]:
    yield b"\n"
    async with aclosing(lasting(lines, refused)) as items:
        async for line in items:
            if line is None:
                yield b"\n"
                continue
            error = error_info(line.error) if line.error else None
            info = LogLineInfo(line.pod, line.container, line.at, line.text, error)
            yield msgspec.json.encode(info) + b"\n"


@post(f"{SERVICE}/debug", opt=ENTER)
async def debug(
    ports: ThePorts,
    actor: TheActor,
    project: FromPath[str],
    name: FromPath[str],
    service: FromPath[str],
    data: JSONBody[DebugRequest],
) -> Response[DebugInfo]:
    """Add a container to a pod of a service, to look at it."""
    pod, container = await add_debug_container(
        ports,
        actor,
        project,
        name,
        service,
        data.image,
        pod=data.pod,
        target=data.target,
        command=data.command,
        tty=data.tty,
    )
    return Response(DebugInfo(pod.name, container), status_code=201)


@websocket(f"{SERVICE}/session", opt=ENTER)
async def session(
    socket: WebSocket[Any, Any, Any],
    ports: ThePorts,
    actor: TheActor,
    project: FromPath[str],
    name: FromPath[str],
    service: FromPath[str],
) -> None:
    """Run a command in a pod of a service, or reach one of its ports."""
    await hold_session(socket, ports, actor, project, name, service, refusal_of(socket))


def pod_info(view: PodView) -> PodInfo:
    containers = tuple(msgspec.convert(each, ContainerInfo, from_attributes=True) for each in view.containers)
    return PodInfo(
        view.name,
        view.phase,
        view.ready,
        view.leaving,
        view.node,
        view.created_at,
        view.default,
        containers,
    )


def _who(socket: WebSocket[Actor, Any, Any]) -> Actor:
    return socket.user


router = Router("/applications", route_handlers=[list_, logs, debug], tags=["service"])
sessions_router = Router(
    "/applications",
    route_handlers=[session],
    dependencies={"actor": Provide(_who, sync_to_thread=False)},
)
