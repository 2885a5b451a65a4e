"""Credentials that change while we run: token files, exec plugins, client certificates; and TLS itself."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import json
import os
import socket
import ssl
import stat
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.kube.conftest import FAST, Script, answer, config_map, refused, serve, streamed, until

from cantata.core.model.objects import GVK
from cantata.kube import ClusterAccess, ExecPlugin, Impersonation, KubeCluster, Source, UserAccess, errors
from cantata.kube.exec_plugin import run_plugin

MAPS = GVK("", "v1", "ConfigMap")
V1 = "client.authentication.k8s.io/v1"

PLUGIN = """#!{python}
import json, os, sys
info = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
calls = {calls!r}
number = len(open(calls).read()) + 1 if os.path.exists(calls) else 1
open(calls, "a").write("x")
{body}
"""
GIVE = 'print(json.dumps({{"kind": "ExecCredential", "apiVersion": info["apiVersion"], "status": {status}}}))'

MakePlugin = Callable[..., ExecPlugin]


@pytest.fixture
def plugin(tmp_path: Path) -> MakePlugin:
    """Writes a real little program, which counts its runs in the file `calls`."""

    def make(status: str = "{}", body: str = "", **rest: Any) -> ExecPlugin:
        path = tmp_path / "plugin"
        text = body or GIVE.format(status=status)
        path.write_text(PLUGIN.format(python=sys.executable, calls=str(tmp_path / "calls"), body=text))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return ExecPlugin(command=str(path), api_version=rest.pop("api_version", V1), **rest)

    return make


def runs(tmp_path: Path) -> int:
    return len((tmp_path / "calls").read_text())


@asynccontextmanager
async def connected(url: str, **access: Any) -> AsyncIterator[KubeCluster]:
    cluster = KubeCluster(ClusterAccess(name="played", server=url, **access), FAST)
    try:
        yield cluster
    finally:
        await cluster.close()


async def ask(cluster: KubeCluster) -> None:
    await cluster.find(MAPS, "shop", "a")


PATH = "/api/v1/namespaces/shop/configmaps/a"


def shown(script: Script) -> list[str]:
    return [request.headers.get("Authorization", "") for request in script.asked(PATH)]


async def test_a_rotated_token_file_is_read_again(script: Script, tmp_path: Path) -> None:
    (tmp_path / "old").write_text("one\n")
    (tmp_path / "new").write_text("two\n")
    token = tmp_path / "token"
    token.symlink_to("old")
    script.on(PATH, answer(config_map("a")))
    async with connected(script.url, user=UserAccess(token=Source(path=str(token)))) as cluster:

        async def shows(wanted: str) -> bool:
            await ask(cluster)
            return shown(script)[-1] == f"Bearer {wanted}"

        assert await shows("one")
        token.unlink()
        token.symlink_to("new")
        await until(lambda: shows("two"))
        (tmp_path / "new").write_text("three, longer")
        await until(lambda: shows("three, longer"))
        token.unlink()
        with pytest.raises(errors.KubeconfigInvalid, match="cannot be read"):
            await until(lambda: shows("nothing"))


async def test_basic_and_impersonation_headers(script: Script) -> None:
    script.on(PATH, answer(config_map("a")))
    someone = Impersonation("jane", "7", ("dev", "ops"), {"Scope/A": ("x", "y")})
    user = UserAccess(username="me", password="pw", impersonation=someone)
    async with connected(script.url, user=user) as cluster:
        await ask(cluster)
    headers = script.requests[-1].headers
    assert headers["Authorization"] == "Basic bWU6cHc="
    assert headers["Impersonate-User"] == "jane"
    assert headers["Impersonate-Uid"] == "7"
    assert headers.getall("Impersonate-Group") == ["dev", "ops"]
    assert headers.getall("Impersonate-Extra-scope%2Fa") == ["x", "y"]


async def test_a_token_cannot_smuggle_headers(script: Script) -> None:
    user = UserAccess(token=Source(data=b"one\r\nImpersonate-User: root"))
    async with connected(script.url, user=user) as cluster:
        with pytest.raises(errors.KubeconfigInvalid) as caught:
            await ask(cluster)
    assert "root" not in str(caught.value)


@pytest.mark.parametrize("version", [V1, "client.authentication.k8s.io/v1beta1"])
async def test_a_plugin_runs_once_until_its_token_expires(
    script: Script, tmp_path: Path, plugin: MakePlugin, version: str
) -> None:
    soon = '"1970-01-01T00:00:00Z" if number == 1 else "2999-01-01T00:00:00Z"'
    made = plugin(f'{{"token": f"token-{{number}}", "expirationTimestamp": {soon}}}', api_version=version)
    script.on(PATH, answer(config_map("a")))
    async with connected(script.url, user=UserAccess(exec=made)) as cluster:
        for _ in range(4):
            await ask(cluster)
    assert shown(script) == ["Bearer token-2"] * 4
    assert runs(tmp_path) == 2


async def test_a_refused_token_is_renewed_once(script: Script, tmp_path: Path, plugin: MakePlugin) -> None:
    made = plugin('{"token": f"token-{number}"}')
    denied = refused(401, "Unauthorized", "Unauthorized")
    script.on(PATH, answer(config_map("a")), denied, answer(config_map("a")), denied)
    async with connected(script.url, user=UserAccess(exec=made)) as cluster:
        before = runs(tmp_path) if (tmp_path / "calls").exists() else 0
        await ask(cluster)
        await ask(cluster)
        assert runs(tmp_path) == before + 2
        with pytest.raises(errors.ClusterUnauthorized):
            await ask(cluster)
    assert len(shown(script)) == 5


async def test_a_refused_static_token_is_not_tried_again(script: Script) -> None:
    script.on(PATH, refused(401, "Unauthorized", "Unauthorized"))
    async with connected(script.url, user=UserAccess(token=Source(data=b"t"))) as cluster:
        with pytest.raises(errors.ClusterUnauthorized) as caught:
            await ask(cluster)
    assert caught.value.hint
    assert len(shown(script)) == 1


async def test_a_plugin_learns_of_the_cluster_and_gets_its_environment(plugin: MakePlugin) -> None:
    wanted = '{"token": json.dumps(info["spec"]) + os.environ["REGION"] + sys.argv[1]}'
    made = plugin(wanted, cluster_info=True, environment={"REGION": "eu"}, arguments=("get-token",))
    access = ClusterAccess(
        "c", "https://api", authority=Source(data=b"PEM"), tls_server_name="k8s", exec_config={"a": 1}
    )
    result = await run_plugin(made, access)
    spec, _, rest = result.token.rpartition("}")
    assert rest == "euget-token"
    assert json.loads(spec + "}") == {
        "interactive": False,
        "cluster": {
            "server": "https://api",
            "tls-server-name": "k8s",
            "certificate-authority-data": "UEVN",
            "config": {"a": 1},
        },
    }


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('print("token: hush-hush")', "did not print an ExecCredential"),
        ('sys.stderr.write("log in first\\n"); sys.exit(3)', "status 3: log in first"),
        (f'sys.stderr.write("bad " + "{"k" * 50}"); sys.exit(1)', "status 1: bad …"),
        ('print(\'{"kind": "ExecCredential", "apiVersion": "x/v1"}\')', "did not answer in"),
        (GIVE.format(status="{}"), "neither a token nor"),
        (GIVE.format(status='{"token": "hush-hush", "clientKeyData": "k"}'), "without its"),
        (GIVE.format(status='{"token": "t", "expirationTimestamp": "2030-01-01T00:00:00"}'), "time zone"),
        ('sys.stdout.write("x" * 2_000_000)', "more than 1 MiB"),
    ],
)  # fmt: skip
async def test_a_failing_plugin_is_named(plugin: MakePlugin, body: str, said: str) -> None:
    with pytest.raises(errors.CredentialPluginFailed) as caught:
        await run_plugin(plugin(body=body), ClusterAccess("c", "https://api"))
    assert said in str(caught.value)
    assert "hush-hush" not in f"{caught.value}{caught.value.__cause__}"


DAEMON = """
import subprocess, time
if os.fork() == 0:
    os.setsid()
    time.sleep(15)
