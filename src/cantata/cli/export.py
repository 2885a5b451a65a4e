"""`cantata export`: things as the declarative files that `apply` takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from cantata.cli.inputs import ArgumentInvalid
from cantata.cli.session import connect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cantata.contract.declarations import ExportedInfo

app = App(name="export", help="Print things as the declarative files that `apply` takes.")


@app.command
async def config(
    *names: str,
    selector: Annotated[
        str, Parameter(name=["--selector", "-l"], help="Those with these labels, such as app=shop.")
    ] = "",
    all_: Annotated[bool, Parameter(name="--all", negative="", help="All of the project.")] = False,
    reveal_secrets: Annotated[
        bool, Parameter(negative="", help="Print values of secrets in clear. The audit keeps it.")
    ] = False,
    directory: Annotated[
        Path | None,
        Parameter(name=["--directory", "-d"], help="Write a file NAME.yaml for each into this folder."),
    ] = None,
) -> None:
    """Print configs as YAML documents. Secrets are references by default, which hold in this project only."""
    if sum((bool(names), bool(selector), all_)) != 1:
        raise ArgumentInvalid("say which configs: names, or --selector, or --all")
    async with connect() as client:
        exported = [each async for each in client.declarations.export_configs(names, selector)]
        if reveal_secrets:
            exported = [await client.declarations.reveal_config(each.name) for each in exported]
    _give(exported, directory, private=reveal_secrets)


@app.command(name="app")
async def application(
    *names: str,
    all_: Annotated[bool, Parameter(name="--all", negative="", help="All of the project.")] = False,
    directory: Annotated[
        Path | None,
        Parameter(name=["--directory", "-d"], help="Write a file NAME.yaml for each into this folder."),
    ] = None,
) -> None:
    """Print applications as YAML documents."""
    if bool(names) is all_:
        raise ArgumentInvalid("say which applications: names, or --all")
    async with connect() as client:
        exported = [each async for each in client.declarations.export_applications(names)]
    _give(exported, directory)


@app.command
async def template(
    *names: str,
    all_: Annotated[bool, Parameter(name="--all", negative="", help="All of the project.")] = False,
    directory: Annotated[
        Path,
        Parameter(
            name=["--directory", "-d"], help="Write NAME.yaml and the chart, NAME.tgz, into this folder."
        ),
    ],
) -> None:
    """Write the latest versions of templates as YAML documents with their charts beside them."""
    if bool(names) is all_:
        raise ArgumentInvalid("say which templates: names, or --all")
    async with connect() as client:
        exported = [each async for each in client.declarations.export_templates(names)]
        charts = {each.name: await client.templates.archive(each.name) for each in exported}
    directory.mkdir(parents=True, exist_ok=True)
    for name, archive in charts.items():
        (directory / f"{Path(name).name}.tgz").write_bytes(archive)
    _give(exported, directory)


def _give(exported: Sequence[ExportedInfo], directory: Path | None, *, private: bool = False) -> None:
    if directory is None:
        print("---\n".join(each.text for each in exported), end="")
        return
    directory.mkdir(parents=True, exist_ok=True)
    for each in exported:
        _write(directory / f"{Path(each.name).name}.yaml", each.text, private=private)
    print(f"{len(exported)} file{'s' if len(exported) != 1 else ''} in {directory}")


def _write(path: Path, text: str, *, private: bool) -> None:
    """With secrets in it, a file is its owner's alone from its first byte on."""
    if private:
        path.unlink(missing_ok=True)
    path.touch(mode=0o600 if private else 0o666, exist_ok=not private)
    path.write_text(text, encoding="utf-8", newline="")
