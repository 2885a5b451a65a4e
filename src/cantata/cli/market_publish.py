"""`cantata market publish`, `published`, `withdraw`, `access`: one's own charts for others."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import Parameter

from cantata.cli.inputs import parse_template
from cantata.cli.output import Output, age, print_data, print_one, print_table
from cantata.cli.session import connect

PUBLISH_EXAMPLES = """Examples:
  cantata market publish shop            # in the project's own market, which `helm repo add` takes
  cantata market publish shop@1.4.0 team # in the repository `team`"""


async def publish(
    template: Annotated[str, Parameter(help="TEMPLATE or TEMPLATE@VERSION, by number or semantic version.")],
    repository: Annotated[
        str, Parameter(help="A registry or a folder; by default the project's own market.")
    ] = "",
    *,
    output: Output = "table",
) -> None:
    """Publish a version of a template as a chart. What is published under a version stays as it is."""
    name, version = parse_template(template)
    async with connect() as client:
        made = await client.market.publish(name, version, repository)
        origin = made.origin if repository else f"{client.url}{made.origin}"
    rows = [
        ("published", f"{made.chart} {made.version}"),
        ("at", origin),
        ("digest", made.digest),
        ("manifest", made.manifest),
    ]
    print_one(made, output, rows)


async def published(*, output: Output = "table") -> None:
    """List what the project has published in its own market, and how others get it."""
    async with connect() as client:
        own = await client.market.own()
        url = f"{client.url}{own.path}"
    if output != "table":
        print_data(own, output)
        return
    print_table(
        ["chart", "version", "template", "author", "published"],
        [
            [each.chart, each.version, f"{each.template}@{each.number}", each.author, age(each.created_at)]
            for each in own.charts
        ],
    )
    login = "" if own.public else " --username any --password-stdin < TOKEN-FILE"
    print(f"\nhelm repo add NAME {url}{login}")


async def withdraw(chart: str, version: str) -> None:
    """Take a chart out of the project's own market. Whoever has pulled it keeps it."""
    async with connect() as client:
        await client.market.withdraw(chart, version)
    print(f"{chart} {version} is published no more")


async def access(
    who: Annotated[
        Literal["public", "token"], Parameter(help="Everybody, or who has a token of the project.")
    ],
) -> None:
    """Say who may read the project's own market."""
    async with connect() as client:
        own = await client.market.open(public=who == "public")
        url = f"{client.url}{own.path}"
    print(f"{url} answers {'everybody' if own.public else 'who has a token of the project'}")
