"""Configs, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import msgspec

from cantata.client.noun import Noun, if_match, once
from cantata.contract.configs import (
    ConfigDraft,
    ConfigEdit,
    ConfigFormat,
    ConfigImportRequest,
    ConfigInfo,
    ConfigVersionInfo,
    Extends,
    LeafInfo,
)
from cantata.contract.impact import ImpactInfo, ImpactRequest


class Configs(Noun):
    path = "configs"

    def list(self, search: str = "") -> AsyncIterator[ConfigInfo]:
        return self._all(self._at(), ConfigInfo, {"search": search})

    async def create(
        self,
        name: str,
        text: str,
        *,
        extends: Extends | None = None,
        message: str = "",
        format: ConfigFormat = "yaml",  # noqa: A002  # The wire's word.
    ) -> ConfigVersionInfo:
        draft = ConfigDraft(name=name, text=text, extends=extends, message=message, format=format)
        return (
            await self._connection.send("POST", self._at(), ConfigVersionInfo, body=draft, headers=once())
        )[0]

    async def show(self, name: str, version: int | None = None) -> ConfigVersionInfo:
        return await self._connection.get(self._at(name), ConfigVersionInfo, {"version": version})

    async def edit(
        self,
        name: str,
        text: str,
        *,
        extends: Extends | msgspec.UnsetType | None = msgspec.UNSET,
        message: str = "",
        expected: int | None = None,
    ) -> ConfigVersionInfo:
        """`expected` is the version that the edit began with: another one by now is an `EditConflict`."""
        edit = ConfigEdit(text=text, extends=extends, message=message)
        return (
            await self._connection.send(
                "PUT", self._at(name), ConfigVersionInfo, body=edit, headers=if_match(expected)
            )
        )[0]

    async def impact(
        self, name: str, text: str, *, extends: Extends | msgspec.UnsetType | None = msgspec.UNSET
    ) -> ImpactInfo:
        """What saving this text would change. Nothing is stored."""
        request = ImpactRequest(text=text, extends=extends)
        return (await self._connection.send("POST", self._at(name, "impact"), ImpactInfo, body=request))[0]

    async def import_(
        self,
        name: str,
        *,
        cluster: str,
        namespace: str,
        config_maps: Sequence[str] = (),
        secrets: Sequence[str] = (),
        extends: Extends | None = None,
        message: str = "",
    ) -> ConfigVersionInfo:
        """A new config with the keys of objects in a registered cluster."""
        request = ConfigImportRequest(
            cluster, namespace, tuple(config_maps), tuple(secrets), extends, message
        )
        path = self._at(name, "import")
        return (await self._connection.send("POST", path, ConfigVersionInfo, body=request, headers=once()))[0]

    async def delete(self, name: str) -> None:
        await self._connection.send("DELETE", self._at(name), type(None))

    def history(self, name: str) -> AsyncIterator[ConfigVersionInfo]:
        """Newest first, without texts."""
        return self._all(self._at(name, "versions"), ConfigVersionInfo)

    def effective(self, name: str, version: int | None = None) -> AsyncIterator[LeafInfo]:
        """Every entry over the parent's, secrets masked."""
        return self._all(self._at(name, "effective"), LeafInfo, {"version": version})
