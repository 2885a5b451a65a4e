"""`cantata template export`: templates leave as charts and manifests."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from cantata.cli.chart_drafts import Cluster, Namespace, Release
from cantata.cli.inputs import ArgumentInvalid, parse_template
from cantata.cli.session import connect
from cantata.errors import EXIT, Category

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from cantata.contract.exports import ManifestsInfo, TemplateChartInfo

EXPORT_EXAMPLES = """Examples:
  cantata template export shop                      # shop-1.0.0.tgz, byte for byte as it was imported
  cantata template export shop@3 --to ./shop        # the files of version 3 as a folder
  cantata template export shop -o - | tar -tz
  cantata template export shop --standalone --config shop-dev --config shop-prod --to ./shop
  cantata template export shop --manifests --config shop-dev | kubectl diff -f -"""

DIFFER = EXIT[Category.REFUSED]
"""The exit code where Helm would make something else of the chart than Cantata."""

Out = Annotated[
    Path | None,
    Parameter(name=["--out", "-o"], allow_leading_hyphen=True, help="Write this file; `-` prints it."),
]
To = Annotated[Path | None, Parameter(help="Write the files into this folder, which becomes the chart.")]
Force = Annotated[bool, Parameter(negative="", help="Write over what is there.")]
WaitInit = Annotated[bool, Parameter(negative="", help="Init containers wait for what a service depends on.")]


async def export(
    name: Annotated[str, Parameter(help="NAME or NAME@VERSION.")],
    *,
    source: Annotated[
        bool, Parameter(negative="", help="The chart as it was imported, byte for byte. The default.")
    ] = False,
    standalone: Annotated[
        bool, Parameter(negative="", help="A chart that delivers the config by plain Helm.")
    ] = False,
    manifests: Annotated[
        bool, Parameter(negative="", help="The objects that it would become, secrets masked.")
    ] = False,
    config: Annotated[
        list[str] | None,
        Parameter(negative="", help="With this config, as NAME or NAME@VERSION; a chart may have several."),
    ] = None,
    wait_init: WaitInit = False,
    release: Release = "release-name",
    namespace: Namespace = "default",
    cluster: Cluster = "",
    out: Out = None,
    to: To = None,
    force: Force = False,
) -> None:
    """Write a template as a Helm chart, by default as NAME-VERSION.tgz of the chart into this folder."""
    template, version = parse_template(name)
    configs = config or []
    if source + standalone + manifests > 1:
        raise ArgumentInvalid("say one of --source, --standalone and --manifests")
    if out is not None and to is not None:
        raise ArgumentInvalid("say either --out or --to", hint="--out writes one file, --to a folder.")
    if configs and not (standalone or manifests):
        raise ArgumentInvalid("--config belongs to --standalone or --manifests")
    if manifests and len(configs) > 1:
        raise ArgumentInvalid("manifests are of one config", hint="Export each by itself.")
    async with connect() as client:
        if manifests:
            parts = await client.exports.template_manifests(
                template,
                version,
                "".join(configs),
                release=release,
                namespace=namespace,
                cluster=cluster,
            )
        elif standalone:
            exported = await client.exports.template_chart(template, version, configs, wait_init=wait_init)
        else:
            shown = await client.templates.show(template, version)
            archive = await client.templates.archive(template, shown.number)
    if manifests:
        write_manifests(parts, out, to, force=force, private=False)
    elif standalone:
        _write_standalone(exported, out, to, force=force)
    else:
        write_chart(archive, f"{shown.chart}-{shown.chart_version}", out, to, force=force)


# --- charts ------------------------------------------------------------------------------------------------


def write_chart(archive: bytes, name: str, out: Path | None, to: Path | None, *, force: bool) -> None:
    """Into the folder `to`, else into `out`, else into a .tgz of this name."""
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


def write_standalone(
    archive: bytes,
    chart: str,
    values: Mapping[str, str],
    out: Path | None,
    to: Path | None,
    *,
    force: bool,
    private: Collection[str] = (),
) -> tuple[Path, list[Path]]:
    """The chart, by default `<chart>-standalone.tgz`, and values files by their names: in a chart that is a
    folder, beside a .tgz. `private` names those that are their owner's alone. Gives back where they are."""
    from cantata.cli.exported_files import refuse_existing, write_file

    name = f"{chart}-standalone"
    path = to or out or Path(f"{name}.tgz")
    files = [(path if to is not None else path.parent) / file for file in values]
    if to is None and not force:
        refuse_existing(files)
    write_chart(archive, name, out, to, force=force)
    for file, text in zip(files, values.values(), strict=True):
        write_file(file, text.encode(), force=force, private=file.name in private)
        print(f"{file} written")
    return path, files


def _write_standalone(exported: TemplateChartInfo, out: Path | None, to: Path | None, *, force: bool) -> None:
    if str(out) == "-":
        write_chart(exported.archive, exported.chart, out, to, force=force)
        return
    texts = {f"values-{each.config or 'wait'}.yaml": each.text for each in exported.values if each.text}
    write_standalone(exported.archive, exported.chart, texts, out, to, force=force)
    for values in exported.values:
        missing = f"; to be given: {', '.join(values.secret_keys)}" if values.secret_keys else ""
        print_check(values.objects, values.differences, f"{values.config or 'values.yaml'}: ", missing)
    if any(values.differences for values in exported.values):
        sys.exit(DIFFER)


def print_check(objects: int, differences: Sequence[str], label: str = "", missing: str = "") -> None:
    for difference in differences:
        print(f"error: {label}Helm makes it otherwise: {difference}")
    if not differences:
        print(f"checked: {label}Helm makes the same of it, {objects} objects{missing}")


# --- manifests ---------------------------------------------------------------------------------------------


def write_manifests(
    parts: Sequence[ManifestsInfo], out: Path | None, to: Path | None, *, force: bool, private: bool
) -> None:
    """A file or the stream has no hooks: kubectl would make them all at once."""
    from cantata.cli.exported_files import write_file, write_folder

    hooks = [name for part in parts if part.hooks for name in part.objects]
    plain = [part for part in parts if not part.hooks]
    if to is not None:
        files = {f"{number:02}-{part.name}.yaml": part.text for number, part in enumerate(plain, start=1)}
        files |= {f"hooks/{part.name}.yaml": part.text for part in parts if part.hooks}
        contents = {file: text.encode() for file, text in files.items()}
        write_folder(to, contents, force=force, private=private)
        print(f"{len(files)} files in {to}")
        return
    text = "".join(part.text for part in plain)
    if out is None or str(out) == "-":
        sys.stdout.write(text)
    else:
        write_file(out, text.encode(), force=force, private=private)
        print(f"{out} written")
    if hooks:
        print(f"left out, hooks of Helm: {', '.join(hooks)}", file=sys.stderr)
