"""Repositories of charts, and what they list. Credentials are sealed in their rows.

A refresh replaces the rows of a repository. A search reads all rows of a project's repositories, since a word
may stand anywhere in them: some tens of milliseconds for 20,000 charts, on either database.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec
import sqlalchemy as sa

from cantata.core.market import by_chart
from cantata.core.model.errors import (
    ChartNotListed,
    EditConflict,
    NameTaken,
    RepositoryCredentialsUnreadable,
    RepositoryNotFound,
    SealedUnderLostKey,
)
from cantata.core.model.listings import ChartSource, FoundChart, KeptRepository, ListedChart, Refreshed
from cantata.core.model.market import ChartRow, Credentials, Repository
from cantata.ports.pages import Page
from cantata.store import tables
from cantata.store.transaction import (
    Found,
    Query,
    Transaction,
    Upsert,
    names_of,
    new_id,
    page_by_name,
    page_by_offset,
)

PORTION = 200
"""So many charts are written at once."""

_repositories = tables.market_repositories
_charts = tables.market_charts
_versions = tables.market_versions
_row = tables.market_repositories.c
_chart = tables.market_charts.c
_more = tables.market_versions.c
_import = tables.market_imports.c
_came = Upsert(
    tables.market_imports,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["version_id"],
        set_={field: insert.excluded[field] for field in ("repository_id", "chart", "source")},
    ),
)
_own, _went = Repository.__struct_fields__, Refreshed.__struct_fields__
_select = sa.select(*(_row[field] for field in (*_own, "username", *_went)))
_found = ("name", "version", "app_version", "description", "deprecated")
_same_chart = (_more.repository_id == _chart.repository_id) & (_more.name == _chart.name)


class SqlMarket:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def create(self, repository: Repository, credentials: Credentials) -> KeptRepository:
        project, name = repository.project, repository.name
        self._tx.require_project(project)
        if self._tx.first(_named(project, name)) is not None:
            raise NameTaken(f"there is already a repository {name}", subject=f"repository {name}")
        made = msgspec.structs.replace(repository, id=new_id(), created_at=self._tx.at, row_version=1)
        kept = KeptRepository(made, credentials.username, Refreshed())
        self._tx.insert(
            _repositories,
            **_fields(made),
            **_fields(kept.refreshed),
            username=kept.username,
            credentials=self._sealed(made, credentials),
        )
        return kept

    def get(self, project: str, name: str) -> KeptRepository:
        return _kept(
            self._tx.one(
                _named(project, name),
                lambda: RepositoryNotFound(name, known=names_of(self._tx, _repositories, project)),
            )
        )

    def by_id(self, id_: str) -> KeptRepository:
        return _kept(self._tx.one(_select.where(_row.id == id_), lambda: RepositoryNotFound(id_)))

    def list(self, project: str, *, search: str = "", page: Page = Page()) -> Sequence[KeptRepository]:
        query = page_by_name(_select.where(_row.project == project), _row.name, search, page)
        return [_kept(row) for row in self._tx.all(query)]

    def update(self, repository: Repository, credentials: Credentials | None = None) -> KeptRepository:
        changed = msgspec.structs.replace(repository, row_version=repository.row_version + 1)
        values = _fields(changed) | {"mark": Refreshed().mark, "failures": 0, "next_at": 0.0}
        if credentials is not None:
            values |= {"username": credentials.username, "credentials": self._sealed(repository, credentials)}
        for field in ("id", "project", "name", "kind", "created_at"):
            del values[field]
        self._change(repository, values)
        return self.by_id(repository.id)

    def credentials(self, repository: Repository) -> Credentials:
        query = sa.select(_row.credentials).where(_row.id == repository.id)
        row = self._tx.one(query, lambda: RepositoryNotFound(repository.name))
        if not row.credentials:
            return Credentials()
        try:
            content = self._tx.keyring.unseal(row.credentials, purpose(repository.id))
        except SealedUnderLostKey as error:
            raise RepositoryCredentialsUnreadable(
                f"the credentials of repository {repository.name} were sealed under a key that is lost",
                subject=f"repository {repository.name}",
                hint=f"Give them again by `cantata market login {repository.name}`.",
            ) from error
        return msgspec.json.decode(content, type=Credentials)

    def delete(self, repository: Repository) -> None:
        if not self._tx.run(_repositories.delete().where(_row.id == repository.id)):
            raise RepositoryNotFound(repository.name)

    def due(self, now: float, limit: int) -> Sequence[KeptRepository]:
        query = _select.where(_row.next_at <= now).order_by(_row.next_at, _row.id).limit(limit)
        return [_kept(row) for row in self._tx.all(query)]

    def next_at(self) -> float | None:
        row = self._tx.first(sa.select(sa.func.min(_row.next_at)))
        found: float | None = row[0] if row is not None else None
        return found

    def refreshed(
        self, repository: Repository, refreshed: Refreshed, rows: Iterable[ChartRow] | None = None
    ) -> KeptRepository:
        self._change(repository, _fields(refreshed))
        if rows is not None:
            entries = self._replace(repository.id, by_chart(rows))
            self._change(repository, {"entries": entries})
        return self.by_id(repository.id)

    def _change(self, repository: Repository, values: Mapping[str, Any]) -> None:
        same = (_row.id == repository.id) & (_row.row_version == repository.row_version)
        if not self._tx.run(_repositories.update().where(same).values(**values)):
            self.by_id(repository.id)
            raise EditConflict(
                f"repository {repository.name} was changed by somebody else",
                subject=f"repository {repository.name}",
                hint="Read it again, then change that.",
            )

    def _replace(self, id_: str, charts: Iterator[ListedChart]) -> int:
        for table in (_charts, _versions):
            self._tx.run(table.delete().where(table.c.repository_id == id_))
        entries = 0
        while portion := list(islice(charts, PORTION)):
            entries += len(portion)
            self._tx.run(_charts.insert(), [_searchable(id_, chart) for chart in portion])
            more = [{"repository_id": id_, "name": chart.newest.name, **_fields(chart)} for chart in portion]
            self._tx.run(_versions.insert(), more)
        return entries

    def search(
        self,
        project: str,
        words: Sequence[str],
        *,
        repository: str = "",
        versions: bool = False,
        page: Page = Page(),
    ) -> Sequence[FoundChart]:
        has, low = self._has, [word.lower() for word in words]
        columns: list[sa.ColumnElement[Any]] = [_row.name.label("repository"), *(_chart[f] for f in _found)]
        query = sa.select(*columns).join_from(_charts, _repositories).where(_row.project == project)
        if versions:
            query = query.add_columns(_more.versions).join(_versions, _same_chart)
        if repository:
            query = query.where(_row.name == repository)
        query = query.where(*(has(_chart.searched, word) for word in low))
        ranks = [
            sa.case(
                (_chart.name == word, 0),
                (_chart.name.startswith(word, autoescape=True), 1),
                (has(_chart.name, word), 2),
                (has(_chart.keyed, word), 3),
                else_=4,
            )
            for word in low
        ]
        rank: sa.ColumnElement[int] = sum(ranks, sa.literal(0))
        query = query.order_by(_chart.deprecated, rank, _chart.name, _row.name)
        return [FoundChart(*row) for row in self._tx.all(page_by_offset(query, page))]

    def _has(self, column: sa.Column[Any], word: str) -> sa.ColumnElement[bool]:
        """Whether a word is part of it; faster than LIKE, which folds cases."""
        sqlite = self._tx.connection.dialect.name == "sqlite"
        return (sa.func.instr if sqlite else sa.func.strpos)(column, word) > 0

    def chart(self, repository: Repository, name: str) -> ListedChart:
        query = sa.select(_more.newest, _more.versions)
        of = (_more.repository_id == repository.id) & (_more.name == name)
        return ListedChart(
            *self._tx.one(query.where(of), lambda: ChartNotListed(f"{repository.name}/{name}", of=name))
        )

    def imported(self, version_id: str, source: ChartSource) -> None:
        row = {"version_id": version_id, "repository_id": source.repository_id, "chart": source.chart}
        self._tx.upsert(_came, {**row, "source": source})

    def source(self, version_id: str) -> ChartSource | None:
        row = self._tx.first(sa.select(_import.source).where(_import.version_id == version_id))
        return row.source if row is not None else None

    def sources(self, project: str) -> Mapping[str, ChartSource]:
        template, version = tables.templates.c, tables.template_versions.c
        latest = (version.template_id == template.id) & (version.number == template.latest)
        query = (
            sa.select(template.id, _import.source)
            .join_from(tables.templates, tables.template_versions, latest)
            .join(tables.market_imports, _import.version_id == version.id)
            .where(template.project == project)
        )
        return {row.id: row.source for row in self._tx.all(query)}

    def newest(self, charts: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
        wanted = sorted(set(charts))
        listed = sa.tuple_(_chart.repository_id, _chart.name).in_(wanted)
        query = sa.select(_chart.repository_id, _chart.name, _chart.version).where(listed)
        return {(row.repository_id, row.name): row.version for row in self._tx.all(query)} if wanted else {}

    def _sealed(self, repository: Repository, credentials: Credentials) -> bytes:
        """Nothing where there is none, so that it cannot be lost either."""
        if not credentials:
            return b""
        return self._tx.keyring.seal(msgspec.json.encode(credentials), purpose(repository.id))


def _searchable(id_: str, chart: ListedChart) -> dict[str, Any]:
    newest = chart.newest
    people = (f"{each.name} {each.email}" for each in newest.maintainers)
    keyed = "\n".join(newest.keywords).lower()
    searched = "\n".join((newest.name, newest.description, *people)).lower()
    facts = {field: getattr(newest, field) for field in _found}
    return {"repository_id": id_, **facts, "keyed": keyed, "searched": f"{searched}\n{keyed}"}


def _fields(struct: msgspec.Struct) -> dict[str, Any]:
    return {field: getattr(struct, field) for field in struct.__struct_fields__}


def _kept(row: Found) -> KeptRepository:
    middle = len(_own)
    return KeptRepository(Repository(*row[:middle]), row[middle], Refreshed(*row[middle + 1 :]))


def _named(project: str, name: str) -> Query:
    return _select.where(_row.project == project, _row.name == name)


def purpose(id_: str) -> str:
    return f"credentials of repository {id_}"
