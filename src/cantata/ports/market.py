"""The ports of the market's records: repositories with what they list, and what projects publish."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from cantata.core.model.listings import (
    ChartSource,
    FoundChart,
    KeptRepository,
    ListedChart,
    Publication,
    Refreshed,
)
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

    def imported(self, version_id: str, source: ChartSource) -> None:
        """Where a version of a template came from."""
        ...

    def source(self, version_id: str) -> ChartSource | None: ...
    def sources(self, project: str) -> Mapping[str, ChartSource]:
        """Of the latest version of each template that came from a market, by the template's id."""
        ...

    def newest(self, charts: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
        """The newest stable version of each (id of the repository, name) that is listed."""
        ...


class Publications(Protocol):
    """What projects publish in their own markets."""

    def add(self, publication: Publication, archive: bytes) -> Publication:
        """`id` and `created_at` are given by the store. The same file with the same digest gives the one that
        is there; with another one it raises `ChartAlreadyPublished`."""
        ...

    def list(self, project: str) -> Sequence[Publication]:
        """By chart, the newest version first."""
        ...

    def archive(self, project: str, file: str) -> bytes:
        """Raises `PublicationNotFound`."""
        ...

    def delete(self, project: str, chart: str, version: str) -> None:
        """Raises `PublicationNotFound`."""
        ...

    def is_public(self, project: str) -> bool: ...
    def set_public(self, project: str, public: bool) -> None: ...
