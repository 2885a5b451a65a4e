"""`cantata webhook`: what happens is told to others."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import msgspec
from cyclopts import App, Parameter

from cantata.cli.options import Limit, Search, newest
from cantata.cli.output import Output, age, print_data, print_list, print_one
from cantata.cli.session import connect
from cantata.contract.states import Told
from cantata.contract.webhooks import WebhookDraft, WebhookEdit

if TYPE_CHECKING:
    from cantata.contract.webhooks import NewWebhookInfo, WebhookInfo

CREATE_EXAMPLES = """Examples:
  cantata webhook create alarm https://example.org/hook -n failed -n degraded -a 'shop-*'"""

app = App(name="webhook", help="Webhooks: what happens to applications, told to others.")

Notices = Annotated[
    tuple[Told, ...],
    Parameter(
        name=["--notice", "-n"], negative="", help="Tell this; may be repeated, by default everything."
    ),
]
Applications = Annotated[
    tuple[str, ...],
    Parameter(
        name=["--application", "-a"], negative="", help="Of applications whose names match, such as 'shop-*'."
    ),
]


async def create(
    name: str, url: str, *, notices: Notices = (), applications: Applications = (), output: Output = "table"
) -> None:
    """Create a webhook and print its secret, this once: deliveries are signed with it (Standard Webhooks)."""
    async with connect() as client:
        made = await client.webhooks.create(
            WebhookDraft(name=name, url=url, notices=notices, applications=applications)
        )
    _print_secret(made, output)


app.command(create, help_epilogue=CREATE_EXAMPLES)


@app.command(name="list")
async def list_(*, search: Search = "", output: Output = "table") -> None:
    """List webhooks by name."""
    async with connect() as client:
        found = [webhook async for webhook in client.webhooks.list(search)]
    print_list(
        found,
        output,
        ["name", "url", "notices", "applications", "enabled"],
        lambda webhook: (
            webhook.name,
            webhook.url,
            ",".join(webhook.notices) or "all",
            ",".join(webhook.applications) or "all",
            "yes" if webhook.enabled else "no",
        ),
    )


@app.command
async def show(name: str, *, output: Output = "table") -> None:
    """Show a webhook, without its secret."""
    async with connect() as client:
        _print(await client.webhooks.show(name), output)


@app.command
async def edit(
    name: str,
    *,
    url: str | None = None,
    notices: Annotated[
        tuple[Told, ...] | None, Parameter(name=["--notice", "-n"], help="Tell these instead.")
    ] = None,
    applications: Annotated[
        tuple[str, ...] | None, Parameter(name=["--application", "-a"], help="Of these instead.")
    ] = None,
    enable: Annotated[bool | None, Parameter(negative="--disable", help="Whether it tells.")] = None,
    output: Output = "table",
) -> None:
    """Change a webhook. What you do not name stays."""
    given = {"url": url, "notices": notices, "applications": applications, "enabled": enable}
    wanted = msgspec.convert({key: value for key, value in given.items() if value is not None}, WebhookEdit)
    async with connect() as client:
        _print(await client.webhooks.edit(name, wanted), output)


@app.command
async def delete(name: str) -> None:
    """Delete a webhook with its deliveries."""
    async with connect() as client:
        await client.webhooks.delete(name)
    print(f"webhook {name} deleted")


@app.command
async def rotate_secret(
    name: str,
    *,
    now: Annotated[bool, Parameter(negative="", help="Sign with the new one alone at once.")] = False,
    output: Output = "table",
) -> None:
    """Make a new secret and print it, this once. For a day deliveries are signed with both."""
    async with connect() as client:
        _print_secret(await client.webhooks.rotate(name, at_once=now), output)


@app.command
async def deliveries(
    name: str,
    *,
    limit: Limit = 50,
    output: Output = "table",
) -> None:
    """List what was sent, newest first."""
    async with connect() as client:
        found = await newest(client.webhooks.deliveries(name), limit)
    print_list(
        found,
        output,
        ["id", "created", "notice", "application", "state", "attempts", "status", "error"],
        lambda each: (
            each.id,
            age(each.created_at),
            each.notice,
            each.application,
            each.state,
            each.attempts,
            each.status or "",
            each.error,
        ),
    )


@app.command
async def redeliver(name: str, delivery: str) -> None:
    """Send a delivery once more, under the same id."""
    async with connect() as client:
        await client.webhooks.redeliver(name, delivery)
    print(f"delivery {delivery} is sent again")


@app.command
async def test(name: str) -> None:
    """Send a delivery that tells of nothing; `cantata webhook deliveries NAME` shows what became of it."""
    async with connect() as client:
        delivery = await client.webhooks.test(name)
    print(f"delivery {delivery.id} is on its way")


def _print_secret(made: NewWebhookInfo, output: Output) -> None:
    if output != "table":
        print_data(made, output)
        return
    webhook = made.info
    print(f"webhook {webhook.name} signs what it sends to {webhook.url}; its secret:", file=sys.stderr)
    print(made.secret)


def _print(webhook: WebhookInfo, output: Output) -> None:
    rows = [
        ("webhook", webhook.name),
        ("url", webhook.url),
        ("notices", ", ".join(webhook.notices) or "all"),
        ("applications", ", ".join(webhook.applications) or "all"),
        ("enabled", "yes" if webhook.enabled else "no"),
        ("created", webhook.created_at),
    ]
    print_one(webhook, output, rows)
