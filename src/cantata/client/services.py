"""Services, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Literal

from cantata.client.noun import Noun, if_match, once
from cantata.contract.adjustments import PatchDraft
from cantata.contract.operations import DeployedInfo
from cantata.contract.services import (
    AdjustRequest,
    EditedServiceInfo,
    ScaleRequest,
    ServiceEdit,
    ServiceInfo,
    ServiceRevisionInfo,
    ServiceRowInfo,
)
from cantata.contract.states import ServiceState

Asked = Literal["restart", "pause", "resume", "undeploy"]


class Services(Noun):
    """Deploy, preview and roll back by `Applications`, which take names of services."""

    path = "applications"

    def list(
        self,
        *,
        application: str = "",
        kind: str = "",
        image: str = "",
        config: str = "",
        search: str = "",
        state: ServiceState | None = None,
    ) -> AsyncIterator[ServiceRowInfo]:
        """Of all applications, by application and name."""
        query = {
            "application": application,
            "kind": kind,
            "image": image,
            "config": config,
            "search": search,
            "state": state,
        }
        return self._all(self._root.removesuffix(self.path) + "services", ServiceRowInfo, query)

    async def show(self, application: str, service: str) -> ServiceInfo:
        return await self._connection.get(self._at(application, "services", service), ServiceInfo)

    def history(self, application: str, service: str) -> AsyncIterator[ServiceRevisionInfo]:
        """Newest first."""
        return self._all(self._at(application, "services", service, "revisions"), ServiceRevisionInfo)

    async def edit(
        self,
        application: str,
        service: str,
        *,
        text: str | None = None,
        values: Mapping[str, str | None] | None = None,
        patches: Sequence[PatchDraft] | None = None,
        everywhere: bool = False,
        here: bool = False,
        expected: int | None = None,
    ) -> EditedServiceInfo:
        """`expected` is the row version of the application that the edit began with."""
        body = ServiceEdit(
            text=text,
            values=dict(values or {}),
            patches=None if patches is None else tuple(patches),
            everywhere=everywhere,
            here=here,
        )
        at = self._at(application, "services", service, "edit")
        return await self._connection.send(
            "POST", at, EditedServiceInfo, body=body, headers=if_match(expected)
        )

    async def scale(
        self,
        application: str,
        services: Sequence[str],
        replicas: int | None,
        *,
        cause: str = "",
        queue: bool = False,
    ) -> DeployedInfo:
        """None leaves the number to the template again."""
        body = ScaleRequest(tuple(services), replicas, cause, queue)
        at = self._at(application, "services", "scale")
        return await self._connection.send("POST", at, DeployedInfo, body=body, headers=once())

    async def ask(
        self,
        verb: Asked,
        application: str,
        services: Sequence[str] = (),
        *,
        every: bool = False,
        with_dependencies: bool = False,
        with_dependents: bool = False,
        cause: str = "",
        queue: bool = False,
    ) -> DeployedInfo:
        """`every` means all services for which it is possible."""
        body = AdjustRequest(
            services=tuple(services),
            all=every,
            with_dependencies=with_dependencies,
            with_dependents=with_dependents,
            cause=cause,
            queue=queue,
        )
        at = self._at(application, "services", verb)
        return await self._connection.send("POST", at, DeployedInfo, body=body, headers=once())
