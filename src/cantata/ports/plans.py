"""The port to the store: stored plans, and what projects demand of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cantata.core.model.applications import Application
from cantata.core.model.stored_plans import Approval, Basis, Draft, PlanSummary, Policy, ShownPlan, StoredPlan
from cantata.ports.pages import Page


class Plans(Protocol):
    """What is over its time counts as expired. Plans go with their application."""

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
    ) -> StoredPlan: ...

    def get(self, project: str, id_: str) -> StoredPlan:
        """Raises `PlanNotFound`."""
        ...

    def list(self, project: str, *, application_id: str = "", page: Page = Page()) -> Sequence[StoredPlan]:
        """Newest first."""
        ...

    def draft(self, plan: StoredPlan) -> Draft: ...
    def basis(self, plan: StoredPlan) -> Basis: ...
    def shown(self, plan: StoredPlan) -> ShownPlan:
        """Raises `PlanUnreadable`."""
        ...

    def approve(self, plan: StoredPlan, approvals: Sequence[Approval]) -> StoredPlan:
        """These instead of those that it has."""
        ...

    def applied(self, plan: StoredPlan, operation_id: str) -> None:
        """Raises `PlanEnded` unless it is open: two servers may apply it at once."""
        ...

    def delete(self, plan: StoredPlan) -> None: ...
    def delete_old(self, project: str, before: str) -> int:
        """Those that were never applied and expired before that time."""
        ...


class Policies(Protocol):
    def get(self, project: str) -> Policy: ...
    def set(self, project: str, policy: Policy) -> None:
        """Raises `ProjectNotFound`."""
        ...
