"""Stored plans, and the policies of projects. What a plan shows is sealed; its draft names sealed blobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from cantata.core.model.applications import Application
from cantata.core.model.errors import PlanEnded, PlanNotFound, PlanUnreadable, SealedUnderLostKey
from cantata.core.model.stored_plans import (
    Approval,
    Basis,
    Draft,
    PlanState,
    PlanSummary,
    Policy,
    ShownPlan,
    StoredPlan,
)
from cantata.ports.pages import Page
from cantata.store import tables
from cantata.store.blobs import SqlBlobs
from cantata.store.transaction import Found, Transaction, Upsert, new_id, page_by_id

_table = tables.plans
_row = _table.c
_select = sa.select(*(_row[field] for field in StoredPlan.__struct_fields__))
_by_id = _select.where(_row.project == sa.bindparam("within"), _row.id == sa.bindparam("of"))
_set_policy = Upsert(
    tables.policies,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["project"],
        set_={name: insert.excluded[name] for name in ("plan_required", "approval")},
    ),
)
_policy = sa.select(tables.policies.c.plan_required, tables.policies.c.approval).where(
    tables.policies.c.project == sa.bindparam("of")
)


class SqlPlans:
    def __init__(self, transaction: Transaction, blobs: SqlBlobs) -> None:
        self._tx = transaction
        self._blobs = blobs

    def add(
        self,
        application: Application,
        *,
        author: str,
        cause: str,
        expires_at: str,
        summary: PlanSummary,
        draft: Draft,
        basis: Basis,
        shown: ShownPlan,
    ) -> StoredPlan:
        plan = StoredPlan(
            id=new_id(),
            project=application.project,
            application_id=application.id,
            application=application.name,
            state=PlanState.OPEN,
            author=author,
            cause=cause,
            created_at=self._tx.at,
            expires_at=expires_at,
            summary=summary,
        )
        address = self._blobs.put_sealed(msgspec.json.encode(shown))
        values = msgspec.structs.asdict(plan)
        self._tx.insert(_table, **values, draft=draft, basis=basis, shown=address)
        return plan

    def get(self, project: str, id_: str) -> StoredPlan:
        return self._plan(self._tx.one(_by_id, lambda: PlanNotFound(id_), within=project, of=id_))

    def list(self, project: str, *, application_id: str = "", page: Page = Page()) -> Sequence[StoredPlan]:
        query = _select.where(_row.project == project)
        if application_id:
            query = query.where(_row.application_id == application_id)
        return [self._plan(row) for row in self._tx.all(page_by_id(query, _row.id, page))]

    def draft(self, plan: StoredPlan) -> Draft:
        draft: Draft = self._value(plan, _row.draft)
        return draft

    def basis(self, plan: StoredPlan) -> Basis:
        basis: Basis = self._value(plan, _row.basis)
        return basis

    def shown(self, plan: StoredPlan) -> ShownPlan:
        address: str = self._value(plan, _row.shown)
        try:
            return msgspec.json.decode(self._blobs.get(address), type=ShownPlan)
        except SealedUnderLostKey as error:
            raise PlanUnreadable(
                f"plan {plan.id} of application {plan.application} was sealed under a key that is lost",
                subject=f"plan {plan.id}",
                hint=f"Delete it: `cantata plan delete {plan.id}`.",
            ) from error

    def approve(self, plan: StoredPlan, approvals: Sequence[Approval]) -> StoredPlan:
        self._update(plan, approvals=tuple(approvals))
        return msgspec.structs.replace(plan, approvals=tuple(approvals))

    def applied(self, plan: StoredPlan, operation_id: str) -> None:
        self._update(plan, state=PlanState.APPLIED, operation_id=operation_id)

    def delete(self, plan: StoredPlan) -> None:
        self._tx.run(_table.delete().where(_row.id == plan.id))

    def delete_old(self, project: str, before: str) -> int:
        old = (_row.project == project) & (_row.state == PlanState.OPEN) & (_row.expires_at < before)
        return self._tx.run(_table.delete().where(old))

    def _value(self, plan: StoredPlan, column: sa.Column[Any]) -> Any:
        query = sa.select(column).where(_row.id == plan.id)
        return self._tx.one(query, lambda: PlanNotFound(plan.id))[0]

    def _update(self, plan: StoredPlan, **values: object) -> None:
        same = (_row.id == plan.id) & (_row.state == PlanState.OPEN)
        if not self._tx.run(_table.update().where(same).values(**values)):
            raise PlanEnded(f"plan {plan.id} is applied already", subject=f"plan {plan.id}")

    def _plan(self, row: Found) -> StoredPlan:
        plan = StoredPlan(*row)
        if plan.state is PlanState.OPEN and plan.expires_at <= self._tx.at:
            return msgspec.structs.replace(plan, state=PlanState.EXPIRED)
        return plan


class SqlPolicies:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def get(self, project: str) -> Policy:
        row = self._tx.first(_policy, of=project)
        return Policy(*row) if row is not None else Policy()

    def set(self, project: str, policy: Policy) -> None:
        self._tx.require_project(project)
        values = msgspec.structs.asdict(policy)
        self._tx.upsert(_set_policy, {"project": project, **values})
