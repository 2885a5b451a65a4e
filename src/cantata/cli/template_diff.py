"""`cantata template diff`: what differs between versions of templates, by file and by what they render."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from cantata.cli.chart_drafts import is_path, read_sets
from cantata.cli.diff import ExitCode, SideBySide
from cantata.cli.inputs import ArgumentInvalid, parse_template
from cantata.cli.output import Output, print_data
from cantata.cli.session import connect
from cantata.contract.template_diffs import ChartDiffRequest, ChartSideDraft, FileDiffInfo, TemplateDiffInfo
from cantata.errors import DIFFERS

if TYPE_CHECKING:
    from cantata.client import Client

DIFF_EXAMPLES = """Examples:
  cantata template diff shop                       # what the latest version changed
  cantata template diff shop@1 shop@1.2.0 --config shop-prod
  cantata template diff shop ./shop --app shop-dev --exit-code"""

Side = Annotated[
    str,
    Parameter(help="NAME for the latest version, NAME@VERSION, or a folder or .tgz, which has a `/` in it."),
]


async def diff(
    old: Side,
    new: Annotated[str, Parameter(help="The same; without it, OLD is held against the version before.")] = "",
    *,
    config: Annotated[str, Parameter(help="Render both with this config, NAME or NAME@VERSION.")] = "",
    app: Annotated[
        str, Parameter(name=["--application", "--app", "-a"], help="Render both as this application has it.")
    ] = "",
    cluster: Annotated[str, Parameter(help="The cluster whose version and APIs count.")] = "",
    exit_code: ExitCode = False,
    side_by_side: SideBySide = False,
    output: Output = "table",
) -> None:
    """Show what differs between two versions of a template, two templates, or a template and a folder.

    By file, and by what both render with the same values, object by object: with a config, as an application
    has it, or with their own defaults.
    """
    sets = read_sets([config] if config else [], [])
    async with connect() as client:
        if new:
            sides = _side(old), _side(new)
        else:
            sides = await _before(client, old)
        request = ChartDiffRequest(*sides, values=sets[0] if sets else None, application=app, cluster=cluster)
        found = await client.charts.diff(request)
    if output == "table":
        width = shutil.get_terminal_size((120, 24)).columns if side_by_side else 0
        print("\n".join(diff_lines(found, width=width)))
    else:
        print_data(found, output)
    if exit_code and found.differs:
        sys.exit(DIFFERS)


def _side(text: str) -> ChartSideDraft:
    if is_path(text):
        from cantata.cli.chart_archive import read_chart

        return ChartSideDraft(archive=read_chart(Path(text)), name=text)
    return ChartSideDraft(*parse_template(text))


async def _before(client: Client, text: str) -> tuple[ChartSideDraft, ChartSideDraft]:
    if is_path(text):
        raise ArgumentInvalid("say what the folder is held against", hint="Such as a template's name.")
    name, version = parse_template(text)
    number = (await client.templates.show(name, version)).number
    if number == 1:
        raise ArgumentInvalid(f"{name}@1 has no version before it", hint="Name two versions.")
    return ChartSideDraft(name, number - 1), ChartSideDraft(name, number)


def diff_lines(found: TemplateDiffInfo, *, width: int = 0) -> Iterator[str]:
    """Files first, then objects by service. With a `width`, fields stand side by side."""
    from cantata.cli.diff_text import service_lines

    yield f"{found.old} → {found.new}"
    for file in found.files:
        yield from _file_lines(file)
    for service in found.services:
        title = f"service {service.service}" if service.service else "hooks and definitions"
        old = found.renamed.get(service.service)
        yield from service_lines(service, f"{title} (was {old})" if old else title, width=width)
    for new, old in found.renamed.items():
        if all(each.service != new for each in found.services):
            yield f"service {new} (was {old})"
    if found.unrendered:
        yield f"what is rendered cannot be told: {found.unrendered}"
    elif not found.differs:
        yield "nothing differs"
    elif not found.services:
        yield "both render the same objects"


SIGNS = {"added": "+", "removed": "-", "changed": "~"}


def _file_lines(file: FileDiffInfo) -> Iterator[str]:
    if file.old_digest or file.new_digest:
        digests = " → ".join(_short(each) for each in (file.old_digest, file.new_digest))
        yield f"{SIGNS[file.kind]} file {_path(file)}: {digests}"
        return
    yield f"{SIGNS[file.kind]} file {_path(file)} (+{file.added} -{file.removed} lines)"
    yield from (f"    {line}" for line in file.text.splitlines()[2:])


def _path(file: FileDiffInfo) -> str:
    return f"{file.was} → {file.path}" if file.was else file.path


def _short(digest: str) -> str:
    return digest[: len("sha256:") + 12] or "(absent)"
