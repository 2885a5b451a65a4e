"""Templates and their versions. A template is imported by sending the .tgz itself."""

from __future__ import annotations

import msgspec

from cantata.contract.findings import FindingInfo
from cantata.contract.market import ChartSourceInfo


class TemplateInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`latest` is the number of the newest version, `version` its semantic version, `digest` its content's
    hash. `deprecated` says what to take instead, and is null while the template is not deprecated. `newer` is
    a newer version of its chart, where that came from a market and its repository lists one."""

    id: str
    name: str
    description: str
    latest: int
    created_at: str
    version: str = ""
    digest: str = ""
    deprecated: str | None = None
    newer: str = ""


class TemplateVersionInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`chart`, `chart_version` and `app_version` are the chart's own words, `digest` its content's hash.
    Lists leave `values_text` (the default configuration), `files` and `source` empty; the latter is where in
    a market it came from. `deprecated` is told of a single one, and is the template's."""

    id: str
    template: str
    number: int
    chart: str
    chart_version: str
    app_version: str
    digest: str
    origin: str
    author: str
    created_at: str
    files: tuple[str, ...] = ()
    values_text: str = ""
    deprecated: str | None = None
    source: ChartSourceInfo | None = None


class ImportedInfo(msgspec.Struct, frozen=True, rename="camel"):
    """Equal content makes no version: then `version` is the one that was there, and `fresh` is false.
    `findings` are about the chart's values: read but never defined, defined but never read."""

    version: TemplateVersionInfo
    fresh: bool
    findings: tuple[FindingInfo, ...] = ()


class TemplateCloneDraft(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """With `history` it gets all versions, else the latest as its first."""

    name: str
    history: bool = False


class DeprecationRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """`message` says what to take instead."""

    message: str = ""
