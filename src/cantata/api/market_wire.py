"""The market, from the core's model to the wire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from cantata.actions.market_charts import ChartPage
from cantata.actions.publish_chart import OWN_PATH
from cantata.contract.market import (
    ChartInfo,
    ChartSourceInfo,
    ChartVersionInfo,
    DependencyInfo,
    FoundChartInfo,
    MaintainerInfo,
    OwnMarketInfo,
    PinInfo,
    PublicationInfo,
    PublishedInfo,
    RepositoryInfo,
)
from cantata.core.model.listings import ChartSource, FoundChart, KeptRepository, ListedVersion, Publication
from cantata.core.model.market import ChartRow, Published


def repository_info(kept: KeptRepository) -> RepositoryInfo:
    fields = {**_fields(kept.refreshed), **_fields(kept.repository), "username": kept.username}
    return msgspec.convert(_only(fields, RepositoryInfo), RepositoryInfo, from_attributes=True)


def found_chart_info(found: FoundChart) -> FoundChartInfo:
    versions = tuple(map(_version_info, found.versions))
    made = msgspec.convert(msgspec.structs.replace(found, versions=()), FoundChartInfo, from_attributes=True)
    return msgspec.structs.replace(made, versions=versions)


def chart_info(page: ChartPage) -> ChartInfo:
    row, chart, pulled = page.row, page.chart, page.pulled
    return ChartInfo(
        repository=page.found.repository,
        name=row.name,
        version=row.version,
        app_version=row.app_version,
        type=chart.type,
        description=row.description,
        deprecated=row.deprecated,
        icon=row.icon,
        home=row.home,
        licence=row.licence,
        kube_version=row.kube_version,
        keywords=row.keywords,
        sources=row.sources,
        maintainers=tuple(MaintainerInfo(each.name, each.email, each.url) for each in row.maintainers),
        dependencies=tuple(
            DependencyInfo(each.name, each.version, each.repository, each.condition, each.alias)
            for each in chart.dependencies
        ),
        versions=tuple(map(_version_info, page.found.versions)),
        origin=pulled.origin,
        digest=pulled.digest,
        manifest=pulled.manifest,
        provenance=pulled.provenance,
        signatures=pulled.signatures,
        readme=chart.readme,
        values=chart.values_text,
        files=chart.files,
    )


def _version_info(version: ListedVersion) -> ChartVersionInfo:
    return msgspec.convert(version, ChartVersionInfo, from_attributes=True)


def chart_source_info(source: ChartSource, newer: str) -> ChartSourceInfo:
    pins = tuple(msgspec.convert(pin, PinInfo, from_attributes=True) for pin in source.pins)
    fields = {**_fields(source), "pins": pins, "newer": newer}
    return ChartSourceInfo(**{name: fields[name] for name in ChartSourceInfo.__struct_fields__})


def published_info(row: ChartRow, published: Published) -> PublishedInfo:
    return PublishedInfo(row.name, row.version, published.origin, row.digest, published.manifest)


def own_market_info(project: str, public: bool, publications: Sequence[Publication]) -> OwnMarketInfo:
    charts = (
        PublicationInfo(
            each.row.name,
            each.row.version,
            each.row.digest,
            each.template,
            each.number,
            each.author,
            each.created_at,
        )
        for each in publications
    )
    return OwnMarketInfo(OWN_PATH.format(project=project), public, tuple(charts))


def _fields(struct: msgspec.Struct) -> dict[str, Any]:
    return {field: getattr(struct, field) for field in struct.__struct_fields__}


def _only(fields: dict[str, Any], kind: type[msgspec.Struct]) -> dict[str, Any]:
    names = zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True)
    return {encoded: fields[field] for field, encoded in names}
