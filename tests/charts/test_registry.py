"""Registries with logins, tokens that expire, layers that are gone or spoilt, and such as are none."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from tests.charts.conftest import LOOPBACK, digest, pack, source
from tests.charts.registries import (
    PASSWORD,
    USER,
    RunningRegistry,
    TokenServer,
    htpasswd,
    running_registry,
    token_server,
)
from tests.charts.servers import Handler, serving

from cantata.charts import Charts, Limits
from cantata.core.model.market import ChartRow, Credentials, Source
from cantata.core.repositories.errors import (
    ChartDigestWrong,
    ChartNotInRepository,
    RepositoryAddressClosed,
    RepositoryAddressInvalid,
    RepositoryAnswerInvalid,
    RepositoryAnswerTooLarge,
    RepositoryLoginRefused,
    RepositoryUnreachable,
)
from cantata.core.repositories.registries import CONFIG, MANIFEST
from cantata.errors import CantataError
from cantata.render import RenderPool
from cantata.sandbox import Sandbox

RIGHT, WRONG = Credentials(USER, PASSWORD), Credentials(USER, "wrong-secret")
ROW = ChartRow("db", "1.0.0")
ARCHIVE = pack("db", "1.0.0")


@pytest.fixture(scope="module")
def guarded(registry_program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    with running_registry(registry_program, htpasswd(tmp_path_factory.mktemp("auth"))) as running:
        yield running


def at(registry: RunningRegistry, credentials: Credentials | None = None, folder: str = "charts") -> Source:
    return source(f"oci://{registry.host}/{folder}", credentials)


async def test_a_password_opens_it_and_a_wrong_one_is_told(charts: Charts, guarded: RunningRegistry) -> None:
    await charts.publish(at(guarded, RIGHT), ARCHIVE, ROW)
    assert (await charts.pull(at(guarded, RIGHT), ROW)).archive == ARCHIVE
    index = await charts.fetch_index(at(guarded, RIGHT))
    assert index is not None
    assert [row.name for row in index.rows] == ["db"]
    for credentials in (WRONG, Credentials(), Credentials(token="a-secret")):
        bad = at(guarded, credentials)
        asks: list[Callable[[], Awaitable[object]]] = [
            partial(charts.pull, bad, ROW),
            partial(charts.publish, bad, ARCHIVE, ROW),
            partial(charts.fetch_index, bad),
            partial(charts.versions, bad, "db"),
        ]
        for ask in asks:
            with pytest.raises(RepositoryLoginRefused) as refused:
                await ask()
            assert "secret" not in f"{refused.value} {refused.value.hint}"


@pytest.fixture
async def issuer() -> AsyncIterator[TokenServer]:
    async with token_server() as issuer:
        yield issuer


@pytest.fixture
def tokens(registry_program: Path, issuer: TokenServer, tmp_path: Path) -> Iterator[RunningRegistry]:
    with running_registry(registry_program, issuer.auth(tmp_path)) as running:
        yield running


async def test_a_token_is_asked_for_once(
    charts: Charts, tokens: RunningRegistry, issuer: TokenServer
) -> None:
    await charts.publish(at(tokens, RIGHT), ARCHIVE, ROW)
    assert set(issuer.asked) == {"repository:charts/db:pull", "repository:charts/db:pull,push"}
    asked = len(issuer.asked)
    for _ in range(3):
        assert (await charts.pull(at(tokens, RIGHT), ROW)).archive == ARCHIVE
    assert len(issuer.asked) == asked
    assert await charts.fetch_index(at(tokens, RIGHT)) is not None
    assert "registry:catalog:*" in issuer.asked
    with pytest.raises(RepositoryLoginRefused):
        await charts.pull(at(tokens, WRONG), ROW)
    with pytest.raises(RepositoryLoginRefused):
        await charts.pull(at(tokens), ROW)


async def test_an_expired_token_is_followed_by_a_fresh_one(
    charts: Charts, tokens: RunningRegistry, issuer: TokenServer
) -> None:
    await charts.publish(at(tokens, RIGHT), ARCHIVE, ROW)
    other = at(tokens, Credentials(USER, PASSWORD), "others")
    issuer.lifetime = -300
    with pytest.raises(RepositoryLoginRefused):  # Over before it begins: once more would not help.
        await charts.publish(other, ARCHIVE, ROW)
    issuer.lifetime = 300
    asked = len(issuer.asked)
    # The token that is kept still claims to live.
    await charts.publish(other, ARCHIVE, ROW)
    assert len(issuer.asked) > asked


async def test_a_token_that_says_itself_that_it_is_over_is_not_sent(
    charts: Charts, tokens: RunningRegistry, issuer: TokenServer
) -> None:
    issuer.claimed = 1
    await charts.publish(at(tokens, RIGHT), ARCHIVE, ROW)
    asked = len(issuer.asked)
    await charts.pull(at(tokens, RIGHT), ROW)
    assert len(issuer.asked) > asked


async def test_a_layer_that_is_gone_or_spoilt_is_told(charts: Charts, registry: RunningRegistry) -> None:
    where = at(registry, folder="layers")
    for name in ("gone", "spoilt", "short"):
        archive = pack(name, "1.0.0")
        await charts.publish(where, archive, ChartRow(name, "1.0.0"))
        blob = registry.blob(digest(archive))
        if name == "gone":
            blob.unlink()
        else:
            blob.write_bytes(archive[::-1] if name == "spoilt" else archive[:-5])
    with pytest.raises(ChartNotInRepository, match="not its layer"):
        await charts.pull(where, ChartRow("gone", "1.0.0"))
    for name in ("spoilt", "short"):
        with pytest.raises(ChartDigestWrong, match="not what its manifest says"):
            await charts.pull(where, ChartRow(name, "1.0.0"))


async def test_what_is_pushed_is_pinned_by_its_digests(charts: Charts, registry: RunningRegistry) -> None:
    where = at(registry, folder="pins")
    published = await charts.publish(where, ARCHIVE, ROW)
    pulled = await charts.pull(where, ROW)
    assert (pulled.digest, pulled.manifest) == (published.digest, published.manifest)
    assert pulled.origin == f"oci://{registry.host}/pins/db:1.0.0"


async def test_an_address_may_be_that_of_one_chart(charts: Charts, registry: RunningRegistry) -> None:
    await charts.publish(at(registry, folder="single"), ARCHIVE, ROW)
    one = source(f"oci://{registry.host}/single/db")
    index = await charts.fetch_index(one)
    assert index is not None
    assert [(row.name, row.description) for row in index.rows] == [("db", "What db does")]
    assert (await charts.pull(one, ROW)).archive == ARCHIVE
    named = source(f"oci://{registry.host}/single", charts=("db",))
    index = await charts.fetch_index(named)
    assert index is not None
    assert len(index.rows) == 1


async def test_signatures_are_told(charts: Charts, registry: RunningRegistry) -> None:
    """Of cosign: a manifest under a tag that is made of the digest of what it signs."""
    where = at(registry, folder="signed")
    await charts.publish(where, ARCHIVE, ROW)
    pulled = await charts.pull(where, ROW)
    assert pulled.signatures == ()
    tag = f"{pulled.manifest.replace(':', '-')}.sig"
    url = f"http://{registry.host}/v2/signed/db/manifests"
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{url}/1.0.0", headers={"Accept": MANIFEST}) as answer:
            content = await answer.read()
        async with session.put(f"{url}/{tag}", data=content, headers={"Content-Type": MANIFEST}) as answer:
            assert answer.status == 201
    assert (await charts.pull(where, ROW)).signatures == (f"cosign {tag}",)
    assert await charts.versions(where, "db") == ("1.0.0",)


@pytest.mark.sandbox
async def test_helm_pulls_what_we_push_and_we_what_helm_pushes(
    charts: Charts, registry: RunningRegistry, tmp_path: Path
) -> None:
    helm = Sandbox().tool("helm")
    homes = {f"HELM_{kind}_HOME": str(tmp_path / kind) for kind in ("CACHE", "CONFIG", "DATA")}

    async def run(*arguments: str) -> str:
        def call() -> str:
            done = subprocess.run(
                [helm, *arguments], env=homes, cwd=tmp_path, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
            return done.stdout

        return await asyncio.to_thread(call)

    archive = pack("web", "1.0.0+one")
    where = at(registry, folder="helm")
    await charts.publish(where, archive, ChartRow("web", "1.0.0+one"))
    address = f"oci://{registry.host}/helm"
    await run("pull", f"{address}/web", "--version", "1.0.0+one", "--plain-http")
    assert (tmp_path / "web-1.0.0+one.tgz").read_bytes() == archive
    shown = await run("show", "chart", f"{address}/web", "--plain-http", "--version", "1.0.0+one")
    assert "What web does" in shown
    (tmp_path / "db.tgz").write_bytes(ARCHIVE)
    (tmp_path / "db.tgz.prov").write_text("-----BEGIN PGP SIGNED MESSAGE-----\n")
    await run("push", "db.tgz", address, "--plain-http")
    pulled = await charts.pull(where, ROW)
    assert (pulled.archive, pulled.provenance) == (ARCHIVE, "-----BEGIN PGP SIGNED MESSAGE-----\n")


def manifest(**changes: object) -> bytes:
    layer = {"mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip"}
    told = {"schemaVersion": 2, "layers": [{**layer, "digest": digest(ARCHIVE), "size": len(ARCHIVE)}]}
    return json.dumps({**told, **changes}).encode()


def says(body: bytes = b"{}", status: int = 200, **headers: str) -> Handler:
    async def answer(_request: web.Request) -> web.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(body=body, status=status, headers=named)

    return answer


async def hang(_request: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


IMAGE = manifest(layers=[{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": "x", "size": 1}])
ELSEWHERE = manifest(layers=[{"mediaType": "application/tar+gzip", "digest": "sha256:../../x", "size": 1}])
HUGE = manifest(layers=[{"mediaType": "application/tar+gzip", "digest": digest(b""), "size": 10**12}])
LOOP = manifest(layers=[], manifests=[{"digest": digest(b""), "size": 1}])


def wants_token(realm: str) -> Handler:
    return says(status=401, WWW_Authenticate=f'Bearer realm="{realm}",service="s"')


@pytest.mark.parametrize(
    ("handler", "error"),
    [
        (says(b"<html>"), RepositoryAnswerInvalid),
        (says(IMAGE), RepositoryAnswerInvalid),
        (says(ELSEWHERE), RepositoryAnswerInvalid),
        (says(HUGE), RepositoryAnswerTooLarge),
        (says(LOOP), ChartDigestWrong),
        (says(manifest(), Docker_Content_Digest=digest(b"another")), ChartDigestWrong),
        (says(b" " * 5_000_000), RepositoryAnswerTooLarge),
        (says(status=404), ChartNotInRepository),
        (says(status=401), RepositoryLoginRefused),
        (says(status=429), RepositoryUnreachable),
        (says(status=401, WWW_Authenticate="Negotiate"), RepositoryLoginRefused),
        (wants_token("http://10.0.0.1/token"), RepositoryAddressClosed),
        (wants_token("http://169.254.169.254/"), RepositoryAddressClosed),
        (wants_token("file:///etc/passwd"), RepositoryAddressInvalid),
        (says(status=307, Location="http://10.0.0.1/blob"), RepositoryAddressClosed),
        (hang, RepositoryUnreachable),
    ],
)
async def test_a_registry_that_is_none(pool: RenderPool, handler: Handler, error: type[CantataError]) -> None:
    one = Charts(pool, allowed=LOOPBACK, limits=Limits(idle=0.3, whole=0.6))
    async with serving({"/{path:.*}": handler}) as url:
        with pytest.raises(error):
            await one.pull(source(url.replace("http://", "oci://"), RIGHT), ROW)


async def test_an_issuer_that_gives_no_token(charts: Charts) -> None:
    for answer in (b"{}", b"<html>", b'{"token": "a\\u0000b"}', b'{"token": "a\\r\\nb"}'):
        routes = {"/token": says(answer), "/v2/{rest:.*}": wants_token("/token")}
        async with serving(routes) as url:
            with pytest.raises((RepositoryLoginRefused, RepositoryAnswerInvalid)):
                await charts.pull(source(url.replace("http://", "oci://"), RIGHT), ROW)


async def test_tags_come_in_pages(charts: Charts) -> None:
    async def page(request: web.Request) -> web.Response:
        last = int(request.query.get("last", "0"))
        tags = [f"1.{last + number}.0" for number in range(3)] + ["latest"]
        link = {"Link": f'</v2/db/tags/list?last={last + 3}>; rel="next"'} if last < 6 else {}
        return web.json_response({"name": "db", "tags": tags}, headers=link)

    async with serving({"/v2/db/tags/list": page}) as url:
        versions = await charts.versions(source(url.replace("http://", "oci://")), "db")
    assert versions == tuple(f"1.{number}.0" for number in reversed(range(9)))


@pytest.mark.parametrize(
    ("link", "error"),
    [
        ("</v2/db/tags/list?last=1>; rel=next", RepositoryAnswerTooLarge),
        ("<http://127.0.0.1:9/v2/db/tags/list>; rel=next", RepositoryAnswerInvalid),
        ("<file:///etc/passwd>; rel=next", RepositoryAnswerInvalid),
    ],
)
async def test_pages_that_lead_on_and_on(pool: RenderPool, link: str, error: type[CantataError]) -> None:
    one = Charts(pool, allowed=LOOPBACK, limits=Limits(pages=3))
    async with serving({"/v2/db/tags/list": says(b'{"tags": ["1.0.0"]}', Link=link)}) as url:
        with pytest.raises(error):
            await one.versions(source(url.replace("http://", "oci://")), "db")


async def test_a_catalog_may_hold_more_than_charts(charts: Charts) -> None:
    """Images are left out with a word, and so is the second chart of a name."""
    config = b'{"name": "db", "version": "1.0.0", "description": "kept"}'
    told = {"mediaType": CONFIG, "digest": digest(config), "size": len(config)}
    routes = {
        "/v2/_catalog": says(json.dumps({"repositories": ["a/db", "img", "db", "gone"]}).encode()),
        "/v2/{name:gone}/tags/list": says(status=404),
        "/v2/{name:.*}/tags/list": says(b'{"tags": ["1.0.0", "0.9.0", "latest", "sha256-1.sig"]}'),
        "/v2/img/manifests/{tag}": says(IMAGE),
        "/v2/db/manifests/{tag}": says(manifest(config=told)),
        "/v2/db/blobs/{digest}": says(config),
    }
    async with serving(routes) as url:
        index = await charts.fetch_index(source(url.replace("http://", "oci://")))
    assert index is not None
    assert [(row.name, row.version, row.description) for row in index.rows] == [
        ("db", "1.0.0", "kept"),
        ("db", "0.9.0", ""),
    ]
    assert sorted(line.split(":")[0] for line in index.rows.skipped) == ["a/db", "gone", "img"]


async def test_a_registry_that_takes_a_little_too_long_each_time(pool: RenderPool) -> None:
    one = Charts(pool, allowed=LOOPBACK, limits=Limits(conversation=0.3, pages=10**9))

    async def slow(_request: web.Request) -> web.Response:
        await asyncio.sleep(0.05)
        return web.json_response({"tags": ["1.0.0"]}, headers={"Link": "</v2/db/tags/list>; rel=next"})

    async with serving({"/v2/db/tags/list": slow}) as url:
        with pytest.raises(RepositoryUnreachable, match="takes too long"):
            await one.versions(source(url.replace("http://", "oci://")), "db")


async def test_a_registry_that_does_not_tell_what_it_has(charts: Charts) -> None:
    async with serving({"/{path:.*}": says(status=404)}) as url:
        with pytest.raises(RepositoryAnswerInvalid, match="does not tell what charts it has") as refused:
            await charts.fetch_index(source(url.replace("http://", "oci://")))
    assert "Name the charts" in refused.value.hint
