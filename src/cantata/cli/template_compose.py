"""`cantata template import-compose`: a docker compose project becomes a template."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
from cyclopts import Parameter

from cantata.cli.output import Output, print_data
from cantata.cli.session import connect

if TYPE_CHECKING:
    from collections.abc import Callable

    from cantata.cli.compose_files import ComposeFolder
    from cantata.client import Client
    from cantata.contract.compose import ComposeImportInfo, ComposeImportRequest

COMPOSE_EXAMPLES = """Examples:
  cantata template import-compose shop                       # compose.yaml of this folder
  cantata template import-compose shop compose.yaml compose.prod.yaml --config shop-dev
  cantata template import-compose shop ./shop --dry-run
  cantata template import-compose shop ./shop --to ./shop-chart"""

SECRET = re.compile(r'!secret ".+"')
MASKED = '!secret "****"'
ROUNDS = 40
"""Files name files, which name files: so often the server may ask for more."""
TITLES = {
    "compose-missing": "missing",
    "compose-decide": "to decide",
    "compose-left-out": "not translated",
    "compose-changed": "different in a cluster",
}


async def import_compose(
    name: str,
    paths: Annotated[
        list[Path] | None,
        Parameter(help="Compose files, later ones over earlier, or their folder; by default this folder."),
    ] = None,
    /,
    *,
    env_file: Annotated[
        list[Path] | None,
        Parameter(help="Variables for the compose files, instead of .env. Can be repeated.", negative=""),
    ] = None,
    profile: Annotated[
        list[str] | None, Parameter(help="A profile to turn on. Can be repeated.", negative="")
    ] = None,
    allow_missing: Annotated[
        bool, Parameter(help="Take files that services mount and that are not there as empty.", negative="")
    ] = False,
    config: Annotated[
        str, Parameter(help="Make a new config of what differs between environments, secrets included.")
    ] = "",
    dry_run: Annotated[
        bool,
        Parameter(help="Print the chart's files and what is to say of them; store nothing.", negative=""),
    ] = False,
    to: Annotated[Path | None, Parameter(help="Write the chart into this new folder; store nothing.")] = None,
    output: Output = "table",
) -> None:
    """Import a docker compose project as the next version of a template. Only files below its folder, and
    variables that they name, are read and sent."""
    from cantata.cli.chart_folder import write_new
    from cantata.cli.compose_files import ComposeFolder, refuse_missing

    folder = ComposeFolder(paths or ())

    def request() -> ComposeImportRequest:
        return folder.request(env_files=env_file or (), profiles=profile or (), allow_missing=allow_missing)

    async with connect() as client:
        found = await _complete(client, name, folder, request)
        if not dry_run:
            refuse_missing(found)
        if to is not None:
            write_new(to, {path: text.encode() for path, text in found.files.items()})
        elif not dry_run:
            if config:
                await client.configs.create(
                    config, found.config_text, message=f"from {', '.join(folder.compose)}"
                )
            found = await client.templates.import_compose(name, request())
    if output != "table":
        print_data(msgspec.structs.replace(found, config_text=SECRET.sub(MASKED, found.config_text)), output)
        return
    if dry_run:
        _print_files(found)
    _print_sent(folder)
    _print_findings(found)
    _print_outcome(name, found, config=config if not dry_run and to is None else "", to=to)


async def _complete(
    client: Client, name: str, folder: ComposeFolder, request: Callable[[], ComposeImportRequest]
) -> ComposeImportInfo:
    """Send what is wanted until nothing is."""
    for _ in range(ROUNDS):
        found = await client.templates.import_compose(name, request(), dry_run=True)
        if not found.wanted and not found.variables:
            return found
        for wanted in found.wanted:
            folder.look(wanted)
        folder.look_up(found.variables)
    from cantata.cli.compose_files import ComposeFileUnreadable

    raise ComposeFileUnreadable("the files name ever more files", subject=f"template {name}")


def _print_files(found: ComposeImportInfo) -> None:
    for path, text in found.files.items():
        print(f"# --- {path}\n{text}")


def _print_sent(folder: ComposeFolder) -> None:
    variables = [name for name, value in folder.environment.items() if value is not None]
    line = f"sent: {', '.join(sorted(folder.files))}"
    print(line + (f"; variables {', '.join(sorted(variables))}" if variables else ""), file=sys.stderr)


def _print_findings(found: ComposeImportInfo) -> None:
    for rule, title in TITLES.items():
        findings = [finding for finding in found.findings if finding.rule == rule]
        if findings:
            print(f"{title}:")
        for finding in findings:
            place = f"{finding.file}:{finding.line}: " if finding.line else ""
            service = f"{finding.service}: " if finding.service else ""
            print(
                f"  {place}{service}{finding.message}"
                + (f" ({finding.suggestion})" if finding.suggestion else "")
            )


def _print_outcome(name: str, found: ComposeImportInfo, *, config: str, to: Path | None) -> None:
    if found.imported is not None:
        version = found.imported.version
        unchanged = "" if found.imported.fresh else " (unchanged)"
        print(f"template {name}@{version.number}{unchanged}: {', '.join(found.services)}")
    elif to is not None:
        print(f"chart {name} is written to {to}: {', '.join(found.services)}")
    else:
        print(f"services: {', '.join(found.services)}")
    if config:
        print(f"config {config} is made")
    elif "!secret" in found.config_text:
        print(
            "its secrets are in no config yet; --config NAME makes one of what differs between environments"
        )
    if found.required:
        print(f"must be set before a deploy: {', '.join(found.required)}")
