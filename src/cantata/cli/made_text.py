"""What an import has made, or would make."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cantata.cli.output import Format, print_data, print_one, print_table
from cantata.contract.findings import FindingInfo
from cantata.contract.template_imports import LeftOutInfo, MadeTemplateInfo

MADE = "made by "
FEW = 10
"""So many findings are printed by themselves."""


def print_made(made: MadeTemplateInfo, output: Format, *, cluster: str = "") -> None:
    if output != "table":
        print_data(made, output)
        return
    version = made.version
    if version is None:
        _print_preview(made)
    elif version is not None:
        rows = [
            ("template", f"{version.template}@{version.number}" + ("" if made.fresh else " (unchanged)")),
            ("chart", f"{version.chart} {version.chart_version}"),
            ("from", made.origin),
            ("config", f"{made.config}@1" if made.config else ""),
            ("services", _services_word(made)),
            ("values", _values_word(made)),
            ("left out", _left_word(made)),
            ("findings", _findings_word(made.findings)),
            ("next", _next(made, cluster)),
        ]
        print_one(version, output, rows)


def _print_preview(made: MadeTemplateInfo) -> None:
    for service in made.services:
        print(f"service {service.name}")
        for each in service.objects:
            print(f"  {each}")
    if made.extracted:
        print()
        print_table(
            ["key", "value", "part", "object"],
            [(each.key, " ".join(each.value.split()), each.part, each.object) for each in made.extracted],
        )
    if made.left_out:
        print("\nleft out:")
        for line in _left_lines(made.left_out):
            print(f"  {line}")
    if made.findings:
        print("\nfindings:")
        for line in _finding_lines(made.findings):
            print(f"  {line}")
    config = f", config {made.config}" if made.config else ""
    print(f"\nNothing was stored. It would be template {made.template}{config}; -o yaml shows all files.")


def _left_lines(left_out: tuple[LeftOutInfo, ...]) -> Iterator[str]:
    """What controllers made is counted by kind: they make many."""
    made = Counter(_kind(each) for each in left_out if each.reason.startswith(MADE))
    yield from (f"{count} {kind}, {MADE}others" for kind, count in sorted(made.items()))
    for each in left_out:
        if not each.reason.startswith(MADE):
            yield f"{each.object}: {each.reason}"


def _kind(left: LeftOutInfo) -> str:
    return left.object.partition(" ")[0]


def _services_word(made: MadeTemplateInfo) -> str:
    return ", ".join(service.name for service in made.services)


def _values_word(made: MadeTemplateInfo) -> str:
    parts = Counter(str(each.part) for each in made.extracted)
    return ", ".join(f"{count} {part}" for part, count in sorted(parts.items()))


def _left_word(made: MadeTemplateInfo) -> str:
    kinds = Counter(map(_kind, made.left_out))
    return ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))


def _findings_word(findings: tuple[FindingInfo, ...]) -> str:
    lines = list(_finding_lines(findings))
    more = [f"and {len(lines) - FEW} more; -o yaml shows all"] if len(lines) > FEW else []
    return "".join(f"\n  {line}" for line in (*lines[:FEW], *more))


def _finding_lines(findings: tuple[FindingInfo, ...]) -> Iterator[str]:
    for each in findings:
        place = ":".join(str(part) for part in (each.file, each.line, each.key) if part)
        where = f"{place}: " if place else ""
        yield f"{each.severity}: {where}{each.message}. {each.suggestion}".rstrip()


def _next(made: MadeTemplateInfo, cluster: str) -> str:
    """The command that has it deployed."""
    words = ["cantata app create", made.release or made.template, f"--template {made.template}"]
    words += [f"--config {made.config}"] if made.config else []
    words += [f"--cluster {cluster}"] if cluster else []
    words += ["--namespace NAMESPACE --create-namespace"]
    return " ".join(words)
