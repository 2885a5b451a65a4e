"""Runs a credential plugin: `client.authentication.k8s.io`, versions v1 and v1beta1."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import datetime
import os
import re
import signal

import msgspec

from cantata.kube.access import ClusterAccess, ExecPlugin
from cantata.kube.errors import CredentialPluginFailed
from cantata.kube.tls import ClientCertificate

PLUGIN_SECONDS = 60.0
OUTPUT_LIMIT = 1024 * 1024
STDERR_SHOWN = 300


class ExecResult(msgspec.Struct, frozen=True):
    """`expires_at` in seconds since the epoch, infinite when the plugin named no time."""

    token: str
    certificate: ClientCertificate | None
    expires_at: float

    def __repr__(self) -> str:
        return f"ExecResult(expires_at={self.expires_at})"


class _ExecStatus(msgspec.Struct, frozen=True, rename="camel"):
    token: str = ""
    client_certificate_data: str = ""
    client_key_data: str = ""
    expiration_timestamp: datetime.datetime | None = None


class _ExecCredential(msgspec.Struct, frozen=True, rename="camel"):
    kind: str
    api_version: str
    status: _ExecStatus | None = None


async def run_plugin(
    plugin: ExecPlugin, access: ClusterAccess, seconds: float = PLUGIN_SECONDS
) -> ExecResult:
    """Raises `CredentialPluginFailed`; what the plugin printed on stdout is never part of the error."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("CANTATA_")}
    environment = {**inherited, **plugin.environment, "KUBERNETES_EXEC_INFO": _exec_info(plugin, access)}
    loop = asyncio.get_running_loop()
    try:
        process, output = await loop.subprocess_exec(
            _Output,
            plugin.command,
            *plugin.arguments,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise _failed(plugin, f"cannot be started: {error.strerror}", plugin.install_hint) from error
    try:
        async with asyncio.timeout(seconds):
            await output.ended.wait()
    except TimeoutError as error:
        raise _failed(plugin, f"did not end within {seconds:g} s") from error
    finally:
        await _end(process, output)
    if len(output.stdout) > OUTPUT_LIMIT:
        raise _failed(plugin, "printed more than 1 MiB")
    if status := process.get_returncode():
        said = _shown(output.stderr)
        raise _failed(plugin, f"ended with status {status}{f': {said}' if said else ''}")
    return _parse(plugin, bytes(output.stdout))


class _Output(asyncio.SubprocessProtocol):
    """What a plugin prints. It never waits for us: what is over the limit is dropped."""

    def __init__(self) -> None:
        self.stdout, self.stderr = bytearray(), bytearray()
        self.ended = asyncio.Event()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        printed = self.stdout if fd == 1 else self.stderr
        if len(printed) <= OUTPUT_LIMIT:
            printed += data

    def connection_lost(self, _exc: Exception | None) -> None:
        self.ended.set()


async def _end(process: asyncio.SubprocessTransport, output: _Output) -> None:
    """With all that it started, and without waiting for a child that it let go and that holds its pipes."""
    if process.get_returncode() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.get_pid(), signal.SIGKILL)
    process.close()
    await output.ended.wait()


def _exec_info(plugin: ExecPlugin, access: ClusterAccess) -> str:
    spec: dict[str, object] = {"interactive": False}
    if plugin.cluster_info:
        cluster = {
            "server": access.server,
            "tls-server-name": access.tls_server_name,
            "insecure-skip-tls-verify": access.insecure,
            "proxy-url": access.proxy_url,
            "disable-compression": not access.compression,
            "config": access.exec_config,
        }
        if access.authority:
            pem = access.authority.data
            if access.authority.path:
                try:
                    with open(access.authority.path, "rb") as file:
                        pem = file.read()
                except OSError as error:
                    raise _failed(plugin, f"needs {access.authority.path}: {error.strerror}") from error
            cluster["certificate-authority-data"] = base64.b64encode(pem).decode()
        spec["cluster"] = {key: value for key, value in cluster.items() if value}
    info = {"kind": "ExecCredential", "apiVersion": plugin.api_version, "spec": spec}
    return msgspec.json.encode(info).decode()


def _parse(plugin: ExecPlugin, stdout: bytes) -> ExecResult:
    try:
        credential = msgspec.json.decode(stdout, type=_ExecCredential)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        # The decoder's words may quote what was printed, so they are no cause to keep.
        raise _failed(plugin, "did not print an ExecCredential in JSON") from None
    status = credential.status
    if credential.kind != "ExecCredential" or credential.api_version != plugin.api_version:
        raise _failed(plugin, f"did not answer in {plugin.api_version}")
    if status is None or not (status.token or status.client_certificate_data):
        raise _failed(plugin, "gave neither a token nor a client certificate")
    if bool(status.client_certificate_data) != bool(status.client_key_data):
        raise _failed(plugin, "gave a client certificate without its key, or a key without its certificate")
    certificate = None
    if status.client_certificate_data:
        certificate = ClientCertificate(
            status.client_certificate_data.encode(), status.client_key_data.encode()
        )
    expires = status.expiration_timestamp
    if expires is not None and expires.tzinfo is None:
        raise _failed(plugin, "gave an expirationTimestamp without a time zone")
    return ExecResult(status.token, certificate, expires.timestamp() if expires else float("inf"))


def _shown(stderr: bytearray) -> str:
    """The last line, with everything masked that is long and opaque as tokens are."""
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    return re.sub(r"[A-Za-z0-9+/_=.-]{40,}", "…", lines[-1])[:STDERR_SHOWN] if lines else ""


def _failed(plugin: ExecPlugin, trouble: str, hint: str = "") -> CredentialPluginFailed:
    return CredentialPluginFailed(
        f"the credential plugin {plugin.command} {trouble}",
        subject=f"credential plugin {plugin.command}",
        hint=hint or "Run it by hand to see what it says.",
    )
