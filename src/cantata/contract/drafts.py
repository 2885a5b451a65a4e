"""Charts that are looked at and not stored: lint, preview, and the text of a render.

A chart is a version of a template by name, or an archive (.tgz, base64) that is sent.
"""

from __future__ import annotations

from typing import Any

import msgspec

from cantata.contract.findings import FindingInfo
from cantata.contract.plans import ObjectInfo
from cantata.contract.variables import VariableInfo


class ChartDraft(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """Just one of `template`, of which `version` is the latest by default, and `archive`. With a `cluster`,
    its version and what it serves are seen by the templates and checked; without one, `kube_version` and
    `api_versions` say what a cluster would be."""

    template: str = ""
    version: int | str | None = None
    archive: bytes = b""
    cluster: str = ""
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()
    namespace: str = "default"
    release: str = "release-name"
    is_upgrade: bool = False


class ValuesDraft(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A YAML document of values, and what findings call it."""

    name: str
    text: str


class ValueSetDraft(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Values over the chart's own: a config, or texts, the weakest first."""

    name: str
    config: str = ""
    config_version: int | str | None = None
    texts: tuple[ValuesDraft, ...] = ()


class LintRequest(ChartDraft, frozen=True, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """Each of `sets` is rendered; without any, the chart's values.yaml and each ci/*-values.yaml over it."""

    sets: tuple[ValueSetDraft, ...] = ()


class HelmValuesDraft(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The values options of the `helm` command: `--values`, `--set-json`, `--set`, `--set-string`,
    `--set-file`, `--set-literal`. `contents` has the texts of the files that `paths` name."""

    files: tuple[ValuesDraft, ...] = ()
    json: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    strings: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    literals: tuple[str, ...] = ()
    contents: dict[str, str] = {}


class TextRequest(ChartDraft, frozen=True, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """`show_only` names templates, from templates/ on, by patterns."""

    layers: HelmValuesDraft = msgspec.field(default_factory=HelmValuesDraft)
    include_crds: bool = False
    no_hooks: bool = False
    skip_tests: bool = False
    show_only: tuple[str, ...] = ()


class PreviewRequest(ChartDraft, frozen=True, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """`values` are those over the chart's own."""

    values: ValueSetDraft = ValueSetDraft("")


class PreviewObjectInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`file` is the template, empty for an object that carries the config. Secret content of the manifest
    shows as `****`. `events` and `weight` are those of a hook."""

    key: ObjectInfo
    manifest: dict[str, Any]
    file: str = ""
    events: tuple[str, ...] = ()
    weight: int = 0


class PreviewServiceInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`workload` is the main one, null where there is none; `depends_on` says until when which services are
    waited for; `variables` are the values that the service reads."""

    service: str
    workload: ObjectInfo | None
    objects: tuple[PreviewObjectInfo, ...]
    depends_on: dict[str, str]
    variables: tuple[VariableInfo, ...]


class PreviewInfo(msgspec.Struct, frozen=True, rename="camel"):
    """What a chart would become. `hooks` holds tests, too; `definitions` are those in crds/; `order` are the
    services in waves that may run together; `variables` those that only hooks and notes read, and files that
    render nothing now."""

    chart: str
    chart_version: str
    kube_version: str
    services: tuple[PreviewServiceInfo, ...]
    hooks: tuple[PreviewObjectInfo, ...]
    definitions: tuple[ObjectInfo, ...]
    order: tuple[tuple[str, ...], ...]
    notes: str
    variables: tuple[VariableInfo, ...]
    findings: tuple[LintFinding, ...] = ()


class TextInfo(msgspec.Struct, frozen=True, rename="camel"):
    """What `helm template` prints, and what it would warn of."""

    text: str
    warnings: tuple[str, ...] = ()


class LintFinding(FindingInfo, frozen=True, rename="camel", kw_only=True):
    """`file` is a path inside of the chart's folder. `sets` name the sets of values that have the finding;
    none where all have it."""

    sets: tuple[str, ...] = ()


class LintInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`sets` names what was rendered. By file and line."""

    chart: str
    chart_version: str
    sets: tuple[str, ...]
    errors: int
    warnings: int
    notices: int
    findings: tuple[LintFinding, ...] = ()
