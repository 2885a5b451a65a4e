"""What projects publish in their own markets."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from cantata.core.market import newest_first
from cantata.core.model.errors import PublicationNotFound
from cantata.core.model.listings import Publication
from cantata.core.repositories.errors import ChartAlreadyPublished
from cantata.store import tables
from cantata.store.blobs import SqlBlobs
from cantata.store.transaction import Transaction, Upsert, new_id

_publications = tables.market_publications
_row = tables.market_publications.c
_access = tables.market_access
_select = sa.select(*(_row[field] for field in Publication.__struct_fields__))
_set_public = Upsert(
    _access,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["project"], set_={"public": insert.excluded.public}
    ),
)


class SqlPublications:
    def __init__(self, transaction: Transaction, blobs: SqlBlobs) -> None:
        self._tx = transaction
        self._blobs = blobs

    def add(self, publication: Publication, archive: bytes) -> Publication:
        project, wanted = publication.project, publication.row
        self._tx.require_project(project)
        same_file = _select.where(_row.project == project, _row.file == publication.file)
        if (found := self._tx.first(same_file)) is not None:
            present = Publication(*found)
            if (present.row.name, present.row.digest) == (wanted.name, wanted.digest):
                return present
            raise ChartAlreadyPublished(
                f"{wanted.name} {wanted.version} was published with other content",
                subject=f"chart {wanted.name}",
                hint="Raise the version in Chart.yaml, import that, and publish it.",
            )
        made = msgspec.structs.replace(publication, id=new_id(), created_at=self._tx.at)
        fields = {field: getattr(made, field) for field in made.__struct_fields__}
        self._tx.insert(_publications, **fields, archive=self._blobs.put(archive))
        return made

    def list(self, project: str) -> Sequence[Publication]:
        rows = self._tx.all(_select.where(_row.project == project))
        return newest_first([Publication(*row) for row in rows])

    def archive(self, project: str, file: str) -> bytes:
        query = sa.select(_row.archive).where(_row.project == project, _row.file == file)
        return self._blobs.get(self._tx.one(query, lambda: PublicationNotFound(file)).archive)

    def delete(self, project: str, chart: str, version: str) -> None:
        for each in self.list(project):
            if (each.row.name, each.row.version) == (chart, version):
                self._tx.run(_publications.delete().where(_row.id == each.id))
                return
        raise PublicationNotFound(f"{chart} {version}")

    def is_public(self, project: str) -> bool:
        row = self._tx.first(sa.select(_access.c.public).where(_access.c.project == project))
        return row is not None and bool(row.public)

    def set_public(self, project: str, public: bool) -> None:
        self._tx.require_project(project)
        self._tx.upsert(_set_public, {"project": project, "public": public})
