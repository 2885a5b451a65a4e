"""`cantata audit`: who did what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from cantata.cli.output import Output, print_list
from cantata.cli.session import connect

if TYPE_CHECKING:
    from cantata.contract.access import AuditInfo


async def audit(
    *,
    limit: Annotated[int, Parameter(name=["--limit", "-n"], help="How many at most.")] = 50,
    output: Output = "table",
) -> None:
    """Show who did what, newest first; refused attempts too."""
    records: list[AuditInfo] = []
    async with connect() as client:
        async for record in client.audit.list():
            if len(records) >= limit:
                break
            records.append(record)
    print_list(
        records,
        output,
        ["at", "actor", "verb", "noun", "name", "detail"],
        lambda record: (record.at, record.actor, record.verb, record.noun, record.name, record.detail),
    )
