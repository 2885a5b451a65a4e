"""What applications refer to cannot go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from cantata.core.model.errors import InUse
from cantata.errors import Detail
from cantata.store import tables
from cantata.store.transaction import Transaction

NAMED = 20
"""So many users of a thing are named in the error."""


def refuse_in_use(
    transaction: Transaction, subject: str, column: sa.Column[Any], id_: str, others: Sequence[str] = ()
) -> None:
    """Raises `InUse`, with the users as details, when an application's `column` holds the id, or when there
    are others."""
    name = tables.applications.c.name
    query = sa.select(name).where(column == id_).order_by(name).limit(NAMED)
    users = [*others, *(f"application {row.name}" for row in transaction.all(query))]
    if users:
        raise InUse(
            f"{subject} is in use by {users[0]}" + (" and others" if len(users) > 1 else ""),
            subject=subject,
            hint="Delete or change what uses it first.",
            details=[Detail(user) for user in users],
        )
