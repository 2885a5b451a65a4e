"""HTTP repositories that want a login, change, break off, hang, lie or lead elsewhere."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.charts.conftest import LOOPBACK, pack, source
from tests.charts.servers import Handler, Repository, serving

from cantata.charts import Charts, Limits
from cantata.core.model.market import ChartRow, Credentials, IndexMark
from cantata.core.repositories.errors import (
    RepositoryAddressClosed,
    RepositoryAddressInvalid,
    RepositoryAnswerInvalid,
    RepositoryAnswerTooLarge,
    RepositoryLoginRefused,
    RepositoryUnreachable,
)
from cantata.errors import CantataError
from cantata.render import IndexInvalid, RenderPool

INDEX = b"apiVersion: v1\nentries:\n  db:\n  - {version: 1.0.0, urls: [db-1.0.0.tgz]}\n"
ROW = ChartRow("db", "1.0.0", urls=("db-1.0.0.tgz",))
RIGHT = Credentials("ada", "right-secret")


def files() -> dict[str, bytes]:
    return {"/index.yaml": INDEX, "/db-1.0.0.tgz": pack("db", "1.0.0")}


async def test_a_login_opens_it_and_a_wrong_one_is_told(charts: Charts) -> None:
    repository = Repository(files(), user="ada:right-secret")
    async with serving(repository.routes) as url:
        good = source(url, RIGHT)
        assert await charts.fetch_index(good) is not None
        await charts.pull(good, ROW)
        for credentials in (Credentials("ada", "wrong-secret"), Credentials(), Credentials(token="a-secret")):
            bad = source(url, credentials)
            for ask in (charts.fetch_index(bad), charts.pull(bad, ROW)):
                with pytest.raises(RepositoryLoginRefused) as refused:
                    await ask
                told = refused.value
                assert "secret" not in f"{told} {told.hint} {told.subject} {told.__cause__}"


async def test_credentials_stay_with_their_host(charts: Charts) -> None:
    own, other = Repository(files()), Repository(files())
    async with serving(own.routes) as url, serving(other.routes) as elsewhere:
        row = ChartRow("db", "1.0.0", urls=(f"{elsewhere}/db-1.0.0.tgz",))
        await charts.pull(source(url, RIGHT), row)
        assert all("Authorization" not in request.headers for request in other.seen)
        await charts.pull(source(url, RIGHT), ROW)
        assert all("Authorization" in request.headers for request in own.seen)
        await charts.pull(source(url, RIGHT, pass_credentials=True), row)
        assert "Authorization" in other.seen[-1].headers


async def test_credentials_do_not_follow_a_redirect(charts: Charts) -> None:
    other = Repository(files())
    async with serving(other.routes) as elsewhere, serving(leading_to(f"{elsewhere}/index.yaml")) as url:
        assert await charts.fetch_index(source(url, RIGHT)) is not None
    assert all("Authorization" not in request.headers for request in other.seen)


async def test_the_signature_beside_an_archive_comes_along(charts: Charts) -> None:
    text = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n"
    repository = Repository(files())
    async with serving(repository.routes) as url:
        assert (await charts.pull(source(url), ROW)).provenance == ""
        repository.files["/db-1.0.0.tgz.prov"] = b"<html>"
        assert (await charts.pull(source(url), ROW)).provenance == ""
        repository.files["/db-1.0.0.tgz.prov"] = text.encode()
        assert (await charts.pull(source(url), ROW)).provenance == text


def leading_to(location: str) -> dict[str, Handler]:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": location})

    return {"/{path:.*}": answer}


@pytest.mark.parametrize(
    ("location", "error"),
    [
        ("http://127.0.0.2/index.yaml", RepositoryAddressClosed),
        ("http://[::1]/index.yaml", RepositoryAddressClosed),
        ("http://169.254.169.254/latest/meta-data", RepositoryAddressClosed),
        ("http://[::ffff:169.254.169.254]/", RepositoryAddressClosed),
        ("http://10.0.0.1/index.yaml", RepositoryAddressClosed),
        ("http://127.2/", RepositoryAddressInvalid),
        ("http://2130706434/", RepositoryAddressInvalid),
        ("http://0x7f.2/", RepositoryAddressClosed),
        ("/again", RepositoryAnswerInvalid),
        ("file:///etc/passwd", RepositoryAnswerInvalid),
        ("http://ada:secret@example.org/", RepositoryAnswerInvalid),
        ("http://", RepositoryAnswerInvalid),
        ("", RepositoryAnswerInvalid),
    ],
)
async def test_a_redirect_to_a_closed_address_is_not_followed(
    pool: RenderPool, location: str, error: type[CantataError]
) -> None:
    """Only the address of the repository itself is open."""
    one = Charts(pool, allowed=[ip_network("127.0.0.1/32")])
    async with serving(leading_to(location)) as url:
        for ask in (one.fetch_index(source(url)), one.pull(source(url), ROW)):
            with pytest.raises(error) as refused:
                await ask
            assert "secret" not in str(refused.value)


async def test_a_name_is_refused_for_what_it_means(pool: RenderPool) -> None:
    """`localhost` says nothing by itself: it is looked at when it is called."""
    repository = Repository(files())
    async with serving(repository.routes) as url:
        named = url.replace("127.0.0.1", "localhost")
        with pytest.raises(RepositoryAddressClosed):
            await Charts(pool).fetch_index(source(named))
        with pytest.raises(RepositoryAddressClosed):
            await Charts(pool).fetch_index(source(url))
        assert repository.seen == []
        assert await Charts(pool, allowed=LOOPBACK).fetch_index(source(named)) is not None


@pytest.mark.parametrize("place", ["ftp://example.org/db.tgz", "file:///etc/passwd", "https://a b/"])
async def test_an_index_cannot_name_just_any_place(charts: Charts, place: str) -> None:
    with pytest.raises(RepositoryAddressInvalid):
        await charts.pull(source("http://127.0.0.1:9"), ChartRow("db", "1.0.0", urls=(place,)))


async def hang(_request: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


async def drip(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"#\n")
        await asyncio.sleep(0.02)


async def stall(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(INDEX)
    await asyncio.Event().wait()
    raise AssertionError


@pytest.mark.parametrize("handler", [hang, drip, stall])
async def test_a_repository_that_hangs_is_given_up(pool: RenderPool, handler: Handler) -> None:
    patient = Charts(pool, allowed=LOOPBACK, limits=Limits(idle=0.3, whole=0.6))
    async with serving({"/{path:.*}": handler}) as url:
        with pytest.raises(RepositoryUnreachable, match="no answer in time"):
            await patient.fetch_index(source(url))


async def cut_off(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(INDEX)
    assert request.transport is not None
    request.transport.abort()
    return response


async def cut_off_zipped(_request: web.Request) -> web.StreamResponse:
    return web.Response(body=gzip.compress(INDEX)[:-12], headers={"Content-Encoding": "gzip"})


async def no_gzip(_request: web.Request) -> web.StreamResponse:
    return web.Response(body=INDEX, headers={"Content-Encoding": "gzip"})


@pytest.mark.parametrize("handler", [cut_off, cut_off_zipped, no_gzip])
async def test_half_an_answer_is_none(charts: Charts, handler: Handler) -> None:
    async with serving({"/{path:.*}": handler}) as url:
        with pytest.raises(RepositoryUnreachable):
            await charts.fetch_index(source(url))


async def test_half_an_index_is_none(charts: Charts) -> None:
    repository = Repository({"/index.yaml": INDEX[:-9]})
    async with serving(repository.routes) as url:
        with pytest.raises(IndexInvalid):
            await charts.fetch_index(source(url))


async def explode(_request: web.Request) -> web.StreamResponse:
    return web.Response(body=gzip.compress(bytes(50_000_000)), headers={"Content-Encoding": "gzip"})


async def test_what_is_too_large_is_not_read_to_its_end(charts: Charts, pool: RenderPool) -> None:
    async with serving({"/{path:.*}": explode}) as url:
        with pytest.raises(RepositoryAnswerTooLarge):
            await charts.fetch_index(source(url))
    small = Charts(pool, allowed=LOOPBACK, limits=Limits(index_bytes=10, archive_bytes=10))
    async with serving(Repository(files()).routes) as url:
        for ask in (small.fetch_index(source(url)), small.pull(source(url), ROW)):
            with pytest.raises(RepositoryAnswerTooLarge):
                await ask


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (403, RepositoryLoginRefused),
        (404, RepositoryAnswerInvalid),
        (418, RepositoryAnswerInvalid),
        (429, RepositoryUnreachable),
        (500, RepositoryUnreachable),
        (304, RepositoryAnswerInvalid),
    ],
)
async def test_what_a_status_means(charts: Charts, status: int, error: type[CantataError]) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status)

    async with serving({"/{path:.*}": answer}) as url:
        with pytest.raises(error):
            await charts.fetch_index(source(url))


async def test_nobody_is_there(charts: Charts) -> None:
    async with serving({}) as url:
        pass
    with pytest.raises(RepositoryUnreachable) as refused:
        await charts.fetch_index(source(url))
    assert url.removeprefix("http://") in str(refused.value)


async def test_a_page_in_the_place_of_an_archive_is_none(charts: Charts) -> None:
    async with serving(Repository({"/db-1.0.0.tgz": b"<html>sign in"}).routes) as url:
        with pytest.raises(RepositoryAnswerInvalid, match="no archive"):
            await charts.pull(source(url), ROW)


async def test_the_date_of_an_index_will_do_where_there_is_no_etag(charts: Charts) -> None:
    async def answer(request: web.Request) -> web.Response:
        if request.headers.get("If-Modified-Since") == "yesterday":
            return web.Response(status=304)
        return web.Response(body=INDEX, headers={"Last-Modified": "yesterday"})

    async with serving({"/index.yaml": answer}) as url:
        index = await charts.fetch_index(source(url))
        assert index is not None
        assert index.mark == IndexMark(last_modified="yesterday")
        assert await charts.fetch_index(source(url), index.mark) is None


async def test_an_index_of_ten_megabytes_is_read(charts: Charts) -> None:
    entry = "  - {version: 1.%d.0, urls: [a.tgz], description: " + "word " * 150 + "}\n"
    text = "apiVersion: v1\nentries:\n" + "".join(
        f"  chart-{chart}:\n" + "".join(entry % version for version in range(60)) for chart in range(200)
    )
    assert len(text) > 9_000_000
    async with serving(Repository({"/index.yaml": text.encode()}).routes) as url:
        index = await charts.fetch_index(source(url))
        assert index is not None
        assert len(index.rows) == 12_000
        assert next(iter(index.rows)).version == "1.59.0"
        assert await charts.fetch_index(source(url), index.mark) is None


@asynccontextmanager
async def secure(folder: Path, routes: dict[str, Handler]) -> AsyncIterator[tuple[str, str]]:
    """A server with a certificate of its own, which comes along."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    (folder / "cert.pem").write_bytes(pem)
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    async with serving(routes, context) as url:
        yield url, pem.decode()


async def test_a_certificate_must_be_trusted(charts: Charts, tmp_path: Path) -> None:
    async with secure(tmp_path, dict(Repository(files()).routes)) as (url, pem):
        with pytest.raises(RepositoryUnreachable, match="certificate is not trusted"):
            await charts.fetch_index(source(url))
        assert await charts.fetch_index(source(url, ca_text=pem)) is not None
        with pytest.raises(RepositoryAddressInvalid, match="PEM"):
            await charts.fetch_index(source(url, ca_text="none"))


async def test_nothing_leads_from_https_to_http(charts: Charts, tmp_path: Path) -> None:
    async with secure(tmp_path, leading_to("http://127.0.0.1:9/index.yaml")) as (url, pem):
        with pytest.raises(RepositoryAnswerInvalid, match="from https to http"):
            await charts.fetch_index(source(url, ca_text=pem))
