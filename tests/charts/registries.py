"""A real OCI registry on loopback, and the server that issues its tokens."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import threading
import time
from base64 import b64decode, urlsafe_b64encode
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from tests.charts.servers import serving

from cantata import toolchain

SOURCES = Path(__file__).parent / "registry"
USER, PASSWORD = "ada", "right"
HTPASSWD = f"{USER}:$2b$04$FLc3vCT9l5x8/kwXXiXeG.abwtmtEjicEBUgrl6oVKURLT/5Cpvdq\n"


def build_registry(say: Callable[[str], None] = lambda _line: None) -> Path:
    return toolchain.build("registry", folder=SOURCES, say=say)


@dataclass(frozen=True, slots=True)
class RunningRegistry:
    host: str
    folder: Path

    def blob(self, digest: str) -> Path:
        """Where the registry keeps a blob: to be taken away or spoilt."""
        sum_ = digest.removeprefix("sha256:")
        return self.folder / "docker/registry/v2/blobs/sha256" / sum_[:2] / sum_ / "data"


@contextmanager
def running_registry(program: Path, auth: dict[str, Any] | None = None) -> Iterator[RunningRegistry]:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "data"
        config = {
            "version": "0.1",
            "log": {"level": "info", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": str(folder)}, "delete": {"enabled": True}},
            "http": {"addr": "127.0.0.1:0", "secret": "for tests"},
            **({"auth": auth} if auth else {}),
        }
        file = Path(scratch) / "config.yml"
        file.write_text(json.dumps(config))
        process = subprocess.Popen(
            [program, "serve", file],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "OTEL_TRACES_EXPORTER": "none"},
        )
        assert process.stderr is not None
        try:
            host = _address(process)
            # What it says further is of no use, but it waits for somebody to hear it.
            listening = threading.Thread(target=lambda: deque(process.stderr or (), maxlen=0))
            listening.start()
            yield RunningRegistry(host, folder)
        finally:
            process.kill()
            process.wait()
        listening.join()
        process.stderr.close()


def _address(process: subprocess.Popen[str]) -> str:
    said = []
    assert process.stderr is not None
    for line in process.stderr:
        said.append(line)
        if found := re.search(r"listening on (127\.0\.0\.1:\d+)", line):
            return found[1]
    raise AssertionError(f"the registry ended: {''.join(said)}")


def htpasswd(folder: Path) -> dict[str, Any]:
    file = folder / "htpasswd"
    file.write_text(HTPASSWD)
    return {"htpasswd": {"realm": "tests", "path": str(file)}}


@dataclass(slots=True)
class TokenServer:
    """Issues signed tokens as a registry's own issuer does. `lifetime` may be over before it begins, while
    `claimed` says something else. `asked` are the scopes, in their order."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    url: str = ""
    lifetime: float = 300.0
    claimed: float = 300.0
    asked: list[str] = field(default_factory=list)

    def auth(self, folder: Path) -> dict[str, Any]:
        numbers = self.key.public_key().public_numbers()
        key = {
            "kty": "EC",
            "crv": "P-256",
            "kid": "one",
            "alg": "ES256",
            "use": "sig",
            "x": _base64(numbers.x.to_bytes(32, "big")),
            "y": _base64(numbers.y.to_bytes(32, "big")),
        }
        file = folder / "keys.json"
        file.write_text(json.dumps({"keys": [key]}))
        named = {"issuer": "tests", "service": "registry", "jwks": str(file)}
        return {"token": {"realm": f"{self.url}/token", **named}}

    async def token(self, request: web.Request) -> web.Response:
        scopes = request.query.getall("scope", [])
        self.asked += scopes
        given = request.headers.get("Authorization", "").removeprefix("Basic ")
        if b64decode(given).decode() != f"{USER}:{PASSWORD}":
            return web.json_response({"errors": [{"code": "UNAUTHORIZED"}]}, status=401)
        access = []
        for scope in scopes:
            kind, _, rest = scope.partition(":")
            name, _, actions = rest.rpartition(":")
            access.append({"type": kind, "name": name, "actions": actions.split(",")})
        now = int(time.time())
        claims = {"iss": "tests", "sub": USER, "aud": "registry", "jti": str(len(self.asked)), "iat": now}
        times = {"nbf": now - 3600, "exp": int(now + self.lifetime), "access": access}
        return web.json_response({"token": self._signed({**claims, **times}), "expires_in": self.claimed})

    def _signed(self, claims: dict[str, Any]) -> str:
        head = _base64(json.dumps({"typ": "JWT", "alg": "ES256", "kid": "one"}).encode())
        text = f"{head}.{_base64(json.dumps(claims).encode())}"
        r, s = decode_dss_signature(self.key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{text}.{_base64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


@asynccontextmanager
async def token_server() -> AsyncIterator[TokenServer]:
    issuer = TokenServer()
    async with serving({"/token": issuer.token}) as url:
        issuer.url = url
        yield issuer


def _base64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
