"""What a chart lacks, and where each of it comes from: what `helm dependency build` would do."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from cantata.core.model.charts import ChartDependency
from cantata.core.model.market import ChartNode, Pin, Repository, RepositoryKind, Source
from cantata.core.repositories.addresses import origin_of, same_origin
from cantata.core.repositories.errors import (
    ChartDependenciesTooMany,
    ChartDependencyCycle,
    ChartDependencyMissing,
)

DEEPEST = 10
MOST = 100
"""How deep charts may want each other, and how many may be fetched for one."""

Fitting = Collection[tuple[str, str]]
"""Pairs of a constraint and a version that it allows."""


@dataclass(frozen=True, slots=True)
class Brought:
    """The archive has it already."""

    dependency: ChartDependency
    chart: ChartNode


@dataclass(frozen=True, slots=True)
class Inside:
    """It lies elsewhere in the archive, where `file://` says."""

    dependency: ChartDependency
    path: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """To be fetched: the newest version that `constraint` allows, which is a single one when Chart.lock says
    it."""

    dependency: ChartDependency
    constraint: str


Step = Brought | Inside | Wanted


def asked(node: ChartNode) -> Iterable[tuple[str, str]]:
    """The pairs of constraint and version that a plan needs to know about."""
    for dependency, constraint in zip(node.dependencies, constraints(node), strict=True):
        for chart in node.charts:
            if chart.name == dependency.name:
                yield constraint, chart.version


def constraints(node: ChartNode) -> list[str]:
    """By Chart.lock where that fits, else as Chart.yaml says; nothing means any release."""
    if len(node.locked) == len(node.dependencies):
        return [version or "*" for version in node.locked]
    return [dependency.version or "*" for dependency in node.dependencies]


def plan_dependencies(node: ChartNode, fitting: Fitting) -> list[Step]:
    """A step for each dependency of the outermost chart, in the order of Chart.yaml. What stands in charts/
    is taken as it is, and so are the charts inside of that. Conditions and tags do not matter: values may
    enable it later. Raises `ChartDependencyMissing`."""
    return [
        _step(node, dependency, constraint, fitting)
        for dependency, constraint in zip(node.dependencies, constraints(node), strict=True)
    ]


def _step(node: ChartNode, dependency: ChartDependency, constraint: str, fitting: Fitting) -> Step:
    for chart in node.charts:
        if chart.name == dependency.name and (constraint, chart.version) in fitting:
            return Brought(dependency, chart)
    repository = dependency.repository
    if not repository:
        other = next((chart.version for chart in node.charts if chart.name == dependency.name), "")
        there = f"it brings {other}" if other else "it names no repository"
        raise missing(node.name, dependency, f"{there}, and charts/ does not hold {dependency.version}")
    if repository.startswith("file://"):
        return Inside(dependency, _inside(node, dependency))
    if repository.startswith(("@", "alias:")):
        name = repository.removeprefix("@").removeprefix("alias:")
        raise missing(
            node.name, dependency, f"there is no repository {name}", f"Add a repository of the name {name}."
        )
    if not repository.startswith(("https://", "http://", "oci://")):
        raise missing(node.name, dependency, f"{repository[:100]!r} is no repository")
    return Wanted(dependency, constraint)


def _inside(node: ChartNode, dependency: ChartDependency) -> str:
    written = dependency.repository.removeprefix("file://")
    path = posixpath.normpath(written)
    if written.startswith("/") or path == ".." or path.startswith("../"):
        raise missing(
            node.name,
            dependency,
            f"{dependency.repository[:100]} is outside of the archive",
            "Run `helm dependency build` where the chart was written, and import what that makes.",
        )
    return path


def missing(chart: str, dependency: ChartDependency, why: str, hint: str = "") -> ChartDependencyMissing:
    return ChartDependencyMissing(
        f"chart {chart} depends on {dependency.name} {dependency.version}: {why}"[:500],
        subject=f"chart {chart}",
        hint=hint or "See `dependencies` in Chart.yaml.",
    )


def source_for(url: str, known: Sequence[Source]) -> Source:
    """The repository that a chart names: the configured one of this address; else, with the credentials of a
    configured one on the same host, this path of it; else one that nobody chose."""
    kind = RepositoryKind.OCI if url.startswith("oci://") else RepositoryKind.HTTP
    mine = [each for each in known if each.repository.kind is kind]
    for each in mine:
        if each.repository.url.rstrip("/") == url.rstrip("/"):
            return each
    for each in mine:
        if same_origin(each.repository.url, url):
            elsewhere = msgspec.structs.replace(each.repository, url=url, charts=())
            return msgspec.structs.replace(each, repository=elsewhere)
    host = origin_of(urlsplit(url))[1]
    return Source(Repository("", "", host, kind, url), configured=False)


def aliases(known: Iterable[Source]) -> dict[str, str]:
    """The addresses of repositories that Chart.yaml may call `@name`."""
    return {
        each.repository.name: each.repository.url
        for each in known
        if each.repository.kind is not RepositoryKind.FOLDER
    }


def follow(trail: tuple[str, ...], key: str) -> tuple[str, ...]:
    """The charts on the way to this one and it. Raises `ChartDependencyCycle`, `ChartDependenciesTooMany`."""
    if key in trail:
        circle = " → ".join((*trail[trail.index(key) :], key))
        raise ChartDependencyCycle(f"charts depend on each other: {circle}"[:500], subject="dependencies")
    if len(trail) >= DEEPEST:
        raise ChartDependenciesTooMany(
            f"charts depend on each other deeper than {DEEPEST}: {' → '.join(trail)}"[:500],
            subject="dependencies",
        )
    return (*trail, key)


def pins_brought(dependency: ChartDependency | None, chart: ChartNode, path: tuple[str, ...]) -> list[Pin]:
    """Of a chart that the archive brought along, and of those inside of it."""
    alias = dependency.alias if dependency else ""
    own = Pin(chart.name, chart.version, digest=chart.digest, alias=alias, path=path)
    inner = (*path, chart.name)
    return [own, *(pin for each in chart.charts for pin in pins_brought(None, each, inner))]
