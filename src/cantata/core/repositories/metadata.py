"""Chart.yaml as a row of an index. It comes from outside, so what is not of the right type is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cantata.core.model.market import ChartRow, Maintainer

LONGEST = 2000
MANY = 50


def row_of(
    metadata: Mapping[str, Any], *, digest: str = "", created: str = "", urls: tuple[str, ...] = ()
) -> ChartRow:
    """`name` and `version` are empty when the metadata has none."""
    annotations = metadata.get("annotations")
    notes = annotations if isinstance(annotations, dict) else {}
    return ChartRow(
        name=_text(metadata.get("name")),
        version=_text(metadata.get("version")),
        app_version=_text(metadata.get("appVersion")),
        type=_text(metadata.get("type")),
        description=_text(metadata.get("description")),
        keywords=_texts(metadata.get("keywords")),
        maintainers=_maintainers(metadata.get("maintainers")),
        icon=_text(metadata.get("icon")),
        home=_text(metadata.get("home")),
        sources=_texts(metadata.get("sources")),
        licence=next(filter(None, (_text(notes.get(key)) for key in LICENCES)), ""),
        kube_version=_text(metadata.get("kubeVersion")),
        deprecated=metadata.get("deprecated") is True,
        created=created,
        digest=digest,
        urls=urls,
    )


LICENCES = ("artifacthub.io/license", "licenses", "license")
"""The annotations that name it; Helm has no word for it."""


def _text(value: Any) -> str:
    return str(value)[:LONGEST] if isinstance(value, str | int | float) and value is not True else ""


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(filter(None, map(_text, value[:MANY]))) if isinstance(value, list) else ()


def _maintainers(value: Any) -> tuple[Maintainer, ...]:
    known = [each for each in value[:MANY] if isinstance(each, dict)] if isinstance(value, list) else []
    return tuple(
        Maintainer(_text(each.get("name")), _text(each.get("email")), _text(each.get("url")))
        for each in known
    )
