"""Chart.yaml and the files beside it: what `helm lint` says of them, and a little more."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from cantata.core.lint.rules import found
from cantata.core.model.charts import LoadedChart, RenderedObject
from cantata.core.model.findings import Finding
from cantata.core.services.fields import as_map, as_maps

FILE = "Chart.yaml"
KNOWN = frozenset(
    {
        "annotations", "apiVersion", "appVersion", "condition", "dependencies", "deprecated", "description",
        "engine", "home", "icon", "keywords", "kubeVersion", "maintainers", "name", "sources", "tags",
        "tillerVersion", "type", "version",
    }
)  # fmt: skip
"""What Helm reads, of both versions of the format."""

NUMBER = r"(?:0|[1-9][0-9]*)"
PART = rf"(?:{NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
SEMVER = re.compile(
    rf"{NUMBER}\.{NUMBER}\.{NUMBER}(?:-{PART}(?:\.{PART})*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)
"""Semantic Versioning 2.0.0, without a `v` in front."""
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
EXTENSIONS = (".yaml", ".yml", ".tpl", ".txt")


def check_chart(
    chart: LoadedChart, metadata: Any, lines: Mapping[str, int], crds: Collection[RenderedObject] = ()
) -> Iterator[Finding]:
    """`metadata` is Chart.yaml, `lines` has the lines of its keys, by path joined by `.`; `crds` are the
    objects in crds/."""
    written = as_map(metadata)

    def at(rule: str, message: str, key: str) -> Finding:
        return found(rule, message, file=FILE, line=_nearest(lines, key), key=key)

    for key in written:
        if key not in KNOWN:
            yield at("chart-field-unknown", f"Chart.yaml has an unknown key {key}", key)
    for key in ("version", "appVersion"):
        if isinstance(written.get(key), int | float):
            yield at("chart-field-type", f"{key} is the number {written[key]}, not text", key)
    if not SEMVER.fullmatch(chart.version):
        yield at("chart-version-loose", f"version {chart.version} is not a semantic one", "version")
    if not chart.icon:
        yield found("chart-icon-missing", "the chart has no icon", file=FILE, line=_nearest(lines, "name"))
    for key, url in _urls(written):
        if not is_url(url):
            yield at("chart-url-invalid", f"{key} is no URL", key)
    for number, maintainer in enumerate(as_maps(written.get("maintainers"))):
        email = maintainer.get("email")
        if not maintainer.get("name") or (email and not EMAIL.fullmatch(str(email))):
            key = f"maintainers.{number}"
            yield at("chart-maintainer-invalid", "a maintainer has no name or no valid e-mail address", key)
    yield from _dependencies(chart, written, lines)
    yield from _files(chart.files)
    for item in crds:
        if item.manifest.get("kind") != "CustomResourceDefinition":
            kind = item.manifest.get("kind")
            yield found("definition-invalid", f"crds/ holds a {kind}", file=item.path, line=1)


def is_url(text: Any) -> bool:
    try:
        parts = urlsplit(str(text))
    except ValueError:
        return False
    # An icon may stand in the address itself.
    return bool(parts.scheme and parts.netloc) or parts.scheme in ("data", "file")


def _urls(written: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key in ("home", "icon"):
        if written.get(key):
            yield key, written[key]
    sources = written.get("sources")
    for number, url in enumerate(sources if isinstance(sources, list) else ()):
        yield f"sources.{number}", url


def _dependencies(
    chart: LoadedChart, written: Mapping[str, Any], lines: Mapping[str, int]
) -> Iterator[Finding]:
    packed = {_packed_name(path) for path in chart.files if path.startswith("charts/")} - {""}
    named = [each.name for each in chart.dependencies]

    def at(rule: str, message: str, number: int) -> Finding:
        key = f"dependencies.{number}"
        return found(rule, message, file=FILE, line=_nearest(lines, f"{key}.name"), key=key)

    for number, each in enumerate(chart.dependencies):
        if each.name not in packed:
            yield at("chart-dependency-missing", f"charts/ does not have {each.name} {each.version}", number)
    # Charts of the first format name theirs in requirements.yaml.
    if written.get("apiVersion") != "v1":
        for name in sorted(packed.difference(named)):
            line = _nearest(lines, "dependencies") if "dependencies" in lines else _nearest(lines, "name")
            message = f"charts/ has {name}, which Chart.yaml does not name"
            yield found("chart-dependency-undeclared", message, file=FILE, line=line)


PACKED = re.compile(r"(?P<name>.+?)-v?\d[^/]*\.tgz")


def _packed_name(path: str) -> str:
    """The name of the chart that a file below charts/ belongs to; empty for none."""
    rest = path.removeprefix("charts/")
    folder, slash, _ = rest.partition("/")
    if slash:
        return "" if folder.startswith(("_", ".")) else folder
    match = PACKED.fullmatch(rest)
    return match["name"] if match else ""


def _files(files: Collection[str]) -> Iterator[Finding]:
    for path in sorted(files):
        if path.startswith("templates/") and not path.endswith(EXTENSIONS):
            name = path.rpartition("/")[2]
            if not name.startswith("."):
                yield found("template-extension", f"{path} is no template by its name", file=path, line=1)


def _nearest(lines: Mapping[str, int], key: str) -> int:
    """The line of a key, or of what holds it; at least 1."""
    while key and key not in lines:
        key = key.rpartition(".")[0]
    return lines.get(key) or 1
