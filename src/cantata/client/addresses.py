"""Where services can be reached, over HTTP."""

from __future__ import annotations

from cantata.client.noun import Noun
from cantata.contract.addresses import AddressesInfo


class Addresses(Noun):
    path = "applications"

    async def show(self, application: str, service: str | None = None) -> AddressesInfo:
        """Of all services, or of the one that is named."""
        at = self._at(application, "addresses")
        return await self._connection.get(at, AddressesInfo, {"service": service})
