"""`cantata app export`: an application as a chart for plain Helm, or as manifests for kubectl."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from cantata.cli.inputs import ArgumentInvalid
from cantata.cli.options import Application
from cantata.cli.session import connect
from cantata.cli.template_export import (
    DIFFER,
    Force,
    Out,
    To,
    WaitInit,
    print_check,
    write_chart,
    write_manifests,
    write_standalone,
)

if TYPE_CHECKING:
    from cantata.contract.exports import ChartExportInfo

EXPORT_EXAMPLES = """Examples:
  cantata app export shop-dev --standalone --to ./shop        # a chart, and values-shop-dev.yaml in it
  cantata app export shop-dev --standalone --with-secrets     # a .tgz, values and secrets beside it
  cantata app export shop-dev --manifests | kubectl diff -f -
  cantata app export shop-dev --manifests --revision 7 --to ./manifests"""


async def export(
    name: Application,
    *,
    standalone: Annotated[
        bool, Parameter(negative="", help="A chart that plain Helm installs with the same result.")
    ] = False,
    manifests: Annotated[
        bool, Parameter(negative="", help="The objects, in the order in which they are applied.")
    ] = False,
    revision: Annotated[
        int | None, Parameter(help="Manifests of this one; by default what a deploy would apply now.")
    ] = None,
    out: Out = None,
    to: To = None,
    with_secrets: Annotated[
        bool, Parameter(negative="", help="Secrets in clear, in files of yours alone. The audit keeps it.")
    ] = False,
    wait_init: WaitInit = False,
    force: Force = False,
) -> None:
    """Write an application as a chart or as manifests that need no Cantata. Secrets are left out unless asked
    for."""
    if standalone is manifests:
        raise ArgumentInvalid("say what to export: --standalone or --manifests")
    if out is not None and to is not None:
        raise ArgumentInvalid("say either --out or --to", hint="--out writes one file, --to a folder.")
    if manifests:
        async with connect() as client:
            parts = await client.exports.manifests(name, revision, reveal=with_secrets)
        write_manifests(parts, out, to, force=force, private=with_secrets)
        return
    if revision is not None:
        raise ArgumentInvalid(
            "--revision belongs to --manifests", hint="A chart is made of what is wanted now."
        )
    async with connect() as client:
        exported = await client.exports.chart(name, wait_init=wait_init, reveal=with_secrets)
    _write_standalone(name, exported, out, to, force=force)
    if exported.differences:
        sys.exit(DIFFER)


def _write_standalone(
    name: str, exported: ChartExportInfo, out: Path | None, to: Path | None, *, force: bool
) -> None:
    from cantata.cli.plan_text import finding_lines

    if str(out) == "-":
        write_chart(exported.archive, exported.chart, out, to, force=force)
        return
    values, secrets = f"values-{name}.yaml", f"secrets-{name}.yaml"
    texts = {values: exported.values, **({secrets: exported.secrets} if exported.secrets else {})}
    chart, files = write_standalone(
        exported.archive, exported.chart, texts, out, to, force=force, private=(secrets,)
    )
    for line in finding_lines(exported.findings):
        print(line)
    print_check(exported.objects, exported.differences)
    given = " ".join(f"-f {file}" for file in files)
    missing = "" if exported.secrets else "".join(f" --set-string {key}=…" for key in exported.secret_keys)
    print(f"helm install {exported.release} {chart} -n {exported.namespace} {given}{missing}")
