"""Templates and their versions. A template is imported by sending the .tgz itself."""

from __future__ import annotations

import msgspec

from cantata.contract.findings import FindingInfo


class TemplateInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`latest` is the number of the newest version, `version` its semantic version, `digest` its content's
    hash."""

    id: str
    name: str
    description: str
    latest: int
    created_at: str
    version: str = ""
    digest: str = ""


class TemplateVersionInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`chart`, `chart_version` and `app_version` are the chart's own words, `digest` its content's hash.
    Lists leave `values_text` (the default configuration) and `files` empty."""

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


class ImportedInfo(msgspec.Struct, frozen=True, rename="camel"):
    """Equal content makes no version: then `version` is the one that was there, and `fresh` is false.
    `findings` are about the chart's values: read but never defined, defined but never read."""

    version: TemplateVersionInfo
    fresh: bool
    findings: tuple[FindingInfo, ...] = ()
