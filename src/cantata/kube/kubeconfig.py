"""Kubeconfig files: read, merged as kubectl merges them, and resolved to the access that one context gives.

The text is YAML, and YAML is not parsed here: callers hand in a parser (`Parse`), or documents that are
parsed already. Everything after that is pure and validated by type.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from cantata.errors import Place
from cantata.kube.access import ClusterAccess, ExecPlugin, Impersonation, Source, UserAccess
from cantata.kube.errors import KubeconfigInvalid

Parse = Callable[[str, str], Awaitable[Any]]
"""Text and the name of its file to the JSON value that it means. May raise its own errors, with the place."""

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
EXEC_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
PROXY_SCHEMES = ("http", "https")


class Cluster(msgspec.Struct, frozen=True, rename="kebab"):
    server: str = ""
    tls_server_name: str = ""
    insecure_skip_tls_verify: bool = False
    certificate_authority: str = ""
    certificate_authority_data: str = ""
    proxy_url: str = ""
    disable_compression: bool = False
    extensions: list[dict[str, Any]] = []


class ExecVariable(msgspec.Struct, frozen=True):
    name: str
    value: str = ""


class Exec(msgspec.Struct, frozen=True, rename="camel"):
    command: str
    api_version: str = ""
    args: list[str] | None = None
    env: list[ExecVariable] | None = None
    install_hint: str = ""
    provide_cluster_info: bool = False
    interactive_mode: str = ""


class User(msgspec.Struct, frozen=True, rename="kebab"):
    client_certificate: str = ""
    client_certificate_data: str = ""
    client_key: str = ""
    client_key_data: str = ""
    token: str = ""
    token_file: str = msgspec.field(default="", name="tokenFile")
    username: str = ""
    password: str = ""
    exec: Exec | None = None
    auth_provider: dict[str, Any] | None = None
    impersonate: str = msgspec.field(default="", name="as")
    impersonate_uid: str = msgspec.field(default="", name="as-uid")
    impersonate_groups: list[str] = msgspec.field(default_factory=list, name="as-groups")
    impersonate_extra: dict[str, list[str]] = msgspec.field(default_factory=dict, name="as-user-extra")


class Context(msgspec.Struct, frozen=True):
    cluster: str = ""
    user: str = ""
    namespace: str = ""


class Named(msgspec.Struct, frozen=True):
    name: str
    cluster: Cluster | None = None
    user: User | None = None
    context: Context | None = None


class Document(msgspec.Struct, frozen=True, rename="kebab"):
    clusters: list[Named] | None = None
    users: list[Named] | None = None
    contexts: list[Named] | None = None
    current_context: str = ""


class Kubeconfig:
    """Several kubeconfig files as one. Of entries with one name the first file's wins as a whole."""

    def __init__(self, documents: Iterable[tuple[str, Any]]) -> None:
        """`documents` are pairs of file name and parsed value, first the most important.

        Raises `KubeconfigInvalid`.
        """
        self.current_context = ""
        self.files: list[str] = []
        self._clusters: dict[str, tuple[str, Cluster]] = {}
        self._users: dict[str, tuple[str, User]] = {}
        self._contexts: dict[str, tuple[str, Context]] = {}
        for file, value in documents:
            self.files.append(file)
            self._add(file, value)

    @property
    def contexts(self) -> tuple[str, ...]:
        return tuple(self._contexts)

    def _add(self, file: str, value: Any) -> None:
        if value is None:
            return
        try:
            document = msgspec.convert(value, Document)
        except msgspec.ValidationError as error:
            raise KubeconfigInvalid(
                f"the kubeconfig is not valid: {error}", subject=file, place=Place(file=file)
            ) from error
        self.current_context = self.current_context or document.current_context
        for noun, named, known in (
            ("cluster", document.clusters, self._clusters),
            ("user", document.users, self._users),
            ("context", document.contexts, self._contexts),
        ):
            self._take(file, noun, named or [], known)

    def _take(self, file: str, noun: str, named: list[Named], known: dict[str, tuple[str, Any]]) -> None:
        fresh: dict[str, tuple[str, Any]] = {}
        for entry in named:
            place = Place(file=file, key=f"{noun}s.{entry.name}")
            if entry.name in fresh:
                raise KubeconfigInvalid(f"there are two {noun}s called {entry.name}", place=place)
            content = getattr(entry, noun)
            if content is None:
                raise KubeconfigInvalid(f"the {noun} {entry.name} has no content", place=place)
            fresh[entry.name] = (file, content)
        for name, pair in fresh.items():
            known.setdefault(name, pair)

    def access(self, context: str = "", *, inline_only: bool = False) -> ClusterAccess:
        """What the context says (default: the current one), checked and with all paths absolute.

        With `inline_only`, as for a kubeconfig that came over the API, whatever would read a file or start a
        program on this machine is refused. Raises `KubeconfigInvalid`.
        """
        name = context or self.current_context
        if not name:
            raise KubeconfigInvalid(
                "the kubeconfig names no current context",
                place=Place(file=", ".join(self.files), key="current-context"),
                hint=f"Name one of: {', '.join(self._contexts) or '(there is none)'}.",
            )
        file, chosen = self._entry("context", name, self._contexts, "current-context")
        cluster_file, cluster = self._entry(
            "cluster", chosen.cluster, self._clusters, f"contexts.{name}.cluster", file
        )
        user_file, user = (
            self._entry("user", chosen.user, self._users, f"contexts.{name}.user", file)
            if chosen.user
            else (file, User())
        )
        cluster_place = Place(file=cluster_file, key=f"clusters.{chosen.cluster}")
        user_place = Place(file=user_file, key=f"users.{chosen.user}")
        if inline_only:
            _refuse_local(cluster, user, cluster_place, user_place)
        return ClusterAccess(
            name=name,
            namespace=chosen.namespace,
            user=_user(user, user_place),
            **_cluster(cluster, cluster_place),
        )

    def _entry(
        self, noun: str, name: str, known: dict[str, tuple[str, Any]], key: str, file: str = ""
    ) -> tuple[str, Any]:
        if name not in known:
            raise KubeconfigInvalid(
                f"there is no {noun} called {name!r} in the kubeconfig",
                subject=f"{noun} {name}",
                place=Place(file=file or ", ".join(self.files), key=key),
                hint=f"Known are: {', '.join(known) or '(none)'}.",
            )
        return known[name]


