"""Configs, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TypeVar

import msgspec

from cantata.client.noun import Noun, if_match, once
from cantata.contract.config_edits import (
    ConfigRollbackRequest,
    CopyDraft,
    DescriptionEdit,
    KeyEdit,
    KeysEdit,
    MergedInfo,
    MergeRequest,
    TagDraft,
)
from cantata.contract.config_history import (
    BlameInfo,
    ComparisonInfo,
    ConfigDiffInfo,
    ConfigTreeInfo,
    TagInfo,
    TextDiffInfo,
)
from cantata.contract.config_schemas import SchemaEdit, SchemaInfo
from cantata.contract.config_secrets import RevealedInfo, RevealRequest
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
from cantata.contract.pages import Page
from cantata.contract.where import ApplicationWhereInfo

T = TypeVar("T")
Version = int | str | None
"""A number or a tag; None for the latest."""


class Configs(Noun):
    path = "configs"

    def list(
        self, search: str = "", *, key: str = "", value: str = "", labels: Mapping[str, str] | None = None
    ) -> AsyncIterator[ConfigInfo]:
        """`search` is part of the name, `key` and `value` of one entry; secret values are not searched."""
        pairs = [f"{name}={text}" for name, text in (labels or {}).items()]
        return self._all(
            self._at(), ConfigInfo, {"search": search, "key": key, "value": value, "label": pairs}
        )

    async def create(
        self,
        name: str,
        text: str,
        *,
        extends: Extends | None = None,
        message: str = "",
        labels: Mapping[str, str] | None = None,
        format: ConfigFormat = "yaml",  # noqa: A002  # The wire's word.
    ) -> ConfigVersionInfo:
        draft = ConfigDraft(name, text, extends, message, dict(labels or {}), format)
        return await self._connection.send("POST", self._at(), ConfigVersionInfo, body=draft, headers=once())

    async def show(self, name: str, version: Version = None) -> ConfigVersionInfo:
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
        return await self._connection.send(
            "PUT", self._at(name), ConfigVersionInfo, body=edit, headers=if_match(expected)
        )

    async def impact(
        self, name: str, text: str, *, extends: Extends | msgspec.UnsetType | None = msgspec.UNSET
    ) -> ImpactInfo:
        """What saving this text would change. Nothing is stored."""
        request = ImpactRequest(text=text, extends=extends)
        return await self._connection.send("POST", self._at(name, "impact"), ImpactInfo, body=request)

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
        return await self._connection.send("POST", path, ConfigVersionInfo, body=request, headers=once())

    async def reveal(self, name: str, key: str, version: int | str | None = None) -> RevealedInfo:
        """One secret value, in clear; `version` is a number or a tag. The audit keeps who asked for it."""
        request = RevealRequest(key=key, version=version)
        return await self._connection.send("POST", self._at(name, "reveal"), RevealedInfo, body=request)

    def where(self, name: str, key: str) -> AsyncIterator[ApplicationWhereInfo]:
        """What carries one key of the config, and which pods have which version of it, by application."""
        return self._all(self._at(name, "where"), ApplicationWhereInfo, {"key": key})

    async def schema(self, name: str) -> SchemaInfo:
        """The schema that counts for it, which may be that of a config which it extends."""
        return await self._connection.get(self._at(name, "schema"), SchemaInfo)

    async def set_schema(self, name: str, schema: str) -> SchemaInfo:
        """A JSON Schema as JSON or YAML."""
        edit = SchemaEdit(schema=schema)
        return await self._connection.send("PUT", self._at(name, "schema"), SchemaInfo, body=edit)

    async def remove_schema(self, name: str) -> None:
        await self._connection.send("DELETE", self._at(name, "schema"), type(None))

    async def infer_schema(self, name: str) -> SchemaInfo:
        """One that takes what the config holds. Nothing is stored."""
        return await self._connection.send("POST", self._at(name, "schema", "infer"), SchemaInfo)

    async def delete(self, name: str) -> None:
        await self._connection.send("DELETE", self._at(name), type(None))

    def history(self, name: str) -> AsyncIterator[ConfigVersionInfo]:
        """Newest first, without texts, with tags."""
        return self._all(self._at(name, "versions"), ConfigVersionInfo)

    async def history_page(self, name: str, *, after: str = "", limit: int = 100) -> Page[ConfigVersionInfo]:
        """One page; `after` is the `next` of the page before."""
        path = self._at(name, "versions")
        return await self._connection.get(path, Page[ConfigVersionInfo], {"after": after, "limit": limit})

    def effective(self, name: str, version: Version = None) -> AsyncIterator[LeafInfo]:
        """Every entry over the parent's, secrets masked."""
        return self._all(self._at(name, "effective"), LeafInfo, {"version": version})

    # --- without the whole text ----------------------------------------------------------------------------

    async def set(
        self, name: str, changes: Sequence[KeyEdit], *, message: str = "", expected: int | None = None
    ) -> ConfigVersionInfo:
        """Without `expected` the keys go onto what is the latest by then."""
        return await self._post(
            name, "changes", ConfigVersionInfo, KeysEdit(tuple(changes), message), if_match(expected)
        )

    async def merge(self, name: str, base: int, text: str) -> MergedInfo:
        """A text that was made from version `base`, with what was saved since. Nothing is stored."""
        return await self._post(name, "merge", MergedInfo, MergeRequest(base, text))

    async def copy(
        self,
        name: str,
        new_name: str,
        *,
        version: Version = None,
        message: str = "",
        labels: Mapping[str, str] | None = None,
    ) -> ConfigVersionInfo:
        draft = CopyDraft(new_name, version, message, dict(labels or {}))
        return await self._post(name, "copy", ConfigVersionInfo, draft, once())

    async def describe(
        self, name: str, *, new_name: str = "", labels: Mapping[str, str | None] | None = None
    ) -> ConfigInfo:
        """Renames it, and changes labels: None takes one away, others stay."""
        body = DescriptionEdit(new_name, dict(labels or {}))
        return await self._connection.send("PATCH", self._at(name), ConfigInfo, body=body)

    async def rollback(
        self, name: str, version: int | str, *, message: str = "", expected: int | None = None
    ) -> ConfigVersionInfo:
        body = ConfigRollbackRequest(version, message)
        return await self._post(name, "rollback", ConfigVersionInfo, body, if_match(expected))

    # --- history -------------------------------------------------------------------------------------------

    async def diff(self, name: str, old: Version, new: Version = None) -> ConfigDiffInfo:
        """By key; of secrets only that they have changed."""
        return await self._connection.get(self._at(name, "diff"), ConfigDiffInfo, {"from": old, "to": new})

    async def diff_text(self, name: str, old: Version, new: Version = None) -> TextDiffInfo:
        return await self._connection.get(
            self._at(name, "diff", "text"), TextDiffInfo, {"from": old, "to": new}
        )

    def blame(self, name: str, version: Version = None) -> AsyncIterator[BlameInfo]:
        """Each key with the version that last set it."""
        return self._all(self._at(name, "blame"), BlameInfo, {"version": version})

    async def compare(
        self, name: str, others: Sequence[str], *, version: Version = None, all_keys: bool = False
    ) -> ComparisonInfo:
        """The effective documents of configs; `others` are `NAME` or `NAME@VERSION`."""
        query = {"other": others, "version": version, "all": "true" if all_keys else None}
        return await self._connection.get(self._at(name, "compare"), ComparisonInfo, query)

    async def tree(self, name: str, version: Version = None) -> ConfigTreeInfo:
        return await self._connection.get(self._at(name, "tree"), ConfigTreeInfo, {"version": version})

    def tags(self, name: str) -> AsyncIterator[TagInfo]:
        return self._all(self._at(name, "tags"), TagInfo)

    async def tag(self, name: str, tag: str, version: Version = None) -> TagInfo:
        body = TagDraft(version)
        return await self._connection.send("PUT", self._at(name, "tags", tag), TagInfo, body=body)

    async def untag(self, name: str, tag: str) -> None:
        await self._connection.send("DELETE", self._at(name, "tags", tag), type(None))

    async def _post(
        self,
        name: str,
        action: str,
        kind: type[T],
        body: msgspec.Struct,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        return await self._connection.send("POST", self._at(name, action), kind, body=body, headers=headers)
