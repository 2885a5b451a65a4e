"""The part of the port to the store that holds configs and the secrets in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from cantata.core.model.configs import Config, ConfigEntry, ConfigTag, ConfigVersion, Extends
from cantata.ports.pages import Page


class Configs(Protocol):
    def create(self, project: str, name: str, *, labels: Mapping[str, str] | None = None) -> Config:
        """Raises `NameTaken`."""
        ...

    def get(self, project: str, name: str) -> Config: ...
    def by_id(self, id_: str) -> Config: ...
    def list(
        self,
        project: str,
        *,
        search: str = "",
        key: str = "",
        value: str = "",
        labels: Mapping[str, str] | None = None,
        page: Page = Page(),
    ) -> Sequence[Config]:
        """By name. `search` is a part of the name; `key` and `value` are parts of one entry of the latest
        version, of which values of secrets are never searched; `labels` are those that a config must have."""
        ...

    def update(self, config: Config) -> Config:
        """Name, labels and schema, by id. Raises `EditConflict` unless `row_version` is the stored one, and
        `NameTaken`; gives the next row version back."""
        ...

    def add_version(
        self,
        config: Config,
        text: str,
        *,
        extends: Extends | None,
        author: str,
        message: str,
        entries: Sequence[ConfigEntry] = (),
        expected: int | None = None,
    ) -> ConfigVersion:
        """The next number; `entries` become those of the config, with `set_in` given here. With `expected`,
        raises `EditConflict` unless that is the latest number now. Raises `ConfigNotFound` for the parent."""
        ...

    def version(self, config: Config, number: int | None = None) -> ConfigVersion:
        """Without a number the latest. Raises `ConfigVersionNotFound`."""
        ...

    def versions(self, config: Config, *, texts: bool = True, page: Page = Page()) -> Sequence[ConfigVersion]:
        """Newest first; without `texts`, which may be large, those are empty."""
        ...

    def children(self, config: Config) -> Sequence[Config]:
        """The configs whose latest version extends this one, pinned or following."""
        ...

    def entries(self, config: Config) -> Sequence[ConfigEntry]:
        """Of the latest version, in the order of its text."""
        ...

    def tags(self, config: Config) -> Sequence[ConfigTag]: ...
    def tag(self, config: Config, name: str, number: int) -> ConfigTag:
        """Raises `NameTaken` for a tag that is there, `ConfigVersionNotFound`."""
        ...

    def tagged(self, config: Config, name: str) -> int:
        """The number of the version with this tag. Raises `ConfigTagNotFound`."""
        ...

    def untag(self, config: Config, name: str) -> None: ...
    def delete(self, config: Config) -> None: ...


class Secrets(Protocol):
    """Secret values of configs, encrypted; a secret is immutable, a new value is a new id."""

    def add(self, project: str, value: str) -> str: ...
    def get_many(self, project: str, ids: Iterable[str]) -> dict[str, str]:
        """Raises `SecretNotFound`, also for an id of another project; `SecretUnreadable`."""
        ...

    def require(self, project: str, ids: Iterable[str]) -> None:
        """They are there, readable or not. Raises `SecretNotFound`."""
        ...
