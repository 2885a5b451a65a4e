"""Operations and their journal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from cantata.core.model.applications import Application, Operation, OperationState, Verb
from cantata.core.model.cards import FailureCard
from cantata.core.model.deletions import Also
from cantata.core.model.errors import OperationEnded, OperationNotFound
from cantata.core.model.timing import Reached
from cantata.ports.pages import Page
from cantata.ports.store import ActiveOperation
from cantata.store import tables
from cantata.store.transaction import Found, Transaction, Upsert, keep_present, new_id, page_by_id

_row = tables.operations.c
_journal = tables.journal.c
_select = sa.select(tables.operations)
_by_id = _select.where(_row.id == sa.bindparam("of"))
_application = tables.applications.c
_active = (
    sa.select(
        _row.id,
        _row.application_id,
        _row.project,
        tables.clusters.c.name,
        tables.clusters.c.uid,
        _row.state,
    )
    .join_from(tables.operations, tables.applications, _row.application_id == _application.id)
    .join(tables.clusters, _application.cluster_id == tables.clusters.c.id)
    .where(_row.state.in_([state for state in OperationState if not state.ended]))
    .order_by(_row.id)
)
_steps = (
    sa.select(_journal.operation_id, _journal.step)
    .where(_journal.operation_id.in_(sa.bindparam("operations", expanding=True)))
    .order_by(_journal.number)
)
_mark = Upsert(tables.journal, keep_present)
_milestones = tables.milestones.c
_reached = (
    sa.select(_milestones.service, _milestones.mark, _milestones.at)
    .where(_milestones.operation_id == sa.bindparam("of"))
    .order_by(_milestones.at, _milestones.service)
)
_reach = Upsert(tables.milestones, keep_present)


class SqlOperations:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def add(
        self,
        application: Application,
        *,
        verb: Verb,
        services: tuple[str, ...],
        author: str,
        cause: str,
        plan: str,
        revision: int,
        recreate: bool = False,
        also: tuple[Also, ...] = (),
    ) -> Operation:
        operation = Operation(
            id=new_id(),
            project=application.project,
            application_id=application.id,
            application=application.name,
            verb=verb,
            state=OperationState.QUEUED,
            services=services,
            author=author,
            cause=cause,
            plan=plan,
            revision=revision,
            recreate=recreate,
            created_at=self._tx.at,
            also=also,
        )
        values = msgspec.structs.asdict(operation)
        del values["done"]
        self._tx.insert(tables.operations, **values)
        return operation

    def get(self, project: str, id_: str) -> Operation:
        operation = self.by_id(id_)
        if operation.project != project:
            raise OperationNotFound(id_)
        return operation

    def by_id(self, id_: str) -> Operation:
        return self._with_journal([self._tx.one(_by_id, lambda: OperationNotFound(id_), of=id_)])[0]

    def list(
        self,
        project: str = "",
        *,
        application_id: str = "",
        states: Sequence[OperationState] = (),
        page: Page = Page(),
    ) -> Sequence[Operation]:
        query = _select
        if project:
            query = query.where(_row.project == project)
        if application_id:
            query = query.where(_row.application_id == application_id)
        if states:
            query = query.where(_row.state.in_(states))
        return self._with_journal(self._tx.all(page_by_id(query, _row.id, page)))

    def active(self) -> Sequence[ActiveOperation]:
        return [ActiveOperation(*row) for row in self._tx.all(_active)]

    def move(
        self,
        id_: str,
        state: OperationState,
        *,
        error: str = "",
        failures: Sequence[FailureCard] | None = None,
    ) -> Operation:
        """The times of the first start and of the end stay."""
        operation = self.by_id(id_)
        if operation.state.ended:
            raise OperationEnded(
                f"operation {id_} has ended as {operation.state}", subject=f"operation {id_}"
            )
        started = operation.started_at or (self._tx.at if state is OperationState.RUNNING else "")
        moved = msgspec.structs.replace(
            operation,
            state=state,
            error=error,
            started_at=started,
            ended_at=self._tx.at if state.ended else "",
            failures=operation.failures if failures is None else tuple(failures),
        )
        values = {
            "state": state,
            "error": error,
            "started_at": started,
            "ended_at": moved.ended_at,
            "failures": moved.failures,
        }
        self._tx.run(tables.operations.update().where(_row.id == id_).values(**values))
        return moved

    def retain(self, *, before: str, limit: int) -> int:
        old = (_row.ended_at != "") & (_row.ended_at < before)
        revision = tables.revisions.c.operation_id
        nameless = sa.select(_row.id).where(old, _row.id.not_in(sa.select(revision))).limit(limit)
        stepped = (
            sa.select(_row.id).where(old, sa.exists().where(_journal.operation_id == _row.id)).limit(limit)
        )
        steps = [row.id for row in self._tx.all(stepped)]
        gone = [row.id for row in self._tx.all(nameless)]
        if steps:
            self._tx.run(tables.journal.delete().where(_journal.operation_id.in_(steps)))
        if gone:
            self._tx.run(tables.operations.delete().where(_row.id.in_(gone)))
        return len({*steps, *gone})

    def mark_done(self, id_: str, steps: Sequence[str]) -> None:
        """Steps that are marked already stay so. Raises `OperationNotFound`."""
        try:
            self._tx.upsert(_mark, *({"operation_id": id_, "step": step} for step in steps))
        except IntegrityError as error:
            raise OperationNotFound(id_) from error

    def mark_failing(self, id_: str, failures: Sequence[FailureCard]) -> None:
        running = (_row.id == id_) & (_row.ended_at == "")
        self._tx.run(tables.operations.update().where(running).values(failures=tuple(failures)))

    def mark_reached(self, id_: str, reached: Sequence[Reached]) -> None:
        """Raises `OperationNotFound`."""
        try:
            rows = ({"operation_id": id_, **msgspec.structs.asdict(each)} for each in reached)
            self._tx.upsert(_reach, *rows)
        except IntegrityError as error:
            raise OperationNotFound(id_) from error

    def reached(self, id_: str) -> Sequence[Reached]:
        return [Reached(*row) for row in self._tx.all(_reached, of=id_)]

    def _with_journal(self, rows: Sequence[Found]) -> Sequence[Operation]:
        done = defaultdict[str, list[str]](list)
        for mark in self._tx.all(_steps, operations=[row.id for row in rows]) if rows else ():
            done[mark.operation_id].append(mark.step)
        return [Operation(**row._mapping, done=tuple(done[row.id])) for row in rows]
