"""The three renderings of config keys as a table."""

from __future__ import annotations

from cantata.cli.output import print_table
from cantata.contract.parity import KeyParityInfo, ParityInfo

CELL = 40
"""Characters of a value that a cell shows."""


def print_parity(parity: ParityInfo, *, every: bool = False) -> None:
    """A row for each key of each service that is delivered or flagged, or for `every` one."""
    rows = [
        [service.service, *_cells(key)]
        for service in parity.services
        for key in service.keys
        if every or key.environment or key.files or key.flags
    ]
    print_table(["service", "key", "template", "environment", "file", "text", "flags"], rows)
    for service in parity.services:
        for key in service.keys:
            for flag in key.flags:
                if flag.severity != "notice":
                    print(f"{flag.severity}: {service.service}: {key.key}: {flag.message}")
        for finding in service.findings:
            print(f"{finding.severity}: {service.service}: {finding.message}")


def _cells(key: KeyParityInfo) -> list[str]:
    environment = dict.fromkeys(each.name for each in key.environment)
    files = dict.fromkeys(f"{each.path}{f' ({each.format})' * bool(each.format)}" for each in key.files)
    return [
        _one_line(key.key),
        f"{key.variable.type} {_one_line(key.variable.text)}".rstrip(),
        ", ".join(environment),
        ", ".join(files),
        _one_line(key.text),
        ", ".join(dict.fromkeys(flag.rule for flag in key.flags)),
    ]


def _one_line(text: str) -> str:
    """The beginning of a text, without what would break the table."""
    first = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text[: CELL + 1])
    return first if len(first) <= CELL else f"{first[: CELL - 1]}…"
