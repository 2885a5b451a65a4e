"""Operations, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

from cantata.client.noun import Noun
from cantata.contract.operations import OperationInfo


class Operations(Noun):
    path = "operations"

    def list(self, application: str = "") -> AsyncIterator[OperationInfo]:
        """Newest first."""
        return self._all(self._at(), OperationInfo, {"application": application})

    async def show(self, id_: str) -> OperationInfo:
        return await self._connection.get(self._at(id_), OperationInfo)

    async def cancel(self, id_: str) -> OperationInfo:
        return await self._connection.send("POST", self._at(id_, "cancel"), OperationInfo)
