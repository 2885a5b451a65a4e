"""How to reach one cluster, and as whom: what a kubeconfig's context comes to."""

from __future__ import annotations

from typing import Any

import msgspec


class Source(msgspec.Struct, frozen=True):
    """Bytes given inline, or in a file that may change while we run. Not shown in `repr`."""

    data: bytes = b""
    path: str = ""

    def __repr__(self) -> str:
        return f"Source(path={self.path!r})" if self.path else "Source(inline)"


class ExecPlugin(msgspec.Struct, frozen=True):
    """A program that prints credentials (client-go's exec plugins)."""

    command: str
    api_version: str
    arguments: tuple[str, ...] = ()
    environment: dict[str, str] = {}
    install_hint: str = ""
    cluster_info: bool = False

    def __repr__(self) -> str:
        return f"ExecPlugin({self.command!r})"


class Impersonation(msgspec.Struct, frozen=True):
    user: str
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: dict[str, tuple[str, ...]] = {}


class UserAccess(msgspec.Struct, frozen=True):
    """A static credential wins over an exec plugin, as in kubectl."""

    token: Source | None = None
    username: str = ""
    password: str = ""
    certificate: Source | None = None
    key: Source | None = None
    exec: ExecPlugin | None = None
    impersonation: Impersonation | None = None

    def __repr__(self) -> str:
        return "UserAccess(…)"


class ClusterAccess(msgspec.Struct, frozen=True):
    """`server` is a URL without a slash at its end; `authority` the trusted certificates as PEM, None means
    the system's own; `proxy_url` empty means what the environment says; `exec_config` is what the kubeconfig
    passes on to an exec plugin."""

    name: str
    server: str
    tls_server_name: str = ""
    insecure: bool = False
    authority: Source | None = None
    proxy_url: str = ""
    compression: bool = True
    namespace: str = ""
    user: UserAccess = UserAccess()
    exec_config: Any = None

    def __repr__(self) -> str:
        return f"ClusterAccess({self.name!r}, {self.server!r})"