def kubeconfig_paths(environ: Mapping[str, str] = os.environ) -> list[Path]:
    """The files that kubectl would read: those of KUBECONFIG, else `~/.kube/config`."""
    listed = [Path(part) for part in environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    return list(dict.fromkeys(listed)) or [Path("~/.kube/config").expanduser()]


async def read_kubeconfig(paths: Sequence[Path], parse: Parse) -> Kubeconfig:
    """Files that do not exist are left out, as kubectl does; with none at all it is an error.

    Raises `KubeconfigInvalid`, and what `parse` raises.
    """
    documents: list[tuple[str, Any]] = []
    for path in paths:
        try:
            text = await asyncio.to_thread(path.read_text, encoding="utf-8")
        except FileNotFoundError:
            continue
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise KubeconfigInvalid(
                f"the kubeconfig cannot be read: {reason}", place=Place(file=str(path))
            ) from error
        documents.append((str(path.absolute()), await parse(text, str(path)) if text.strip() else None))
    if not documents:
        raise KubeconfigInvalid(
            "there is no kubeconfig",
            place=Place(file=", ".join(map(str, paths))),
            hint="Set KUBECONFIG, or name a file.",
        )
    return Kubeconfig(documents)


def in_cluster(environ: Mapping[str, str] = os.environ, folder: Path = SERVICE_ACCOUNT) -> ClusterAccess:
    """Access by the service account of the pod that we run in. Raises `KubeconfigInvalid`."""
    host, port = environ.get("KUBERNETES_SERVICE_HOST", ""), environ.get("KUBERNETES_SERVICE_PORT", "")
    if not host or not port or not (folder / "token").is_file():
        raise KubeconfigInvalid(
            "this is not a pod with a service account",
            subject="in-cluster access",
            hint="Name a kubeconfig.",
        )
    namespace = folder / "namespace"
    return ClusterAccess(
        name="in-cluster",
        server=f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}",
        authority=Source(path=str(folder / "ca.crt")),
        namespace=namespace.read_text(encoding="utf-8").strip() if namespace.is_file() else "",
        user=UserAccess(token=Source(path=str(folder / "token"))),
    )


def _cluster(cluster: Cluster, place: Place) -> dict[str, Any]:
    authority = _source(
        cluster.certificate_authority, cluster.certificate_authority_data, place, "certificate-authority"
    )
    if authority and cluster.insecure_skip_tls_verify:
        raise KubeconfigInvalid(
            "insecure-skip-tls-verify and a certificate authority cannot be meant together", place=place
        )
    info = next((e.get("extension") for e in cluster.extensions if e.get("name") == _EXEC_EXTENSION), None)
    return {
        "server": _server(cluster.server, place),
        "tls_server_name": cluster.tls_server_name,
        "insecure": cluster.insecure_skip_tls_verify,
        "authority": authority,
        "proxy_url": cluster.proxy_url and _checked_url(cluster.proxy_url, PROXY_SCHEMES, place, "proxy-url"),
        "compression": not cluster.disable_compression,
        "exec_config": info,
    }


_EXEC_EXTENSION = "client.authentication.k8s.io/exec"


