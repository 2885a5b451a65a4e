"""Who we are to a cluster: headers and a client certificate, kept fresh.

`Credentials.current()` is asked before each request and costs next to nothing while nothing changed. Files
are read again when they change (service-account tokens rotate), exec plugins run again when what they gave
has expired or was refused.
"""

from __future__ import annotations

import asyncio
import base64
import os
import ssl
import time
from pathlib import Path
from urllib.parse import quote

import msgspec

from cantata.kube.access import ClusterAccess, Source, UserAccess
from cantata.kube.errors import KubeconfigInvalid
from cantata.kube.exec_plugin import ExecResult, run_plugin
from cantata.kube.tls import ClientCertificate, tls_context

EARLY_SECONDS = 10.0


class Credential(msgspec.Struct, frozen=True, eq=False):
    """What one request carries. Compared by identity."""

    headers: tuple[tuple[str, str], ...]
    tls: ssl.SSLContext | None

    def __repr__(self) -> str:
        return "Credential(…)"


class Credentials:
    """The credentials of one cluster."""

    def __init__(self, access: ClusterAccess, file_check_seconds: float) -> None:
        self._access = access
        self._file_check_seconds = file_check_seconds
        self._lock = asyncio.Lock()
        self._current: Credential | None = None
        self._issued: ExecResult | None = None
        self._renew_at = float("inf")
        self._check_at = 0.0
        self._files_changed = False
        self._stamps: dict[str, tuple[int, ...]] = {}
        user = access.user
        self._plugin = None if user.token or user.username or user.certificate else user.exec
        sources = (access.authority, user.token, user.certificate, user.key)
        self._paths = [source.path for source in sources if source and source.path]

    async def current(self) -> Credential:
        """Raises `KubeconfigInvalid`, `CredentialPluginFailed`."""
        if self._current is not None and not self._is_due():
            return self._current
        async with self._lock:
            if self._current is None or self._is_due():
                self._current = await self._renew()
            return self._current

    def reject(self, credential: Credential) -> bool:
        """The API server did not take it. True if there may be a better one, so that a retry makes sense."""
        if self._current is not credential:
            return True
        if self._plugin is None and not self._paths:
            return False
        self._current, self._issued, self._stamps = None, None, {}
        return True

    def _is_due(self) -> bool:
        now = time.monotonic()
        if self._paths and now >= self._check_at:
            self._check_at = now + self._file_check_seconds
            self._files_changed = any(_stamp(path) != self._stamps.get(path) for path in self._paths)
        return self._files_changed or (self._plugin is not None and time.time() >= self._renew_at)

    async def _renew(self) -> Credential:
        if self._plugin and (self._issued is None or time.time() >= self._renew_at):
            self._issued = await run_plugin(self._plugin, self._access)
            lifetime = self._issued.expires_at - time.time()
            self._renew_at = self._issued.expires_at - min(EARLY_SECONDS, max(0.0, lifetime / 10))
        self._stamps = {path: _stamp(path) for path in self._paths}
        self._files_changed = False
        return await asyncio.to_thread(self._build, self._issued)

    def _build(self, issued: ExecResult | None) -> Credential:
        user, subject = self._access.user, f"cluster {self._access.name}"
        certificate, token = None, ""
        if user.certificate and user.key:
            certificate = ClientCertificate(_read(user.certificate, subject), _read(user.key, subject))
        if user.token:
            token = _read(user.token, subject).decode("utf-8", "replace").strip()
        if issued:
            certificate, token = issued.certificate, issued.token
        context = None
        if self._access.server.startswith("https://"):
            authority = _read(self._access.authority, subject) if self._access.authority else None
            context = tls_context(authority, certificate, insecure=self._access.insecure, subject=subject)
        return Credential(_headers(user, token, subject), context)


def _headers(user: UserAccess, token: str, subject: str) -> tuple[tuple[str, str], ...]:
    headers = []
    if token:
        headers.append(("Authorization", f"Bearer {token}"))
    elif user.username:
        pair = base64.b64encode(f"{user.username}:{user.password}".encode()).decode()
        headers.append(("Authorization", f"Basic {pair}"))
    if someone := user.impersonation:
        headers.append(("Impersonate-User", someone.user))
        if someone.uid:
            headers.append(("Impersonate-Uid", someone.uid))
        headers.extend(("Impersonate-Group", group) for group in someone.groups)
        for key, values in someone.extra.items():
            name = f"Impersonate-Extra-{quote(key.lower(), safe='!#$&*+-.^_`|~')}"
            headers.extend((name, value) for value in values)
    for name, value in headers:
        if not value.isprintable() or not value.isascii():
            raise KubeconfigInvalid(
                f"the credential of {subject} has characters that no HTTP header can carry",
                subject=subject,
                place=None,
                hint=f"Look at what becomes the header {name}.",
            )
    return tuple(headers)


def _stamp(path: str) -> tuple[int, ...]:
    """Changes when the file does, also when a symbolic link points elsewhere now."""
    try:
        status = os.stat(path)
    except OSError:
        return ()
    return status.st_ino, status.st_mtime_ns, status.st_size


def _read(source: Source, subject: str) -> bytes:
    if not source.path:
        return source.data
    try:
        return Path(source.path).read_bytes()
    except OSError as error:
        raise KubeconfigInvalid(
            f"{subject} needs the file {source.path}, which cannot be read: {error.strerror}", subject=subject
        ) from error
