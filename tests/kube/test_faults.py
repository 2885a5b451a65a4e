"""What the client makes of an API server that misbehaves: requests and lists."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import cast

import msgspec
import pytest
from aiohttp import web
from tests.kube.conftest import (
    CONFIG_MAPS,
    DISCOVERY,
    FAST,
    Reply,
    Script,
    answer,
    broken_off,
    config_map,
    eventually,
    hung_up,
    listed,
    refused,
    streamed,
    text,
)

from cantata.core.model.objects import GVK
from cantata.errors import CantataError
from cantata.kube import ClusterAccess, KubeCluster, errors

MAPS = GVK("", "v1", "ConfigMap")
ALL = "/api/v1/namespaces/shop/configmaps"
ONE = f"{ALL}/a"

BUSY = refused(429, "TooManyRequests", "too many requests", Retry_After="0")


async def apply(cluster: KubeCluster) -> None:
    await cluster.apply(config_map("a"), manager="cantata:test")


async def test_a_busy_server_is_asked_again_after_the_time_that_it_names(
    script: Script, cluster: KubeCluster
) -> None:
    script.on(ONE, BUSY, BUSY, answer(config_map("a")))
    await apply(cluster)
    assert script.count(ONE) == 3


async def test_a_server_that_stays_busy_is_an_error(script: Script, cluster: KubeCluster) -> None:
    script.on(ONE, BUSY)
    with pytest.raises(errors.TooManyRequests):
        await apply(cluster)
    assert script.count(ONE) == FAST.attempts


async def test_a_retry_after_beyond_our_patience_fails_at_once(script: Script, cluster: KubeCluster) -> None:
    script.on(ONE, refused(429, "TooManyRequests", "later", Retry_After="3600"))
    with pytest.raises(errors.TooManyRequests) as caught:
        await apply(cluster)
    assert caught.value.retry_after == 3600
    assert script.count(ONE) == 1


async def test_a_starting_server_is_asked_again(script: Script, cluster: KubeCluster) -> None:
    starting = refused(503, "ServiceUnavailable", "starting", Retry_After="0")
    script.on(ONE, starting, answer(config_map("a")))
    await apply(cluster)
    assert script.count(ONE) == 2


async def test_a_read_is_tried_again_after_a_bad_gateway(script: Script, cluster: KubeCluster) -> None:
    script.on(ONE, text("bad gateway", 502), answer(config_map("a")))
    assert await cluster.find(MAPS, "shop", "a") is not None


@pytest.mark.parametrize("code", [500, 502, 503, 504])
async def test_a_failing_write_is_not_repeated(script: Script, cluster: KubeCluster, code: int) -> None:
    script.on(ONE, refused(code, "InternalError", "etcd has no leader"))
    with pytest.raises(errors.ClusterFailing, match="etcd has no leader"):
        await apply(cluster)
    assert script.count(ONE) == 1


async def test_a_read_is_tried_again_when_the_connection_breaks(script: Script, cluster: KubeCluster) -> None:
    script.on(ONE, hung_up, answer(config_map("a")))
    assert await cluster.find(MAPS, "shop", "a") is not None


async def test_an_apply_survives_one_idle_connection_that_the_server_closed(
    script: Script, cluster: KubeCluster
) -> None:
    script.on(ONE, hung_up, answer(config_map("a")))
    await apply(cluster)
    script.on(ONE, hung_up)
    with pytest.raises(errors.ClusterUnreachable):
        await apply(cluster)
    assert script.count(ONE) == 4


async def test_a_slow_answer_is_cut_off(script: Script) -> None:
    script.on(ONE, streamed(b"{", hold=True))
    limits = msgspec.structs.replace(FAST, request_seconds=0.5)
    cluster = KubeCluster(ClusterAccess("played", script.url), limits)
    try:
        with pytest.raises(errors.ClusterUnreachable, match="in time"):
            await cluster.find(MAPS, "shop", "a")
    finally:
        await cluster.close()


async def test_a_broken_off_answer_is_no_object(script: Script, cluster: KubeCluster) -> None:
    script.on(ONE, broken_off(b'{"kind":"ConfigMap"'))
    with pytest.raises(errors.ClusterUnreachable):
        await cluster.find(MAPS, "shop", "a")


@pytest.mark.parametrize(
    "body",
    [
        b'{"kind":"ConfigMap","metadata":{"name":"a"',
        b"[1,2]",
        b'{"kind":"ConfigMap","metadata":{"name":7}}',
        b'{"kind":"Secret","apiVersion":"v1","metadata":{"name":"a"}}',
        b"",
        b"\xff\xfe",
    ],
)
async def test_an_answer_of_the_wrong_form_is_a_protocol_error(
    script: Script, cluster: KubeCluster, body: bytes
) -> None:
    async def reply(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, content_type="application/json")

    script.on(ONE, reply)
    with pytest.raises(errors.ClusterProtocolError):
        await cluster.find(MAPS, "shop", "a")


async def test_a_login_page_is_not_taken_for_an_answer(script: Script, cluster: KubeCluster) -> None:
    script.on(ONE, text("<html>Please log in</html>", content_type="text/html"))
    with pytest.raises(errors.ClusterProtocolError, match="text/html") as caught:
        await cluster.find(MAPS, "shop", "a")
    assert "Please" not in str(caught.value)


async def test_a_redirect_is_not_followed(script: Script, cluster: KubeCluster) -> None:
    script.on(ONE, text("", 302, Location=f"{script.url}/elsewhere"))
    with pytest.raises(errors.ClusterProtocolError, match="redirect"):
        await cluster.find(MAPS, "shop", "a")
    assert script.count("/elsewhere") == 0


@pytest.mark.parametrize("compressed", [False, True])
async def test_a_huge_answer_is_refused(script: Script, cluster: KubeCluster, compressed: bool) -> None:
    huge = msgspec.json.encode(config_map("a", data="x" * (FAST.body_bytes * 2)))

    async def reply(_request: web.Request) -> web.StreamResponse:
        body = gzip.compress(huge) if compressed else huge
        headers = {"Content-Encoding": "gzip"} if compressed else {}
        return web.Response(body=body, content_type="application/json", headers=headers)

    script.on(ONE, reply)
    with pytest.raises(errors.AnswerTooLarge):
        await cluster.find(MAPS, "shop", "a")


async def test_a_list_takes_smaller_pages_when_one_is_too_large(script: Script, cluster: KubeCluster) -> None:
    async def page(request: web.Request) -> web.StreamResponse:
        limit, start = int(request.query["limit"]), int(request.query.get("continue", "0"))
        items = [config_map(f"m{i}", data="x" * 900) for i in range(start, min(start + limit, 150))]
        token = str(start + limit) if start + limit < 150 else ""
        return await listed(*items, token=token)(request)

    script.on(ALL, page)
    assert len(await cluster.list(MAPS, namespace="shop")) == 150


async def test_an_expired_list_starts_anew_and_is_never_partial(script: Script, cluster: KubeCluster) -> None:
    expired = refused(410, "Expired", "The provided continue parameter is too old")
    first = listed(config_map("a"), token="t1")
    script.on(ALL, first, expired, first, expired, listed(config_map("a"), config_map("b")))
    found = await cluster.list(MAPS, namespace="shop")
    assert [live.metadata.name for live in found] == ["a", "b"]
    assert [request.query.get("limit") for request in script.asked(ALL)] == ["500"] * 4 + [None]


async def test_a_page_that_fails_fails_the_list(script: Script, cluster: KubeCluster) -> None:
    script.on(ALL, listed(config_map("a"), token="t1"), refused(500, "InternalError", "boom"))
    with pytest.raises(errors.ClusterFailing):
        await cluster.list(MAPS, namespace="shop")


async def test_what_was_not_asked_for_is_not_kept_of_a_metadata_only_list(
    script: Script, cluster: KubeCluster
) -> None:
    script.on(ALL, listed(config_map("a", password="hunter2")))
    (found,) = await cluster.list(MAPS, namespace="shop", metadata_only=True)
    assert b"hunter2" not in found.body
    assert found.manifest()["kind"] == "ConfigMap"


async def test_no_more_requests_at_once_than_the_gate_lets_through(script: Script) -> None:
    inside, most = 0, 0

    async def reply(request: web.Request) -> web.StreamResponse:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        for _ in range(20):
            await asyncio.sleep(0)
        inside -= 1
        return await answer(config_map("a"))(request)

    script.on(ONE, reply)
    cluster = KubeCluster(ClusterAccess("played", script.url), msgspec.structs.replace(FAST, concurrency=3))
    await asyncio.gather(*(apply(cluster) for _ in range(20)))
    await cluster.close()
    assert most == 3


async def test_nobody_listens(unused_tcp_port: int) -> None:
    async with reaching(f"http://127.0.0.1:{unused_tcp_port}") as cluster:
        with pytest.raises(errors.ClusterUnreachable) as caught:
            await cluster.uid()
    assert caught.value.__cause__ is not None
    assert caught.value.hint


async def test_warnings_are_handed_on(script: Script, cluster: KubeCluster) -> None:
    async def reply(request: web.Request) -> web.StreamResponse:
        response = await answer(config_map("a"))(request)
        response.headers.add("Warning", '299 - "policy/v1beta1 is deprecated"')
        response.headers.add("Warning", r'299 - "unknown \"x\"", 299 - "third"')
        return response

    script.on(ONE, reply)
    applied = await cluster.apply(config_map("a"), manager="m")
    assert applied.warnings == ("policy/v1beta1 is deprecated", 'unknown "x"', "third")


async def test_no_error_tells_the_token(script: Script, cluster: KubeCluster) -> None:
    for reply in (refused(401, "Unauthorized", "Unauthorized"), hung_up, text("x", 302), no_http):
        script.on(ONE, reply)
        with pytest.raises(CantataError) as caught:
            await apply(cluster)
        link: BaseException | None = caught.value
        while link is not None:
            assert "very-secret" not in f"{link!s}{link!r}"
            link = link.__cause__


@pytest.mark.parametrize(
    "reply",
    [
        text("404 page not found", 404),
        answer({"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "kube-system"}}),
    ],
    ids=["404", "no UID"],
)
async def test_a_cluster_without_identity_is_none(script: Script, cluster: KubeCluster, reply: Reply) -> None:
    script.on("/api/v1/namespaces/kube-system", reply)
    with pytest.raises(errors.ClusterProtocolError, match="not as a Kubernetes API"):
        await cluster.uid()


async def no_http(request: web.Request) -> web.StreamResponse:
    cast(asyncio.WriteTransport, request.transport).write(b"220 mail.example ESMTP\r\n\r\n")
    return await hung_up(request)


async def test_what_is_no_http_is_a_protocol_error(script: Script, cluster: KubeCluster) -> None:
    script.on(ONE, no_http)
    with pytest.raises(errors.ClusterProtocolError, match="HTTP properly"):
        await cluster.find(MAPS, "shop", "a")


async def test_a_kind_that_vanished_is_looked_up_again(script: Script, cluster: KubeCluster) -> None:
    script.on(ONE, text("404 page not found", 404), answer(config_map("a")))
    with pytest.raises(errors.KindNotServed):
        await apply(cluster)
    await apply(cluster)
    assert script.count("/api/v1") == 2


MAP_VERBS = ["create", "delete", "get", "list", "patch", "watch"]


def serving(*kinds: str) -> Reply:
    resources = [
        {"name": f"{kind.lower()}s", "kind": kind, "namespaced": True, "verbs": MAP_VERBS} for kind in kinds
    ]
    return answer({"kind": "APIResourceList", "resources": resources})


NO_SUCH_PAGE = text("404 page not found", 404)
REQUESTS: list[Callable[[KubeCluster], Awaitable[object]]] = [
    apply,
    lambda cluster: cluster.find(MAPS, "shop", "a"),
    lambda cluster: cluster.delete(MAPS, "shop", "a", uid="u"),
    lambda cluster: cluster.list(MAPS, namespace="shop"),
]


@pytest.mark.parametrize("request_", REQUESTS, ids=["apply", "find", "delete", "list"])
async def test_a_load_balancer_without_its_api_server_makes_nothing_gone(
    script: Script, cluster: KubeCluster, request_: Callable[[KubeCluster], Awaitable[object]]
) -> None:
    """A delete that believed it would forget objects that are there."""
    script.on("/api/v1", serving("ConfigMap"))
    for path in (ONE, ALL):
        script.on(path, NO_SUCH_PAGE)
    with pytest.raises(errors.ClusterFailing, match="lists it all the same"):
        await request_(cluster)
    script.on("/api", NO_SUCH_PAGE)
    with pytest.raises(errors.ClusterProtocolError, match="to discover"):
        await request_(cluster)
    script.on("/api", answer(DISCOVERY["/api"]))
    script.on("/api/v1", serving("Pod"))
    with pytest.raises(errors.KindNotServed):
        await request_(cluster)


@pytest.mark.parametrize("path", ["/api", "/apis", "/version"])
@pytest.mark.parametrize(
    "reply",
    [NO_SUCH_PAGE, answer({}), answer({"kind": "Other", "versions": []}), answer([]), text("<html>")],
    ids=["404", "no kind", "another kind", "a list", "no JSON"],
)
async def test_what_is_no_discovery_says_nothing_about_kinds(
    script: Script, cluster: KubeCluster, path: str, reply: Reply
) -> None:
    script.on(path, reply)
    for _ in range(2):
        with pytest.raises(errors.ClusterProtocolError):
            await cluster.resource("nobody.dev", "Thing")


@pytest.mark.parametrize(
    "down",
    [text("service unavailable", 503), NO_SUCH_PAGE, answer({"resources": 7}), text("<html>")],
    ids=["503", "404", "broken", "no JSON"],
)
async def test_an_add_on_group_that_does_not_answer_is_unknown_not_gone(
    script: Script, cluster: KubeCluster, down: Reply
) -> None:
    version = {"groupVersion": "metrics.k8s.io/v1", "version": "v1"}
    group = {"name": "metrics.k8s.io", "versions": [version], "preferredVersion": version}
    kinds = {
        "kind": "APIResourceList",
        "resources": [{"name": "pods", "kind": "PodMetrics", "namespaced": True, "verbs": ["list"]}],
    }
    script.on("/apis", answer({"kind": "APIGroupList", "groups": [group]}))
    script.on("/apis/metrics.k8s.io/v1", down)
    with pytest.raises(errors.GroupUnavailable):
        await cluster.resource("metrics.k8s.io", "PodMetrics")
    script.on("/apis/metrics.k8s.io/v1", answer(kinds))
    assert (await cluster.resource("metrics.k8s.io", "PodMetrics")).plural == "pods"
    script.on("/apis/metrics.k8s.io/v1", down)
    await cluster.refresh_discovery()
    assert "metrics.k8s.io/v1/PodMetrics" in (await cluster.capabilities()).api_versions
    script.on(ONE, NO_SUCH_PAGE)
    with pytest.raises(errors.KindNotServed):
        await apply(cluster)
    assert (await cluster.resource("metrics.k8s.io", "PodMetrics")).plural == "pods"
    with pytest.raises(errors.KindNotServed):
        await cluster.resource("nobody.dev", "Thing")


async def test_a_group_that_aggregated_discovery_calls_stale_keeps_its_kinds(
    script: Script, cluster: KubeCluster
) -> None:
    def groups(**version: object) -> Reply:
        group = {"metadata": {"name": "metrics.k8s.io"}, "versions": [{"version": "v1", **version}]}
        return answer({"kind": "APIGroupDiscoveryList", "items": [group]})

    kind = {"resource": "pods", "responseKind": {"kind": "PodMetrics"}, "scope": "Namespaced"}
    script.on("/apis", groups(resources=[kind], freshness="Current"), groups(freshness="Stale"))
    await cluster.refresh_discovery()
    await cluster.refresh_discovery()
    assert (await cluster.resource("metrics.k8s.io", "PodMetrics")).plural == "pods"
    with pytest.raises(errors.GroupUnavailable):
        await cluster.resource("metrics.k8s.io", "NodeMetrics")


async def test_discovery_that_did_not_change_is_not_sent_again(script: Script, cluster: KubeCluster) -> None:
    async def reply(request: web.Request) -> web.StreamResponse:
        if request.headers.get("If-None-Match") == '"one"':
            return web.Response(status=304)
        group = {"metadata": {"name": ""}, "versions": [{"version": "v1", "resources": []}]}
        return await answer({"kind": "APIGroupDiscoveryList", "items": [group]}, ETag='"one"')(request)

    script.on("/api", reply)
    await cluster.capabilities()
    await cluster.refresh_discovery()
    assert (await cluster.capabilities()).api_versions == ("v1",)
    assert script.count("/api") == 2


async def test_a_closed_client_says_so(script: Script, cluster: KubeCluster) -> None:
    """A cluster may be removed while somebody still asks it."""
    log = "/api/v1/namespaces/shop/pods/web-1/log"
    script.on(ONE, streamed(b"{", hold=True))
    script.on(log, streamed(b"first\n", hold=True))
    lines = cluster.logs("shop", "web-1", "web", follow=True)
    assert await anext(lines) == b"first"
    following = asyncio.ensure_future(anext(lines))
    asking = asyncio.create_task(cluster.find(MAPS, "shop", "a"))
    await eventually(lambda: script.count(ONE))
    await cluster.close()
    async with asyncio.timeout(5):
        for waiting in (asking, following):
            with pytest.raises(errors.ClusterUnreachable):
                await waiting
    with pytest.raises(errors.ClusterUnreachable, match="was closed"):
        await cluster.find(MAPS, "shop", "a")
    with pytest.raises(errors.ClusterUnreachable, match="was closed"):
        _ = [line async for line in cluster.logs("shop", "web-1", "web")]
    with pytest.raises(errors.ClusterUnreachable, match="was closed"):
        cluster.inform(CONFIG_MAPS)


@asynccontextmanager
async def reaching(url: str) -> AsyncIterator[KubeCluster]:
    cluster = KubeCluster(ClusterAccess("other", url), FAST)
    try:
        yield cluster
    finally:
        await cluster.close()


@pytest.fixture
def unused_tcp_port() -> Iterator[int]:
    """A port that stays taken and does not listen, so that nobody else can answer on it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]
