"""`cantata operation`: what is being done, and was done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from cantata.cli.cards_text import card_lines
from cantata.cli.options import Limit, OfApplication, Timeout, newest
from cantata.cli.output import Output, age, print_list, print_one
from cantata.cli.session import connect

if TYPE_CHECKING:
    from cantata.contract.operations import CriticalPathInfo, OperationInfo

app = App(name="operation", help="Operations: what is being done, and was done.")

Id = Annotated[str, Parameter(name="id", help="The id of the operation.")]


@app.command(name="list")
async def list_(
    *,
    application: OfApplication = "",
    limit: Limit = 50,
    output: Output = "table",
) -> None:
    """List operations, newest first."""
    async with connect() as client:
        operations = await newest(client.operations.list(application), limit)
    print_list(
        operations,
        output,
        ["id", "application", "verb", "state", "author", "created", "error"],
        lambda operation: (
            operation.id,
            operation.application,
            operation.verb,
            place(operation),
            operation.author,
            age(operation.created_at),
            operation.error,
        ),
    )


@app.command
async def show(id_: Id, *, output: Output = "table") -> None:
    """Show an operation."""
    async with connect() as client:
        _print(await client.operations.show(id_), output)


@app.command
async def cancel(id_: Id, *, output: Output = "table") -> None:
    """Cancel an operation. What it has done so far stays; the next deploy goes on from there."""
    async with connect() as client:
        _print(await client.operations.cancel(id_), output)


@app.command
async def wait(
    id_: Id,
    *,
    seconds: Timeout = None,
    output: Output = "table",
) -> None:
    """Wait until an operation has ended, showing its progress."""
    from cantata.cli.progress import wait_for

    async with connect() as client:
        operation = await client.operations.show(id_)
        _print(await wait_for(client, operation, seconds=seconds, output=output), output)


def place(operation: OperationInfo) -> str:
    """The state, with the place in the queue while it waits."""
    return f"{operation.state} ({operation.position})" if operation.position else operation.state


def _print(operation: OperationInfo, output: Output) -> None:
    rows = [
        ("operation", operation.id),
        ("application", operation.application),
        ("verb", operation.verb),
        ("state", place(operation)),
        ("services", ", ".join(operation.services) or "all"),
        ("revision", operation.revision or ""),
        ("author", operation.author),
        ("cause", operation.cause),
        ("created", operation.created_at),
        ("started", operation.started_at),
        ("ended", operation.ended_at),
        ("steps done", len(operation.done) or ""),
        ("error", operation.error),
    ]
    print_one(operation, output, rows)
    if output == "table":
        for card in operation.failures:
            print("\n".join(card_lines(card)))
    if output == "table" and operation.critical_path is not None:
        print("\n".join(path_lines(operation.critical_path)))


def path_lines(path: CriticalPathInfo) -> list[str]:
    """What decided how long it took: a line for each service of the chain."""
    lines = [f"critical path: {path.seconds:.1f} s"]
    for link, following in zip(path.links, [*path.links[1:], None], strict=True):
        reached = following.condition if following is not None else "through"
        line = f"  {link.service}: {link.begun:.1f} s to {link.until:.1f} s, {reached}"
        if link.waited_for:
            line += f"; waited for {link.waited_for} (without this edge: −{link.saved:.1f} s)"
        lines.append(line)
    return lines
