"""Revisions of applications. Notes are sealed, since charts print passwords in them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from cantata.core.model.applications import Revision, RevisionState, ServiceVersion
from cantata.core.model.errors import ApplicationNotFound, RevisionNotFound, SealedUnderLostKey
from cantata.ports.pages import Page
from cantata.store import tables
from cantata.store.transaction import Found, Transaction, new_id, page_by_number

_row = tables.revisions.c
_select = sa.select(tables.revisions)
_own = _row.application_id == sa.bindparam("of")
_by_number = _select.where(_own, _row.number == sa.bindparam("at"))
_latest = _select.where(_own).order_by(_row.number.desc()).limit(1)
_deployed = sa.select(_row.number).where(_own, _row.state == RevisionState.DEPLOYED).limit(1)


class SqlRevisions:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def add(
        self,
        application_id: str,
        *,
        cause: str,
        author: str,
        operation_id: str,
        services: dict[str, ServiceVersion],
        extras: str,
        notes: str,
        inputs: str = "",
    ) -> Revision:
        """Raises `ApplicationNotFound`."""
        applications = tables.applications.c
        self._tx.one(
            sa.select(applications.id).where(applications.id == application_id),
            lambda: ApplicationNotFound(application_id),
        )
        highest = self._tx.first(
            sa.select(sa.func.max(_row.number)).where(_row.application_id == application_id)
        )
        revision = Revision(
            id=new_id(),
            application_id=application_id,
            number=((highest[0] if highest else None) or 0) + 1,
            state=RevisionState.OPEN,
            cause=cause,
            author=author,
            operation_id=operation_id,
            created_at=self._tx.at,
            services=services,
            extras=extras,
            notes=notes,
            inputs=inputs,
        )
        values = {**msgspec.structs.asdict(revision), "notes": self._seal(revision.id, notes)}
        self._tx.insert(tables.revisions, **values)
        return revision

    def get(self, application_id: str, number: int) -> Revision:
        row = self._tx.one(_by_number, lambda: RevisionNotFound(number), of=application_id, at=number)
        return self._revision(row)

    def find_latest(self, application_id: str) -> Revision | None:
        row = self._tx.first(_latest, of=application_id)
        return self._revision(row) if row is not None else None

    def was_deployed(self, application_id: str) -> bool:
        return self._tx.first(_deployed, of=application_id) is not None

    def list(self, application_id: str, *, page: Page = Page()) -> Sequence[Revision]:
        query = page_by_number(_select.where(_row.application_id == application_id), _row.number, page)
        return [self._revision(row) for row in self._tx.all(query)]

    def close(self, application_id: str, number: int, state: RevisionState) -> None:
        """Raises `RevisionNotFound`."""
        same = (_row.application_id == application_id) & (_row.number == number)
        if state is RevisionState.DEPLOYED:
            before = (_row.application_id == application_id) & (_row.state == RevisionState.DEPLOYED)
            superseded = tables.revisions.update().where(before).values(state=RevisionState.SUPERSEDED)
            self._tx.run(superseded)
        if not self._tx.run(tables.revisions.update().where(same).values(state=state)):
            raise RevisionNotFound(number)

    def _seal(self, id_: str, notes: str) -> bytes:
        return self._tx.keyring.seal(notes.encode(), purpose(id_)) if notes else b""

    def _revision(self, row: Found) -> Revision:
        sealed = row.notes
        notes = ""
        if sealed:
            try:
                notes = self._tx.keyring.unseal(sealed, purpose(row.id)).decode()
            except SealedUnderLostKey as error:
                notes = f"({error.message})"  # All else of a revision is plain, and lists show it.
        return Revision(**{**row._mapping, "notes": notes})


def purpose(id_: str) -> str:
    return f"notes of revision {id_}"
