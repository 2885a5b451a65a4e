"""The values that templates read, as a table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from cantata.cli.output import print_table
from cantata.contract.findings import FindingInfo
from cantata.contract.variables import ServiceVariablesInfo, UnknownInfo, VariableInfo

HEADERS = ("key", "value", "from", "type", "description")
WIDTH = 40
"""How much of a value is shown; programs get all of it by `-o json`."""


def print_variables(variables: Sequence[VariableInfo]) -> None:
    print_table(HEADERS, [list(_row(each)) for each in variables if not _is_echo(each)])


def print_services(services: Iterable[ServiceVariablesInfo]) -> None:
    """Each service under its name."""
    for number, each in enumerate(services):
        if number:
            print()
        print(each.service or "the application (hooks, notes, files that render nothing now)")
        print_variables(each.variables)
        for line in (*unknown_lines(each.unknown), *_opened_lines(each)):
            print(line)


def unknown_lines(unknown: Iterable[UnknownInfo]) -> Iterator[str]:
    for each in unknown:
        below = f"everything below {each.key}" if each.key else "all values"
        yield f"{each.file}:{each.line}: {each.reason}: counts as reading {below}"


def finding_lines(findings: Iterable[FindingInfo]) -> Iterator[str]:
    for each in findings:
        place = ":".join(str(part) for part in (each.file, each.line) if part)
        yield f"{each.severity}: {f'{place}: ' if place else ''}{each.message}. {each.suggestion}".rstrip()


def _opened_lines(service: ServiceVariablesInfo) -> Iterator[str]:
    for key in service.opened:
        yield f"{key} is executed as a template and is your own text: it may read all values"


def _is_echo(variable: VariableInfo) -> bool:
    """A subchart's own view of a global value, which nobody sets for the subchart alone."""
    return "global" in variable.path[1:] and not variable.defined and not variable.origin


def _row(variable: VariableInfo) -> Iterator[str]:
    notes = [word for word in ("required", "dynamic", "secret") if getattr(variable, word)]
    if variable.fallback is not msgspec.UNSET:
        notes.append(f"empty: {_text(variable.fallback)}")
    if not variable.defined:
        notes.append("not defined")
    words = variable.title or variable.description
    place = f"{variable.origin}:{variable.line}" if variable.line else variable.origin
    yield variable.key or "(all values)"
    yield _text(variable.value) if variable.origin or variable.defined else ""
    yield place
    yield variable.type
    yield " ".join([words, *(f"({note})" for note in notes)]).strip()


def _text(value: Any) -> str:
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"
