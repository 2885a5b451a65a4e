"""`cantata audit`: who did what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cantata.cli.options import Limit, newest
from cantata.cli.output import Output, print_list
from cantata.cli.session import connect

if TYPE_CHECKING:
    pass


async def audit(
    *,
    limit: Limit = 50,
    output: Output = "table",
) -> None:
    """Show who did what, newest first; refused attempts too."""
    async with connect() as client:
        records = await newest(client.audit.list(), limit)
    print_list(
        records,
        output,
        ["at", "actor", "verb", "noun", "name", "detail"],
        lambda record: (record.at, record.actor, record.verb, record.noun, record.name, record.detail),
    )
