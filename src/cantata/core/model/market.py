"""Chart repositories, what they offer, and what is pulled from them."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from cantata.core.model.charts import ChartDependency


class RepositoryKind(enum.StrEnum):
    HTTP = "http"
    """An `index.yaml` and archives, as `helm repo add` takes it."""
    OCI = "oci"
    """A registry: `oci://host/path`, either of one chart or of the folder that its charts are in."""
    FOLDER = "folder"
    """A folder on the server's machine with archives or chart folders in it."""


class Repository(msgspec.Struct, frozen=True, rename="camel"):
    """Where charts come from. `url` is `https://…`, `oci://…`, or the path of a folder.

    `charts` names those of a registry that does not list what it has. `plain_http` speaks to a registry
    without TLS. `pass_credentials` sends the credentials also to other hosts that the index names; without it
    they go to the repository's own host alone, as with helm. `ca_text` are certificates (PEM) to be trusted
    beside those of the system.
    """

    id: str
    project: str
    name: str
    kind: RepositoryKind
    url: str
    charts: tuple[str, ...] = ()
    plain_http: bool = False
    pass_credentials: bool = False
    ca_text: str = ""
    row_version: int = 1
    created_at: str = ""


class Credentials(msgspec.Struct, frozen=True):
    """A user with a password, or a token, which is sent as it is. All empty: nobody. Kept sealed."""

    username: str = ""
    password: str = ""
    token: str = ""

    def __bool__(self) -> bool:
        return bool(self.username or self.password or self.token)

    def __repr__(self) -> str:
        return "Credentials(****)" if self else "Credentials()"


class Source(msgspec.Struct, frozen=True):
    """A repository and what opens it. One that is not `configured` was named by a chart as the home of a
    dependency: nobody vouched for it, so it must have a public address."""

    repository: Repository
    credentials: Credentials = Credentials()
    configured: bool = True


class Maintainer(msgspec.Struct, frozen=True, omit_defaults=True):
    name: str = ""
    email: str = ""
    url: str = ""


class ChartRow(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One version of one chart, as its repository lists it. Only `name` and `version` are always known; a
    registry tells the rest of the newest version alone.

    `digest` is `sha256:` of the archive, empty when the repository does not say it. `urls` are as written,
    relative ones included. Texts are cut at what a page can show.
    """

    name: str
    version: str
    app_version: str = ""
    type: str = ""
    description: str = ""
    keywords: tuple[str, ...] = ()
    maintainers: tuple[Maintainer, ...] = ()
    icon: str = ""
    home: str = ""
    sources: tuple[str, ...] = ()
    licence: str = ""
    kube_version: str = ""
    deprecated: bool = False
    created: str = ""
    digest: str = ""
    urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IndexRows:
    """The rows of an index as they came, charts by name and the newest version of each first. Each is decoded
    when its turn comes, so go through them in portions; `skipped` says, a line each, what was left out and
    why."""

    encoded: Sequence[msgspec.Raw]
    skipped: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.encoded)

    def __iter__(self) -> Iterator[ChartRow]:
        return map(_rows.decode, self.encoded)


_rows = msgspec.json.Decoder(ChartRow)


class IndexMark(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What a repository gave with its last index, sent back so that it can answer that nothing changed."""

    etag: str = ""
    last_modified: str = ""


class PulledChart(msgspec.Struct, frozen=True):
    """One archive (.tgz) as its repository gave it, its digest checked where the repository told one.

    `digest` is `sha256:` of the archive; `manifest` is the digest of a registry's manifest, empty for the
    others. `origin` says where it came from, without credentials. `provenance` is the text of the .prov file,
    empty when there is none; `signatures` are what a registry tells of, by type and digest or tag. Nobody has
    checked them.
    """

    name: str
    version: str
    archive: bytes
    digest: str
    origin: str
    provenance: str = ""
    manifest: str = ""
    signatures: tuple[str, ...] = ()


class Published(msgspec.Struct, frozen=True, rename="camel"):
    """Where a chart was put. `digest` is that of the archive, `manifest` that of a registry's manifest."""

    origin: str
    digest: str
    manifest: str = ""


class ChartNode(msgspec.Struct, frozen=True):
    """A chart of an archive with what it wants and the charts that stand in it.

    `path` is where it stands in the archive (`charts/db`, `charts/db-1.0.0.tgz`), empty for the outermost.
    `digest` is over its files, as in `LoadedChart`. `locked` has the version of each of `dependencies` by
    Chart.lock; it is empty unless that fits Chart.yaml.
    """

    name: str
    version: str
    path: str = ""
    digest: str = ""
    dependencies: tuple[ChartDependency, ...] = ()
    locked: tuple[str, ...] = ()
    charts: tuple[ChartNode, ...] = ()


class Pin(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One chart that went into an imported one: exactly this version with this digest of its archive.

    `path` are the charts that it stands in, outermost first. `repository` is where it came from; empty for
    one that the archive brought along.
    """

    name: str
    version: str
    repository: str = ""
    digest: str = ""
    alias: str = ""
    path: tuple[str, ...] = ()


class PinnedChart(msgspec.Struct, frozen=True):
    """A chart with all that it depends on, as one archive that needs no network any more."""

    pulled: PulledChart
    archive: bytes
    pins: tuple[Pin, ...] = ()
