"""Which blobs something names: every text of every table is looked through, so that none can be forgotten.

The exceptions are tables that never hold an address, and are large.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
import sqlalchemy as sa

from cantata.core.model.applications import RevisionState
from cantata.store import tables
from cantata.store.transaction import Transaction

ADDRESS = re.compile(r"(?:sha256|sealed):[0-9A-Za-z_=-]+")
NEVER = frozenset(
    {
        "blobs",
        "events",
        "audit",
        "journal",
        "inventory",
        "config_versions",
        "config_entries",
        "webhook_deliveries",
        "trigger_calls",
        "trigger_deliveries",
        "market_charts",
        "market_versions",
    }
)
IN_FULL = (RevisionState.OPEN, RevisionState.DEPLOYED)


class _Version(msgspec.Struct):
    inputs: str = ""


def named_blobs(tx: Transaction, revisions: int) -> set[str]:
    """Of each application the newest `revisions` name all that they made; older ones, unless they are open or
    deployed, only what they were made from."""
    named: set[str] = set()
    for table in tables.metadata.sorted_tables:
        if table.name in NEVER or table is tables.revisions:
            continue
        texts = [sa.cast(column, sa.Text) for column in table.columns if _is_text(column)]
        for row in tx.all(sa.select(*texts)) if texts else ():
            for text in row:
                named.update(ADDRESS.findall(text or ""))
    named.update(_of_revisions(tx, revisions))
    return named


def _is_text(column: sa.Column[object]) -> bool:
    kind = column.type.impl if isinstance(column.type, sa.types.TypeDecorator) else column.type
    return isinstance(kind, sa.Text)


def _of_revisions(tx: Transaction, revisions: int) -> Iterator[str]:
    row = tables.revisions.c
    ranked = sa.func.row_number().over(partition_by=row.application_id, order_by=row.number.desc())
    query = sa.select(
        ranked.label("rank"),
        row.state,
        row.extras,
        row.inputs,
        sa.cast(row.services, sa.Text).label("services"),
    )
    for found in tx.all(query):
        yield found.inputs
        if found.rank <= revisions or found.state in IN_FULL:
            yield found.extras
            yield from ADDRESS.findall(found.services)
            continue
        for version in msgspec.json.decode(found.services, type=dict[str, _Version]).values():
            yield version.inputs
