"""`cantata cluster`: Kubernetes clusters to deploy to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from cantata.cli.inputs import read_text
from cantata.cli.output import Output, age, print_list, print_one
from cantata.cli.session import connect

app = App(name="cluster", help="Kubernetes clusters to deploy to.")


@app.command
async def add(
    name: str,
    *,
    kubeconfig: Annotated[
        Path | None,
        Parameter(
            allow_leading_hyphen=True,
            help="Its credentials must stand inline. By default $KUBECONFIG, else ~/.kube/config.",
        ),
    ] = None,
    context: Annotated[str, Parameter(help="By default the current one.")] = "",
    output: Output = "table",
) -> None:
    """Register a cluster, after trying its credentials."""
    text = read_text(kubeconfig or _default_kubeconfig())
    async with connect() as client:
        cluster = await client.clusters.add(name, text, context)
    print_one(cluster, output, [("cluster", cluster.name), ("server", cluster.server), ("uid", cluster.uid)])


@app.command
async def edit(
    name: str,
    *,
    kubeconfig: Annotated[
        Path,
        Parameter(allow_leading_hyphen=True, help="Its credentials must stand inline; - is standard input."),
    ],
    context: Annotated[str, Parameter(help="By default the current one.")] = "",
    output: Output = "table",
) -> None:
    """Renew the credentials of a cluster, after trying them. What runs goes on with the new ones."""
    text = read_text(kubeconfig)
    async with connect() as client:
        cluster = await client.clusters.edit(name, text, context)
    print_one(cluster, output, [("cluster", cluster.name), ("server", cluster.server), ("uid", cluster.uid)])


@app.command(name="list")
async def list_(*, output: Output = "table") -> None:
    """List clusters by name."""
    async with connect() as client:
        clusters = [cluster async for cluster in client.clusters.list()]
    print_list(
        clusters,
        output,
        ["name", "server", "uid", "created"],
        lambda cluster: (cluster.name, cluster.server, cluster.uid, age(cluster.created_at)),
    )


@app.command
async def remove(name: str) -> None:
    """Forget a cluster that no application uses."""
    async with connect() as client:
        await client.clusters.remove(name)
    print(f"cluster {name} removed")


def _default_kubeconfig() -> Path:
    named = [part for part in os.environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    return Path(named[0]) if named else Path("~/.kube/config")
