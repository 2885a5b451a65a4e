"""Applications and templates as plain charts and manifests."""

from __future__ import annotations

import msgspec

from cantata.contract.findings import FindingInfo


class ChartExportInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`archive` is the .tgz, in Base64 on the wire; `chart` its name and version. `values` and `secrets` are
    texts of values files; `secret_keys` are missing in the first, and `secrets` is empty unless asked for.

    `differences` name the objects, of `objects` in all, that Helm makes otherwise than Cantata; `findings`
    say what a plain chart does not keep.
    """

    chart: str
    archive: bytes
    release: str
    namespace: str
    values: str
    secrets: str
    secret_keys: tuple[str, ...]
    objects: int
    differences: tuple[str, ...] = ()
    findings: tuple[FindingInfo, ...] = ()


class ConfigValuesInfo(msgspec.Struct, frozen=True, rename="camel"):
    """The values file of a config. `secret_keys` are missing in `text`; the others are as in
    `ChartExportInfo`."""

    config: str
    text: str
    secret_keys: tuple[str, ...]
    objects: int
    differences: tuple[str, ...] = ()


class TemplateChartInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`archive` is the .tgz, in Base64 on the wire; `chart` its name and version. Without configs `values`
    has one entry without a name, which is checked and has no text."""

    chart: str
    archive: bytes
    values: tuple[ConfigValuesInfo, ...]


class ManifestsInfo(msgspec.Struct, frozen=True, rename="camel"):
    """The objects of a service as YAML documents, of the definitions, or of the hooks. `objects` are their
    names."""

    name: str
    text: str
    objects: tuple[str, ...]
    hooks: bool = False
