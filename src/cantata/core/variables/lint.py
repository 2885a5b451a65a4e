"""Values that nobody reads, and reads of what nobody defines: notices, since both may be meant."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator

import msgspec

from cantata.core.config import Path
from cantata.core.model.findings import Finding, Severity
from cantata.core.model.templates import TemplateSpec
from cantata.core.model.variables import ChartVariables, Read, ReadHow
from cantata.core.variables.reach import related

MOST = 100
"""For so many findings it is searched what was meant."""


def check_variables(variables: ChartVariables, spec: TemplateSpec, chart: str) -> tuple[Finding, ...]:
    """`chart` is the name of the top-level chart; subcharts are somebody else's to correct.

    Where the template delivers its config as environment or files, values reach services without any template
    reading them, so that unread ones are not told.
    """
    reads = _merged(variables)
    unread = () if spec.delivers else tuple(_unread(variables, reads, chart))
    return (*unread, *_undefined(variables, reads, chart))


def check_set(service: str, keys: Iterable[str], read: Collection[Path]) -> Iterator[Finding]:
    """Of values that are set for one service, those that no template of `read` knows."""
    names = [".".join(path) for path in read]
    for key in keys:
        if any(related(path, tuple(key.split("."))) for path in read):
            continue
        near = difflib.get_close_matches(key, names, n=1, cutoff=0.8)
        yield Finding(
            "override-unread",
            Severity.WARNING,
            f"{key} is set, but nothing of service {service} reads it",
            service=service,
            key=key,
            suggestion=f"Did you mean {near[0]}?"
            if near
            else "`cantata app variables` lists what services read.",
        )


def _merged(variables: ChartVariables) -> dict[Path, list[Read]]:
    found: dict[Path, list[Read]] = {}
    for template in variables.templates:
        for read in template.reads:
            found.setdefault(read.path, []).append(read)
    return found


def _unread(variables: ChartVariables, reads: dict[Path, list[Read]], chart: str) -> Iterator[Finding]:
    known = _prefixes(reads)
    wholes = {path for path, each in reads.items() if any(read.how is ReadHow.VALUE for read in each)}
    for variable in variables.values:
        if variable.file != f"{chart}/values.yaml" or variable.default is msgspec.UNSET:
            continue
        above = (variable.path[:length] for length in range(len(variable.path)))
        if variable.path in reads or any(path in wholes for path in above):
            continue
        if variable.path in known:
            continue
        yield Finding(
            "value-unread",
            Severity.NOTICE,
            f"{variable.key} is defined, but no template reads it",
            file=variable.file,
            line=variable.line,
            key=variable.key,
            suggestion="Remove it, or correct its name.",
        )


def _prefixes(paths: Iterable[Path]) -> set[Path]:
    """All paths and what is above them."""
    return {path[:length] for path in paths for length in range(len(path) + 1)}


def _undefined(variables: ChartVariables, reads: dict[Path, list[Read]], chart: str) -> Iterator[Finding]:
    defined = {variable.path for variable in variables.values}
    known = _prefixes(defined)
    told = 0
    keys = [variable.key for variable in variables.values]
    for path, found in reads.items():
        own = [
            spot
            for read in found
            for spot in read.places
            if spot.line and spot.file.startswith(f"{chart}/templates/")
        ]
        optional = all(read.how is ReadHow.PRESENCE and not read.required for read in found)
        given = any(read.default is not msgspec.UNSET for read in found)
        if not path or not own or optional or given or path in known:
            continue
        if any(path[:length] in defined for length in range(len(path))):
            continue
        key, place = ".".join(path), min(own)
        told += 1
        near = difflib.get_close_matches(key, keys, n=1, cutoff=0.8) if told <= MOST else []
        yield Finding(
            "value-undefined",
            Severity.NOTICE,
            f"{key} is read, but values.yaml does not define it",
            file=place.file,
            line=place.line,
            key=key,
            suggestion=f"Did you mean {near[0]}?" if near else "Define it in values.yaml, with a comment.",
        )
