"""Applications, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from cantata.client.noun import Noun, if_match, once
from cantata.contract.applications import (
    ApplicationDraft,
    ApplicationInfo,
    ApplicationStatusInfo,
    CloneDraft,
    RevisionInfo,
)
from cantata.contract.deletions import DeletePlanInfo, ForgetRequest, ForgottenInfo
from cantata.contract.diffs import DiffInfo
from cantata.contract.events import EventInfo
from cantata.contract.operations import (
    DeployedInfo,
    DeployRequest,
    OperationInfo,
    RevertRequest,
    RollbackRequest,
    RunTestsRequest,
)
from cantata.contract.parity import ParityInfo
from cantata.contract.plans import PlanInfo
from cantata.contract.states import Also, ServiceState
from cantata.contract.upgrades import UpgradeInfo, UpgradeRequest
from cantata.contract.variables import ApplicationVariablesInfo


class Applications(Noun):
    path = "applications"

    def list(
        self, *, search: str = "", template: str = "", config: str = "", state: ServiceState | None = None
    ) -> AsyncIterator[ApplicationStatusInfo]:
        query = {"search": search, "template": template, "config": config, "state": state}
        return self._all(self._at(), ApplicationStatusInfo, query)

    async def create(self, draft: ApplicationDraft) -> ApplicationInfo:
        return await self._connection.send("POST", self._at(), ApplicationInfo, body=draft, headers=once())

    async def clone(self, name: str, draft: CloneDraft) -> ApplicationInfo:
        at = self._at(name, "clone")
        return await self._connection.send("POST", at, ApplicationInfo, body=draft, headers=once())

    async def show(self, name: str) -> ApplicationInfo:
        return await self._connection.get(self._at(name), ApplicationInfo)

    async def edit(
        self, name: str, draft: ApplicationDraft, *, expected: int | None = None
    ) -> ApplicationInfo:
        """`expected` is the row version that the edit began with."""
        return await self._connection.send(
            "PUT", self._at(name), ApplicationInfo, body=draft, headers=if_match(expected)
        )

    async def deletion(self, name: str, also: Sequence[Also] = ()) -> DeletePlanInfo:
        """What a delete would do, `also` to claims and the namespace."""
        query = {"with": tuple(also)}
        return await self._connection.get(self._at(name, "deletion"), DeletePlanInfo, query)

    async def delete(self, name: str, also: Sequence[Also] = ()) -> OperationInfo:
        """`also` is what goes along: claims, the namespace."""
        query = {"with": tuple(also)}
        return await self._connection.send(
            "DELETE", self._at(name), OperationInfo, query=query, headers=once()
        )

    async def forget(self, name: str) -> ForgottenInfo:
        """For an application whose cluster is gone: its objects stay there."""
        body = ForgetRequest(confirm=name)
        return await self._connection.send("POST", self._at(name, "forget"), ForgottenInfo, body=body)

    async def status(self, name: str) -> ApplicationStatusInfo:
        return await self._connection.get(self._at(name, "status"), ApplicationStatusInfo)

    async def preview(
        self,
        name: str,
        services: Sequence[str] = (),
        *,
        with_dependencies: bool = False,
        with_dependents: bool = False,
    ) -> PlanInfo:
        query = {
            "service": tuple(services),
            "withDependencies": "true" if with_dependencies else None,
            "withDependents": "true" if with_dependents else None,
        }
        return await self._connection.get(self._at(name, "plan"), PlanInfo, query)

    async def diff(
        self,
        name: str,
        services: Sequence[str] = (),
        *,
        old: int | None = None,
        new: int | None = None,
        other: str = "",
        live: bool = False,
    ) -> DiffInfo:
        """Edited and deployed; or the revisions `old` and `new`; or this application and `other`; or wanted
        and `live`."""
        query = {
            "from": old,
            "to": new,
            "with": other,
            "live": "true" if live else None,
            "service": tuple(services),
        }
        return await self._connection.get(self._at(name, "diff"), DiffInfo, query)

    async def parity(self, name: str, services: Sequence[str] = ()) -> ParityInfo:
        """Each key as template variable, environment and file."""
        return await self._connection.get(self._at(name, "parity"), ParityInfo, {"service": tuple(services)})

    async def variables(self, name: str, service: str | None = None) -> ApplicationVariablesInfo:
        """The values that each service reads, or one of them; the empty service is the application's own."""
        return await self._connection.get(
            self._at(name, "variables"), ApplicationVariablesInfo, {"service": service}
        )

    async def deploy(
        self,
        name: str,
        services: Sequence[str] = (),
        *,
        cause: str = "",
        outdated: bool = False,
        with_dependencies: bool = False,
        with_dependents: bool = False,
        queue: bool = False,
        recreate: bool = False,
        lift_holds: bool = False,
    ) -> DeployedInfo:
        """`outdated` deploys those services that a newer config, template or edit changes; `queue` waits for
        the operation under way instead of superseding it; `recreate` makes objects anew whose changed fields
        are immutable; `lift_holds` brings values back that a rollback took away."""
        request = DeployRequest(
            services=tuple(services),
            cause=cause,
            outdated=outdated,
            with_dependencies=with_dependencies,
            with_dependents=with_dependents,
            queue=queue,
            recreate=recreate,
            lift_holds=lift_holds,
        )
        return await self._connection.send(
            "POST", self._at(name, "deploy"), DeployedInfo, body=request, headers=once()
        )

    async def rollback(
        self,
        name: str,
        revision: int | None = None,
        services: Sequence[str] = (),
        *,
        cause: str = "",
        with_dependencies: bool = False,
        with_dependents: bool = False,
        queue: bool = False,
    ) -> DeployedInfo:
        request = RollbackRequest(
            revision=revision,
            services=tuple(services),
            cause=cause,
            with_dependencies=with_dependencies,
            with_dependents=with_dependents,
            queue=queue,
        )
        return await self._connection.send(
            "POST", self._at(name, "rollback"), DeployedInfo, body=request, headers=once()
        )

    async def preview_upgrade(self, name: str, request: UpgradeRequest) -> UpgradeInfo:
        """What another version of the template means. Nothing is stored."""
        return await self._connection.send(
            "POST", self._at(name, "upgrade", "preview"), UpgradeInfo, body=request
        )

    async def upgrade(self, name: str, request: UpgradeRequest) -> UpgradeInfo:
        """The application has the other version from then on; a deploy brings it to the cluster."""
        return await self._connection.send(
            "POST", self._at(name, "upgrade"), UpgradeInfo, body=request, headers=once()
        )

    async def revert(self, name: str, services: Sequence[str] = (), *, cause: str = "") -> DeployedInfo:
        """Takes back what others changed."""
        request = RevertRequest(services=tuple(services), cause=cause)
        at = self._at(name, "revert")
        return await self._connection.send("POST", at, DeployedInfo, body=request, headers=once())

    async def test(self, name: str, services: Sequence[str] = (), *, cause: str = "") -> OperationInfo:
        """Runs the test hooks of what is deployed."""
        request = RunTestsRequest(services=tuple(services), cause=cause)
        at = self._at(name, "test")
        return await self._connection.send("POST", at, OperationInfo, body=request, headers=once())

    def history(self, name: str) -> AsyncIterator[RevisionInfo]:
        """Newest first."""
        return self._all(self._at(name, "revisions"), RevisionInfo)

    def events(self, name: str, since: int = 0) -> AsyncIterator[EventInfo]:
        """Events with an id above `since`, which is an id of the project; ends when the connection does."""
        return self._connection.events(self._at(name, "events"), EventInfo, since)
