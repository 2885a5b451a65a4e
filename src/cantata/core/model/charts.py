"""Charts and what the engine makes of them."""

from __future__ import annotations

import enum
from typing import Any

import msgspec

from cantata.core.model.objects import Manifest


class Numbers(enum.StrEnum):
    """How numbers of values reach the templates."""

    HELM = "helm"
    """As floats, as the `helm` command does: `1000000` prints as `1e+06`."""
    EXACT = "exact"
    """As written: integers stay integers."""


class ChartDependency(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    version: str = ""
    repository: str = ""
    condition: str = ""
    alias: str = ""
    tags: tuple[str, ...] = ()


class LoadedChart(msgspec.Struct, frozen=True, rename="camel"):
    """What `load` reads out of a chart archive, subcharts' files included.

    `digest` is `sha256:` over the sorted (path, content) pairs, so that it does not depend on how the archive
    was packed. `files` are all paths inside the chart folder; `values_text` is values.yaml as written;
    `cantata_text` is cantata.yaml as written, empty when the chart has none.
    """

    digest: str
    name: str
    version: str
    app_version: str = ""
    type: str = "application"
    description: str = ""
    kube_version: str = ""
    icon: str = ""
    home: str = ""
    keywords: tuple[str, ...] = ()
    deprecated: bool = False
    dependencies: tuple[ChartDependency, ...] = ()
    values: dict[str, Any] = {}
    values_text: str = ""
    schema_text: str = ""
    cantata_text: str = ""
    readme: str = ""
    files: tuple[str, ...] = ()


class Capabilities(msgspec.Struct, frozen=True, rename="camel"):
    """What a cluster can do, as `.Capabilities` shows it to templates.

    `api_versions` holds both forms that Helm knows, `apps/v1` and `apps/v1/Deployment`, sorted.
    """

    kube_version: str
    api_versions: tuple[str, ...] = ()


class Release(msgspec.Struct, frozen=True, rename="camel"):
    """`.Release` as templates see it."""

    name: str
    namespace: str
    revision: int = 1
    is_upgrade: bool = False


class TapeEntry(msgspec.Struct, frozen=True, rename="camel"):
    """One recorded result of a non-deterministic template function.

    The key is (template, function, digest of the arguments, ordinal of this call among equal ones);
    `result` is the JSON text of what the function returned.
    """

    template: str
    function: str
    arguments: str
    ordinal: int
    result: str


class RenderInputs(msgspec.Struct, frozen=True, rename="camel"):
    """Everything that a render depends on. Equal inputs give equal bytes.

    `values` are what the user gives over the chart's defaults (layers already merged), as JSON text;
    `lookup` is what the `lookup` function may find.
    """

    chart: str
    release: Release
    capabilities: Capabilities
    values: msgspec.Raw = msgspec.Raw(b"{}")
    numbers: Numbers = Numbers.HELM
    tape: tuple[TapeEntry, ...] = ()
    lookup: tuple[Manifest, ...] = ()


class ValuesFile(msgspec.Struct, frozen=True, rename="camel"):
    """A file of values, by the name that errors call it."""

    name: str
    text: str


class HelmValues(msgspec.Struct, frozen=True, rename="camel"):
    """The values options of the `helm` command, in its order: `--values`, `--set-json`, `--set`,
    `--set-string`, `--set-file`, `--set-literal`. `contents` has the texts of the files that `paths` name."""

    files: tuple[ValuesFile, ...] = ()
    json: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    strings: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    literals: tuple[str, ...] = ()
    contents: dict[str, str] = {}


class TextInputs(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What the text of `helm template` depends on. Capabilities without API versions are those that Helm was
    built with, and `more_apis`."""

    chart: str
    release: Release
    capabilities: Capabilities
    layers: HelmValues = HelmValues()
    more_apis: tuple[str, ...] = ()
    include_crds: bool = False
    no_hooks: bool = False
    skip_tests: bool = False
    show_only: tuple[str, ...] = ()


class RenderedText(msgspec.Struct, frozen=True):
    """What `helm template` prints. Nothing in it is from a tape: each render has other random values."""

    text: str
    warnings: tuple[str, ...] = ()


class Hook(msgspec.Struct, frozen=True, rename="camel"):
    """Helm's hook annotations of one object, parsed. `events` such as `pre-install`."""

    events: tuple[str, ...]
    weight: int = 0
    delete_policies: tuple[str, ...] = ()


class RenderedObject(msgspec.Struct, frozen=True, rename="camel"):
    """One object of a render. `path` is the template's path with the chart's name first, as Helm prints it in
    `# Source:`; `index` is the document's number in that file, from 0."""

    path: str
    index: int
    manifest: Manifest
    hook: Hook | None = None


class Rendered(msgspec.Struct, frozen=True, rename="camel"):
    """A finished render. `objects` in Helm's install order with hooks after them; `tape` holds every
    non-deterministic call that this render made, old results and new."""

    objects: tuple[RenderedObject, ...]
    crds: tuple[RenderedObject, ...] = ()
    notes: str = ""
    tape: tuple[TapeEntry, ...] = ()
    warnings: tuple[str, ...] = ()


class YamlNode(msgspec.Struct, frozen=True, rename="camel"):
    """One node of a YAML document, parents before children, in the order of the text.

    `path` are map keys and list indexes as text; `kind` is `map`, `list` or `scalar`; `tag` is the tag as it
    resolves for kubectl (`!!str`, `!!int`, `!!bool`, `!!null`, `!!float`) or a custom one as written
    (`!secret`); `text` is a scalar's content as written, without quotes; `key_tag` is how the key of this
    node resolves, so that a boolean-like key can be refused. Lines and columns count from 1 and mean the
    value, `key_line` the key.
    """

    path: tuple[str, ...]
    kind: str
    tag: str
    line: int
    column: int
    text: str = ""
    key_tag: str = "!!str"
    key_line: int = 0
    quoted: bool = False


class YamlDocument(msgspec.Struct, frozen=True, rename="camel"):
    """A parsed YAML document: its value as kubectl reads it, and where each node stands."""

    value: msgspec.Raw
    nodes: tuple[YamlNode, ...] = ()


class EngineVersion(msgspec.Struct, frozen=True, rename="camel"):
    """Which engine rendered: recorded in every revision."""

    helm: str
    worker: str
    go: str
