"""Applications that have to be looked at again, and the services that were found outdated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa

from cantata.core.model.applications import Review
from cantata.store import tables
from cantata.store.transaction import Insert, Transaction, Upsert

_reviews = tables.reviews
_outdated = tables.outdated


def _again(insert: Insert) -> Insert:
    """The first request decides when; the last one says why."""
    given = insert.excluded
    return insert.on_conflict_do_update(
        index_elements=[_reviews.c.application_id],
        set_={
            "requests": _reviews.c.requests + 1,
            "cause": given.cause,
            "author": given.author,
            "deploy": _reviews.c.deploy | given.deploy,
        },
    )


_request = Upsert(_reviews, _again)


class SqlReviews:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def request(
        self, application_ids: Iterable[str], *, at: float, cause: str, author: str, deploy: bool
    ) -> None:
        row = {"requested_at": at, "requests": 1, "cause": cause, "author": author, "deploy": deploy}
        self._tx.upsert(_request, *({"application_id": id_, **row} for id_ in application_ids))

    def list(self) -> Sequence[Review]:
        query = sa.select(_reviews).order_by(_reviews.c.requested_at, _reviews.c.application_id)
        return [Review(*row) for row in self._tx.all(query)]

    def done(self, review: Review) -> None:
        same = (_reviews.c.application_id == review.application_id) & (_reviews.c.requests == review.requests)
        self._tx.run(_reviews.delete().where(same))

    def outdated(self, application_id: str) -> dict[str, str]:
        query = sa.select(_outdated.c.service, _outdated.c.reason).where(
            _outdated.c.application_id == application_id
        )
        return {row.service: row.reason for row in self._tx.all(query.order_by(_outdated.c.service))}

    def set_outdated(self, application_id: str, reasons: Mapping[str, str]) -> None:
        self._tx.run(_outdated.delete().where(_outdated.c.application_id == application_id))
        rows = [
            {"application_id": application_id, "service": service, "reason": reason}
            for service, reason in reasons.items()
        ]
        if rows:
            self._tx.run(_outdated.insert(), rows)
