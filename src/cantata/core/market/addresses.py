"""What people write for a repository and for a chart in it."""

from __future__ import annotations

import re

import msgspec

from cantata.core.model.market import RepositoryKind
from cantata.core.repositories.errors import RepositoryAddressInvalid
from cantata.errors import CantataError, Category

LONGEST = 2000
KINDS = {
    "http": RepositoryKind.HTTP,
    "https": RepositoryKind.HTTP,
    "oci": RepositoryKind.OCI,
}
CHART = re.compile(r"[A-Za-z0-9]([-._A-Za-z0-9]{0,98}[A-Za-z0-9])?")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class ChartReferenceInvalid(CantataError):
    category = Category.INVALID


class ChartReference(msgspec.Struct, frozen=True):
    """A chart as people name it. `repository` is the name of one, or empty: then `url` is the address of a
    chart in a registry. `version` is a tag or a digest that was written behind it."""

    chart: str
    repository: str = ""
    url: str = ""
    version: str = ""

    @property
    def text(self) -> str:
        return self.url or f"{self.repository}/{self.chart}"


def repository_kind(url: str) -> RepositoryKind:
    """Of `https://…`, `oci://host/path`, or the path of a folder; whether it can be one is looked at when it
    is read. Raises `RepositoryAddressInvalid`."""
    scheme, colon, _ = url.partition("://")
    kind = KINDS.get(scheme) if colon else RepositoryKind.FOLDER if url.startswith("/") else None
    if kind is None or len(url) > LONGEST or not url.isprintable():
        raise RepositoryAddressInvalid(
            "this is not the address of a chart repository",
            subject="url",
            hint="Such as https://charts.example.org, oci://registry.example.org/charts or /srv/charts.",
        )
    return kind


def parse_reference(text: str) -> ChartReference:
    """`REPOSITORY/CHART`, or `oci://host/path/chart` with `:TAG` or `@sha256:…` behind it. Raises
    `ChartReferenceInvalid`."""
    if text.startswith("oci://"):
        return _parse_oci(text)
    repository, slash, chart = text.partition("/")
    if not (slash and repository and CHART.fullmatch(chart)):
        raise _no_reference(text)
    return ChartReference(chart, repository)


def _parse_oci(text: str) -> ChartReference:
    address, at, digest = text.partition("@")
    head, slash, last = address.rpartition("/")
    chart, colon, tag = last.partition(":")
    fits = head.removeprefix("oci:").strip("/") and slash and CHART.fullmatch(chart)
    if not fits or (colon and not tag) or (at and not DIGEST.fullmatch(digest)):
        raise _no_reference(text)
    return ChartReference(chart, url=f"{head}/{chart}", version=digest or tag.replace("_", "+"))


def below(repository_url: str, url: str) -> str | None:
    """The path of a chart below a repository, empty for the same address; None when it is elsewhere."""
    root = repository_url.rstrip("/")
    if url == root:
        return ""
    return url.removeprefix(f"{root}/") if url.startswith(f"{root}/") else None


def _no_reference(text: str) -> ChartReferenceInvalid:
    return ChartReferenceInvalid(
        f"{text[:200]!r} does not name a chart",
        subject="chart",
        hint="Write it as REPOSITORY/CHART, or as oci://registry.example.org/charts/web:1.2.3.",
    )
