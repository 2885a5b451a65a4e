"""What of the objects is bound to the namespace that they come from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cantata.core.chart_text import Code, Text, Value
from cantata.core.model.findings import Finding, Severity
from cantata.core.model.objects import Manifest, ObjectKey

HERE = Code(".Release.Namespace")
NAMED = frozenset({"namespace"})
"""Fields that hold the name of a namespace, wherever they stand."""
LISTED = frozenset({"namespaces", "matchNames"})
LABEL = "kubernetes.io/metadata.name"
FREE = frozenset({"labels", "annotations", "data", "stringData", "binaryData", "nodeSelector"})
"""Maps whose keys are the user's words."""


def home_of(manifests: Iterable[Manifest]) -> str:
    """The namespace that most of the objects name, of equally many the first by name; empty without any."""
    named = Counter(key.namespace for each in manifests if (key := ObjectKey.of(each)).namespace)
    return min(named, key=lambda name: (-named[name], name), default="")


def released(manifest: Manifest, home: str) -> Manifest:
    """A new manifest in which the namespace of the release stands for `home`: the object's own is left to the
    release, what points there asks it."""
    metadata = dict(manifest["metadata"])
    if metadata.get("namespace") in ("", home):
        metadata.pop("namespace", None)
    rest = {name: _within(name, value, home) for name, value in manifest.items() if name != "metadata"}
    return {"metadata": metadata, **rest} if not home else {**rest, "metadata": metadata}


def _within(field: str, value: Any, home: str) -> Any:
    if not home or field in FREE:
        return value
    if isinstance(value, dict):
        return {name: _within(name, item, home) for name, item in value.items()}
    if isinstance(value, list):
        if field in LISTED:
            return [HERE if item == home else _within("", item, home) for item in value]
        return [_within("", item, home) for item in value]
    return HERE if value == home and (field in NAMED or field == LABEL) else value


def check_namespaces(manifests: Sequence[Manifest], home: str) -> Iterator[Finding]:
    """What will not move with the release: objects elsewhere, and texts that name the namespace."""
    pattern = re.compile(rf"(?<![A-Za-z0-9-]){re.escape(home)}(?=\.svc\b)") if home else None
    for manifest in manifests:
        key = ObjectKey.of(manifest)
        if key.namespace and key.namespace != home:
            yield Finding(
                "namespace-fixed",
                Severity.WARNING,
                f"{key} keeps its namespace: it is not that of the others",
                key="metadata.namespace",
                suggestion="Give it another template, or take its namespace away.",
            )
        if pattern is not None:
            for path, text in texts_of(manifest):
                if pattern.search(text):
                    yield Finding(
                        "namespace-in-text",
                        Severity.WARNING,
                        f"{key} names the namespace {home} in a text",
                        key=path,
                        suggestion="Use the short name of the Service, or `{{ .Release.Namespace }}`.",
                    )


def texts_of(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text of an object with its path. What has become a value of the chart is told by its default."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from texts_of(item, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from texts_of(item, f"{path}[{index}]")
    elif isinstance(value, Value):
        yield from texts_of(value.default, path)
    elif isinstance(value, Text):
        yield path, "".join(part if isinstance(part, str) else "" for part in value.parts)
    elif isinstance(value, str):
        yield path, value
