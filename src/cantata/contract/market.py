"""The market: repositories of charts, what they list, and what a project publishes itself."""

from __future__ import annotations

import msgspec

from cantata.contract.states import RepositoryKind


class CredentialsDraft(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A user with a password, or a token; all empty for nobody. No answer ever holds password or token."""

    username: str = ""
    password: str = ""
    token: str = ""

    def __repr__(self) -> str:
        return "CredentialsDraft(****)"


class RepositoryDraft(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """`url` is `https://…` (of an index.yaml), `oci://host/path`, or the path of a folder of the server.
    `charts` are those of a registry that a search should find; `plainHttp` is for a registry without TLS,
    `passCredentials` for an index that names another host, `caText` for certificates (PEM) to trust."""

    name: str
    url: str
    charts: tuple[str, ...] = ()
    plain_http: bool = False
    pass_credentials: bool = False
    ca_text: str = ""
    credentials: CredentialsDraft = CredentialsDraft()


class RepositoryEdit(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What is not given stays, but for the credentials where another `url` is given without them."""

    url: str | msgspec.UnsetType = msgspec.UNSET
    charts: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    plain_http: bool | msgspec.UnsetType = msgspec.UNSET
    pass_credentials: bool | msgspec.UnsetType = msgspec.UNSET
    ca_text: str | msgspec.UnsetType = msgspec.UNSET
    credentials: CredentialsDraft | msgspec.UnsetType = msgspec.UNSET


class RepositoryInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`entries` are the charts that it listed at `refreshedAt`, `skipped` what of its index was left out.
    `error` is why a refresh after that failed."""

    id: str
    name: str
    kind: RepositoryKind
    url: str
    charts: tuple[str, ...]
    plain_http: bool
    pass_credentials: bool
    ca_text: str
    username: str
    created_at: str
    refreshed_at: str
    entries: int
    skipped: tuple[str, ...]
    error: str


class ChartVersionInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`digest` is that of the archive where the repository tells it."""

    version: str
    app_version: str
    created: str
    digest: str
    deprecated: bool


class FoundChartInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`version` is the newest stable one. `versions` are there where they were asked for."""

    repository: str
    name: str
    version: str
    app_version: str
    description: str
    deprecated: bool
    versions: tuple[ChartVersionInfo, ...] = ()


class MaintainerInfo(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    email: str
    url: str


class DependencyInfo(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    version: str
    repository: str
    condition: str
    alias: str


class ChartInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A chart of the market in full. `digest` is that of the archive, `manifest` that of a registry's
    manifest; `provenance` is the text of its .prov file, `signatures` what a registry tells of, by type and
    digest or tag: nobody has checked them. `values` is values.yaml with its comments."""

    repository: str
    name: str
    version: str
    app_version: str
    type: str
    description: str
    deprecated: bool
    icon: str
    home: str
    licence: str
    kube_version: str
    keywords: tuple[str, ...]
    sources: tuple[str, ...]
    maintainers: tuple[MaintainerInfo, ...]
    dependencies: tuple[DependencyInfo, ...]
    versions: tuple[ChartVersionInfo, ...]
    origin: str
    digest: str
    manifest: str
    provenance: str
    signatures: tuple[str, ...]
    readme: str
    values: str
    files: tuple[str, ...]


class PinInfo(msgspec.Struct, frozen=True, rename="camel"):
    """One chart that went into an imported one; `repository` is empty for what the archive brought along."""

    name: str
    version: str
    repository: str
    digest: str
    alias: str
    path: tuple[str, ...]


class ChartSourceInfo(msgspec.Struct, frozen=True, rename="camel"):
    """Where a version of a template came from; `newer` is a newer stable version that is listed there. One
    that was `edited` since is no longer what came from there."""

    repository: str
    chart: str
    version: str
    origin: str
    digest: str
    manifest: str
    pins: tuple[PinInfo, ...]
    provenance: str
    signatures: tuple[str, ...]
    edited: bool
    newer: str


class MarketImportRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """`chart` is `REPOSITORY/CHART` or `oci://host/path/chart`, with `:TAG` or `@sha256:…` behind the latter;
    by default that of the latest version. `version` is one or a range of them, by default the newest stable
    one. With `strict`, a semantic version stands for one content."""

    chart: str = ""
    version: str = ""
    description: str = ""
    strict: bool = False


class PublishRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A version of a template by number or semantic version, by default the latest; without a repository in
    the project's own market."""

    template: str
    version: int | str | None = None
    repository: str = ""


class PublishedInfo(msgspec.Struct, frozen=True, rename="camel"):
    """Where a chart was put; `digest` is that of the archive."""

    chart: str
    version: str
    origin: str
    digest: str
    manifest: str


class PublicationInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A chart in the project's own market, and the version of a template that it was made of."""

    chart: str
    version: str
    digest: str
    template: str
    number: int
    author: str
    created_at: str


class OwnMarketInfo(msgspec.Struct, frozen=True, rename="camel"):
    """The project's own market: `path` is where the server serves it, `public` whether without a token."""

    path: str
    public: bool
    charts: tuple[PublicationInfo, ...]


class OwnMarketEdit(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    public: bool
