"""`cantata template export`: templates leave as charts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cantata.cli.inputs import ArgumentInvalid, parse_template
from cantata.cli.session import connect

EXPORT_EXAMPLES = """Examples:
  cantata template export shop                      # shop-1.0.0.tgz, byte for byte as it was imported
  cantata template export shop@3 --to ./shop        # the files of version 3 as a folder
  cantata template export shop -o - | tar -tz"""

Out = Annotated[
    Path | None,
    Parameter(name=["--out", "-o"], allow_leading_hyphen=True, help="Write this .tgz; `-` prints it."),
]
To = Annotated[Path | None, Parameter(help="Write the chart's files into this folder, which becomes it.")]
Force = Annotated[bool, Parameter(negative="", help="Write over what is there.")]


async def export(
    name: Annotated[str, Parameter(help="NAME or NAME@VERSION.")],
    *,
    source: Annotated[
        bool, Parameter(negative="", help="The chart as it was imported, byte for byte. The default.")
    ] = False,
    out: Out = None,
    to: To = None,
    force: Force = False,
) -> None:
    """Write a template as a Helm chart, by default as NAME-VERSION.tgz of the chart into this folder."""
    template, version = parse_template(name)
    del source
    if out is not None and to is not None:
        raise ArgumentInvalid("say either --out or --to", hint="--out writes one .tgz, --to a folder.")
    async with connect() as client:
        shown = await client.templates.show(template, version)
        archive = await client.templates.archive(template, shown.number)
    write_chart(archive, f"{shown.chart}-{shown.chart_version}", out, to, force=force)


def write_chart(archive: bytes, name: str, out: Path | None, to: Path | None, *, force: bool) -> None:
    """Into the folder `to`, else into `out`, else into a .tgz of this name."""
    import sys

    from cantata.cli.exported_files import chart_files, write_file, write_folder

    if to is not None:
        files = chart_files(archive)
        write_folder(to, files, force=force)
        print(f"{len(files)} files in {to}")
        return
    path = out or Path(f"{name.replace('/', '-')}.tgz")
    if str(path) == "-":
        sys.stdout.buffer.write(archive)
        return
    write_file(path, archive, force=force)
    print(f"{path} written")