def _user(user: User, place: Place) -> UserAccess:
    if user.auth_provider is not None:
        raise KubeconfigInvalid(
            "auth-provider was removed from Kubernetes",
            place=place,
            hint="Use an exec plugin, for instance the one of your cloud's command line.",
        )
    token = _source(user.token_file, "", place, "tokenFile") or (
        Source(data=user.token.encode()) if user.token else None
    )
    if token and user.username:
        raise KubeconfigInvalid("a token and a username cannot be meant together", place=place)
    certificate = _source(user.client_certificate, user.client_certificate_data, place, "client-certificate")
    key = _source(user.client_key, user.client_key_data, place, "client-key")
    if (certificate is None) != (key is None):
        raise KubeconfigInvalid("a client certificate and its key belong together", place=place)
    groups, extra = tuple(user.impersonate_groups), user.impersonate_extra
    if (groups or extra or user.impersonate_uid) and not user.impersonate:
        raise KubeconfigInvalid("impersonated groups need `as`, the impersonated user", place=place)
    return UserAccess(
        token=token,
        username=user.username,
        password=user.password,
        certificate=certificate,
        key=key,
        exec=_plugin(user.exec, place) if user.exec else None,
        impersonation=Impersonation(
            user.impersonate, user.impersonate_uid, groups, {k: tuple(v) for k, v in extra.items()}
        )
        if user.impersonate
        else None,
    )


def _plugin(plugin: Exec, place: Place) -> ExecPlugin:
    if plugin.api_version not in EXEC_VERSIONS:
        raise KubeconfigInvalid(
            f"the exec plugin speaks {plugin.api_version or 'no named version'}",
            place=Place(file=place.file, key=f"{place.key}.exec.apiVersion"),
            hint=f"Supported are {' and '.join(EXEC_VERSIONS)}: update the plugin.",
        )
    if plugin.interactive_mode == "Always":
        raise KubeconfigInvalid(
            f"the exec plugin {plugin.command} insists on a terminal, and there is none",
            place=Place(file=place.file, key=f"{place.key}.exec.interactiveMode"),
        )
    command = plugin.command
    if os.sep in command and not os.path.isabs(command):
        command = str(Path(place.file).parent / command)
    return ExecPlugin(
        command=command,
        api_version=plugin.api_version,
        arguments=tuple(plugin.args or ()),
        environment={variable.name: variable.value for variable in plugin.env or ()},
        install_hint=plugin.install_hint,
        cluster_info=plugin.provide_cluster_info,
    )


def _source(path: str, data: str, place: Place, key: str) -> Source | None:
    """Inline data wins over a file, as in kubectl; a relative path counts from the kubeconfig's folder."""
    if data:
        try:
            return Source(data=base64.b64decode(data, validate=True))
        except (binascii.Error, ValueError) as error:
            raise KubeconfigInvalid(
                f"{key}-data is not base64", place=Place(file=place.file, key=f"{place.key}.{key}-data")
            ) from error
    return Source(path=str(Path(place.file).parent / path)) if path else None


def _checked_url(url: str, schemes: tuple[str, ...], place: Place, key: str) -> str:
    where = Place(file=place.file, key=f"{place.key}.{key}")
    try:
        parts = urlsplit(url)
        port = parts.port
        (parts.hostname or "").encode("idna")
    except ValueError as error:
        raise KubeconfigInvalid(f"{key} is not a URL", place=where) from error
    plain = url.isascii() and url.isprintable() and " " not in url
    if parts.scheme not in schemes or not parts.hostname or port == 0 or not plain:
        raise KubeconfigInvalid(
            f"{key} is not a URL of the kind {' or '.join(f'{scheme}://…' for scheme in schemes)}",
            place=where,
        )
    return parts.geturl()


def _server(url: str, place: Place) -> str:
    """The server's URL is shown in errors and lists, and paths are appended to it."""
    checked = _checked_url(url, ("http", "https"), place, "server")
    parts = urlsplit(checked)
    where = Place(file=place.file, key=f"{place.key}.server")
    if "@" in parts.netloc:
        raise KubeconfigInvalid(
            "server has a user name or password in its URL",
            place=where,
            hint="Write them as username and password of the user.",
        )
    if parts.query or parts.fragment:
        raise KubeconfigInvalid("server has a query or fragment in its URL", place=where)
    return checked.rstrip("/")


def _refuse_local(cluster: Cluster, user: User, cluster_place: Place, user_place: Place) -> None:
    """Only inline data: nothing that would read our files or start our programs."""
    local = (
        (cluster.certificate_authority, cluster_place, "certificate-authority"),
        (user.client_certificate, user_place, "client-certificate"),
        (user.client_key, user_place, "client-key"),
        (user.token_file, user_place, "tokenFile"),
        (user.exec, user_place, "exec"),
    )
    for value, place, key in local:
        if value:
            raise KubeconfigInvalid(
                f"{key} is not allowed here, only inline credentials are",
                place=Place(file=place.file, key=f"{place.key}.{key}"),
                hint="Use `kubectl config view --flatten --minify` and a token or an inline certificate.",
            )
