"""Plans that are kept, and the policy of the project, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from cantata.client.noun import Noun, once
from cantata.contract.operations import DeployedInfo
from cantata.contract.stored_plans import (
    PlannedInfo,
    PlanRequest,
    PolicyEdit,
    PolicyInfo,
    ShownPlanInfo,
    StoredPlanInfo,
)


class Plans(Noun):
    path = "plans"

    async def create(
        self,
        application: str,
        services: Sequence[str] = (),
        *,
        with_dependencies: bool = False,
        with_dependents: bool = False,
        recreate: bool = False,
        lift_holds: bool = False,
        rollback: bool = False,
        revision: int | None = None,
        cause: str = "",
    ) -> PlannedInfo:
        """Of a deploy, or of a rollback, by default to the revision before."""
        request = PlanRequest(
            application=application,
            services=tuple(services),
            with_dependencies=with_dependencies,
            with_dependents=with_dependents,
            cause=cause,
            recreate=recreate,
            lift_holds=lift_holds,
            rollback=rollback,
            revision=revision,
        )
        return await self._connection.send("POST", self._at(), PlannedInfo, body=request, headers=once())

    def list(self, application: str = "") -> AsyncIterator[StoredPlanInfo]:
        """Newest first."""
        return self._all(self._at(), StoredPlanInfo, {"application": application})

    async def show(self, id_: str) -> ShownPlanInfo:
        return await self._connection.get(self._at(id_), ShownPlanInfo)

    async def approve(self, id_: str) -> StoredPlanInfo:
        return await self._connection.send("POST", self._at(id_, "approval"), StoredPlanInfo)

    async def withdraw_approval(self, id_: str) -> StoredPlanInfo:
        return await self._connection.send("DELETE", self._at(id_, "approval"), StoredPlanInfo)

    async def apply(self, id_: str, *, queue: bool = False) -> DeployedInfo:
        """With `queue` it waits for the operation under way instead of superseding it."""
        at, query = self._at(id_, "apply"), {"queue": queue or None}
        return await self._connection.send("POST", at, DeployedInfo, query=query, headers=once())

    async def delete(self, id_: str) -> None:
        await self._connection.send("DELETE", self._at(id_), type(None))


class Policy(Noun):
    path = "policy"

    async def show(self) -> PolicyInfo:
        return await self._connection.get(self._at(), PolicyInfo)

    async def set(self, policy: PolicyEdit) -> PolicyInfo:
        return await self._connection.send("PUT", self._at(), PolicyInfo, body=policy)