time.sleep(15)
"""


@pytest.mark.parametrize("body", ["import time; time.sleep(60)", DAEMON], ids=["it sleeps", "its child does"])
async def test_a_plugin_that_does_not_end_is_left(plugin: MakePlugin, body: str) -> None:
    """Also when a child that it let go holds its pipes open."""
    async with asyncio.timeout(10):
        with pytest.raises(errors.CredentialPluginFailed, match="did not end within"):
            await run_plugin(plugin(body=body), ClusterAccess("c", "https://api"), seconds=0.5)


async def test_a_missing_plugin_tells_how_to_install_it() -> None:
    plugin = ExecPlugin("no-such-plugin-here", V1, install_hint="Install it with brew.")
    with pytest.raises(errors.CredentialPluginFailed, match="cannot be started") as caught:
        await run_plugin(plugin, ClusterAccess("c", "https://api"))
    assert caught.value.hint == "Install it with brew."


class Authority:
    """A throw-away certificate authority."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._sign("authority", self.key.public_key(), None)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def issue(self, name: str, address: str = "") -> tuple[bytes, bytes]:
        key = ec.generate_private_key(ec.SECP256R1())
        san: list[x509.GeneralName] = [x509.DNSName(name)]
        if address:
            san.append(x509.IPAddress(ipaddress.ip_address(address)))
        certificate = self._sign(name, key.public_key(), x509.SubjectAlternativeName(san))
        return certificate.public_bytes(serialization.Encoding.PEM), key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def _sign(
        self, name: str, key: ec.EllipticCurvePublicKey, names: x509.SubjectAlternativeName | None
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")]))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(minutes=5))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=names is None, path_length=None), critical=True)
        )
        if names:
            builder = builder.add_extension(names, critical=False)
        return builder.sign(self.key, hashes.SHA256())


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
async def secured(authority: Authority, tmp_path: Path) -> AsyncIterator[Script]:
    """The scripted server behind TLS, its certificate for the name `kubernetes` only, asking for clients'."""
    certificate, key = authority.issue("kubernetes")
    (tmp_path / "server.pem").write_bytes(certificate + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    context.load_verify_locations(cadata=authority.pem.decode())
    context.verify_mode = ssl.CERT_OPTIONAL
    async with aclosing(serve(Script(), context)) as served:  # type: ignore[type-var]
        async for script in served:
            script.on(PATH, answer(config_map("a")))
            yield script


def client_name(script: Script) -> str:
    peer = script.peers[-1]
    return dict(pair for part in peer["subject"] for pair in part)["commonName"] if peer else ""


async def test_tls_server_name(secured: Script, authority: Authority) -> None:
    good = {"authority": Source(data=authority.pem), "tls_server_name": "kubernetes"}
    async with connected(secured.url, **good) as cluster:
        await ask(cluster)
        assert client_name(secured) == ""
    async with connected(secured.url, authority=Source(data=authority.pem)) as cluster:
        with pytest.raises(errors.ClusterUntrusted):
            await ask(cluster)


async def test_a_certificate_of_another_authority_is_not_trusted(secured: Script) -> None:
    for wrong in (Source(data=Authority().pem), None):
        async with connected(secured.url, authority=wrong, tls_server_name="kubernetes") as cluster:
            with pytest.raises(errors.ClusterUntrusted) as caught:
                await ask(cluster)
            assert "certificate-authority-data" in caught.value.hint
    async with connected(secured.url, insecure=True) as cluster:
        await ask(cluster)


async def test_a_bundle_of_authorities_may_have_comments(secured: Script, authority: Authority) -> None:
    bundle = "# Tanúsítvány\n".encode() + authority.pem + Authority().pem
    async with connected(secured.url, authority=Source(data=bundle), tls_server_name="kubernetes") as cluster:
        await ask(cluster)


async def test_a_client_certificate_that_is_renewed_in_its_file(
    secured: Script, authority: Authority, tmp_path: Path
) -> None:
    paths = (tmp_path / "me.crt", tmp_path / "me.key")

    def renew(name: str) -> None:
        for path, content in zip(paths, authority.issue(name), strict=True):
            path.write_bytes(content)
            os.utime(path, ns=(hash(name) % 10**9, hash(name) % 10**9))

    renew("jane")
    user = UserAccess(certificate=Source(path=str(paths[0])), key=Source(path=str(paths[1])))
    async with connected(secured.url, insecure=True, user=user) as cluster:
        await ask(cluster)
        assert client_name(secured) == "jane"
        renew("john")

        async def shows_john() -> bool:
            await ask(cluster)
            return client_name(secured) == "john"

        await until(shows_john)


async def test_a_client_certificate_from_a_plugin(
    secured: Script, authority: Authority, plugin: MakePlugin
) -> None:
    certificate, key = authority.issue("plugged")
    made = plugin(f'{{"clientCertificateData": {certificate.decode()!r}, "clientKeyData": {key.decode()!r}}}')
    async with connected(secured.url, insecure=True, user=UserAccess(exec=made)) as cluster:
        await ask(cluster)
    assert client_name(secured) == "plugged"


def sockets_to(port: int) -> list[int]:
    """Our open descriptors that lead to this port."""
    found = []
    for descriptor in map(int, os.listdir("/dev/fd")):
        with suppress(OSError):  # Some are no sockets, or lead nowhere.
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                with socket.socket(fileno=os.dup(descriptor)) as copy:
                    if copy.family == socket.AF_INET and copy.getpeername()[1] == port:
                        found.append(descriptor)
    return found


async def test_a_stream_that_is_left_does_not_wait_for_the_peer(
    secured: Script, authority: Authority
) -> None:
    secured.on("/api/v1/namespaces/shop/pods/web-1/log", streamed(b"first\n", hold=True))
    good = {"authority": Source(data=authority.pem), "tls_server_name": "kubernetes"}
    async with connected(secured.url, **good) as cluster:
        async with aclosing(cluster.logs("shop", "web-1", "web", follow=True)) as lines:  # type: ignore[type-var]
            assert await anext(lines) == b"first"
        await cluster.close()
        assert sockets_to(int(secured.url.rpartition(":")[2])) == []


async def test_broken_certificates_are_named(secured: Script, authority: Authority) -> None:
    certificate, _key = authority.issue("one")
    _certificate, key = authority.issue("two")
    user = UserAccess(certificate=Source(data=certificate), key=Source(data=key))
    authorities = (b"no certificate", b"", "tanúsítvány".encode(), b"\0\xff")
    trusting: list[dict[str, Any]] = [{"authority": Source(data=data)} for data in authorities]
    for broken in ({"user": user}, *trusting):
        async with connected(secured.url, **broken) as cluster:
            with pytest.raises(errors.KubeconfigInvalid):
                await ask(cluster)
