"""Templates that are made of something else than a chart."""

from __future__ import annotations

import msgspec

from cantata.contract.findings import FindingInfo
from cantata.contract.states import ExtractedPart, ExtractPart
from cantata.contract.templates import TemplateVersionInfo


class ImportWishRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """How somebody wants it. `extract` is what becomes values; without it everything does, and secrets
    always. `config` is the name of a new config with the values: without it the template's name is taken
    unless a config has it already, and with an empty one none is made. A `preview` stores nothing."""

    extract: tuple[ExtractPart, ...] | None = None
    config: str | None = None
    description: str = ""
    preview: bool = False


class FilesImportRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """`files` are YAML texts by name. Objects of `namespace` go where the release goes; without it that of
    most of them is taken."""

    files: dict[str, str]
    namespace: str = ""
    wish: ImportWishRequest = ImportWishRequest()


class NamespaceImportRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What is in a namespace of a registered cluster; `selector` takes some of it, by labels."""

    cluster: str
    namespace: str
    selector: str = ""
    wish: ImportWishRequest = ImportWishRequest()


class ReleaseImportRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A Helm release in a registered cluster; without a `revision` the deployed one, else the newest."""

    cluster: str
    namespace: str
    release: str
    revision: int | None = None
    wish: ImportWishRequest = ImportWishRequest()


class FoundServiceInfo(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    objects: tuple[str, ...]


class ExtractedInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A value that was taken out of `object`, and its key in the values. Secrets are masked."""

    key: str
    part: ExtractedPart
    value: str
    service: str
    object: str


class LeftOutInfo(msgspec.Struct, frozen=True, rename="camel"):
    """An object that is not in the template, and why."""

    object: str
    reason: str


class MadeTemplateInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`version` is null for a preview, which has the chart's `files` instead, and the config's text with
    masks for secrets. `config` is the name of the config that was made, or would be; empty for none. An
    application with this `release` and `namespace` has the same objects as there were."""

    template: str
    version: TemplateVersionInfo | None
    fresh: bool
    config: str
    origin: str
    release: str
    namespace: str
    services: tuple[FoundServiceInfo, ...]
    extracted: tuple[ExtractedInfo, ...]
    left_out: tuple[LeftOutInfo, ...]
    findings: tuple[FindingInfo, ...]
    files: dict[str, str] = {}
    config_text: str = ""


class HelmReleaseInfo(msgspec.Struct, frozen=True, rename="camel"):
    """The newest revision of a release, as Helm labels it. `updated` is empty when that is unknown."""

    name: str
    namespace: str
    revision: int
    status: str
    updated: str
