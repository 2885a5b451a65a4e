"""Which address a repository may have, and which ones it may lead to.

Somebody who may add repositories chose the address of one, and many a registry stands in a private network:
so the host of a configured repository may be private. It may lead to others (the archive of a chart, the
issuer of tokens, a redirect, the home of a dependency); nobody chose those, so they must be public. Loopback,
link-local and metadata services are closed to both. CANTATA_MARKET_ALLOW opens networks to all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import SplitResult, urljoin, urlsplit

from cantata.core.model.market import Repository, RepositoryKind
from cantata.core.network.addresses import CLOSED, Address, Network, parse_address, plain, split_http, within
from cantata.core.repositories.errors import RepositoryAddressClosed, RepositoryAddressInvalid

PORTS = {"http": 80, "https": 443}
OCI_PATH = re.compile(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*")


def is_refused(address: Address, *, chosen: bool, allowed: Iterable[Network] = ()) -> bool:
    """`chosen` is the host of a configured repository."""
    if within(address, allowed):
        return False
    inner = plain(address)
    return within(inner, CLOSED) or inner.is_loopback or not (chosen or inner.is_global)


def refused(host: str, *, chosen: bool) -> RepositoryAddressClosed:
    why = "loopback, link-local or a metadata service" if chosen else "no public address"
    return RepositoryAddressClosed(
        f"chart repositories may not be called at {host[:200]}: it is {why}",
        subject="url",
        hint="The server's CANTATA_MARKET_ALLOW names networks that may be called all the same.",
    )


def check_repository(repository: Repository, allowed: Iterable[Network] = ()) -> None:
    """Whether a repository can have this address, as far as that is known without asking for names. Raises
    `RepositoryAddressInvalid`, `RepositoryAddressClosed`."""
    url = repository.url
    if repository.kind is RepositoryKind.FOLDER:
        if not url.startswith("/") or "\0" in url or ".." in url.split("/"):
            raise RepositoryAddressInvalid(
                f"{url[:200]!r} is no path of a folder on the server's machine",
                subject="url",
                hint="Give the whole path, such as /srv/charts.",
            )
        return
    parts = base_of(repository)
    literal = parse_address(parts.hostname or "")
    if literal is not None and is_refused(literal, chosen=True, allowed=allowed):
        raise refused(parts.hostname or "", chosen=True)


def base_of(repository: Repository) -> SplitResult:
    """The parts of the URL that is called. Raises `RepositoryAddressInvalid`."""
    url, kind = repository.url, repository.kind
    if kind is RepositoryKind.OCI:
        scheme = "http" if repository.plain_http else "https"
        url = f"{scheme}://{url.removeprefix('oci://')}" if url.startswith("oci://") else ""
    parts = split_http(url)
    if parts is None or parts.query or parts.fragment:
        example = (
            "oci://registry.example.org/charts"
            if kind is RepositoryKind.OCI
            else "https://charts.example.org/stable"
        )
        raise RepositoryAddressInvalid(
            "this is not the address of a chart repository", subject="url", hint=f"Such as {example}."
        )
    if parts.username or parts.password:
        raise RepositoryAddressInvalid(
            "the address of a repository holds a user or a password",
            subject="url",
            hint="Give them apart, so that they are kept sealed.",
        )
    path = parts.path.strip("/")
    if kind is RepositoryKind.OCI and path and not OCI_PATH.fullmatch(path):
        raise RepositoryAddressInvalid(
            f"{path[:200]!r} is no path in a registry",
            subject="url",
            hint="It has lower-case letters, digits, `-`, `_`, `.` and `/`, without a tag.",
        )
    return parts


def origin_of(parts: SplitResult) -> tuple[str, str, int]:
    """Scheme, host and port: what credentials are for."""
    return parts.scheme, parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0)


def same_origin(one: str, other: str) -> bool:
    return origin_of(urlsplit(one)) == origin_of(urlsplit(other))


def chart_url(base: str, written: str) -> str:
    """Where an archive is that an index names, relative to the index's folder. Raises
    `RepositoryAddressInvalid` for what is no HTTP."""
    url = urljoin(base.rstrip("/") + "/", written)
    parts = split_http(url)
    if parts is None or parts.username or parts.password:
        raise RepositoryAddressInvalid(
            f"the index names {written[:200]!r} as the place of an archive, which is no URL of http or https",
            subject="urls",
            hint="Tell the repository's owner.",
        )
    return url


def shown(url: str) -> str:
    """A URL without what may be secret in it."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host}{port}{parts.path}"[:300]
