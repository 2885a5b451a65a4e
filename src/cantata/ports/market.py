"""The port of the market's records: repositories, and the charts that they list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from cantata.core.model.listings import FoundChart, KeptRepository, ListedChart, Refreshed
from cantata.core.model.market import ChartRow, Credentials, Repository
from cantata.ports.pages import Page


class Market(Protocol):
    """Repositories with their credentials, which are sealed, and the charts of their last refresh."""

    def create(self, repository: Repository, credentials: Credentials) -> KeptRepository:
        """`id`, `created_at` and `row_version` are given by the store. Raises `NameTaken`."""
        ...

    def get(self, project: str, name: str) -> KeptRepository: ...
    def by_id(self, id_: str) -> KeptRepository: ...
    def list(self, project: str, *, search: str = "", page: Page = Page()) -> Sequence[KeptRepository]:
        """By name."""
        ...

    def update(self, repository: Repository, credentials: Credentials | None = None) -> KeptRepository:
        """By id: all but name and kind, and the credentials where they are given; it is then due. Raises
        `EditConflict` unless `row_version` is the stored one; gives the next one back."""
        ...

    def credentials(self, repository: Repository) -> Credentials: ...
    def delete(self, repository: Repository) -> None:
        """With the charts that it lists."""
        ...

    def due(self, now: float, limit: int) -> Sequence[KeptRepository]:
        """Of all projects, the longest due first."""
        ...

    def next_at(self) -> float | None:
        """When the next one is due."""
        ...

    def refreshed(
        self, repository: Repository, refreshed: Refreshed, rows: Iterable[ChartRow] | None = None
    ) -> KeptRepository:
        """How a refresh went, and what is listed from now on: charts by name, the newest version of each
        first. None leaves what was listed. `entries` are counted here. Raises `EditConflict` when the
        repository was changed meanwhile."""
        ...

    def search(
        self,
        project: str,
        words: Sequence[str],
        *,
        repository: str = "",
        versions: bool = False,
        page: Page = Page(),
    ) -> Sequence[FoundChart]:
        """Every word, in any case of letters, is part of name, description, keywords or maintainers. Best
        first: the name itself, its beginning, the name, keywords, the rest; deprecated ones last. The cursor
        is the number of charts before."""
        ...

    def chart(self, repository: Repository, name: str) -> ListedChart:
        """Raises `ChartNotListed`."""
        ...

    def newest(self, charts: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
        """The newest stable version of each (id of the repository, name) that is listed."""
        ...
