"""What we applied of each application: one row an object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from cantata.core.model.applications import ObjectRecord
from cantata.core.model.errors import ApplicationNotFound
from cantata.core.model.objects import GVK, ObjectKey
from cantata.store import tables
from cantata.store.transaction import Found, Transaction, Upsert, keep_present

_row = tables.inventory.c
_identity = [column.name for column in tables.inventory.primary_key.columns]
_content = [column.name for column in tables.inventory.columns if column.name not in _identity]
_plain = [field for field in ObjectRecord.__struct_fields__ if field not in ("key", "gvk")]
_select = sa.select(
    _row.group, _row.kind, _row.namespace, _row.name, _row.version, *(_row[field] for field in _plain)
).order_by(_row.group, _row.kind, _row.namespace, _row.name)
_own = _select.where(_row.application_id == sa.bindparam("of"))
_add = Upsert(tables.inventory, keep_present)
_replace = Upsert(
    tables.inventory,
    lambda insert: insert.on_conflict_do_update(
        index_elements=_identity, set_={name: insert.excluded[name] for name in _content}
    ),
)


class SqlInventory:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def list(self, application_id: str) -> Sequence[ObjectRecord]:
        """By key."""
        return [record_of(row) for row in self._tx.all(_own, of=application_id)]

    def intend(self, application_id: str, records: Sequence[ObjectRecord]) -> None:
        """Raises `ApplicationNotFound`."""
        self._upsert(_add, application_id, records)

    def put(self, application_id: str, records: Sequence[ObjectRecord]) -> None:
        """Raises `ApplicationNotFound`."""
        self._upsert(_replace, application_id, records)

    def remove(self, application_id: str, keys: Sequence[ObjectKey]) -> None:
        if not keys:
            return
        same = [_row[name] == sa.bindparam(f"of_{name}") for name in _identity]
        rows = [
            {
                "of_application_id": application_id,
                "of_group": key.group,
                "of_kind": key.kind,
                "of_namespace": key.namespace,
                "of_name": key.name,
            }
            for key in keys
        ]
        self._tx.run(tables.inventory.delete().where(*same), rows)

    def _upsert(self, upsert: Upsert, application_id: str, records: Sequence[ObjectRecord]) -> None:
        try:
            self._tx.upsert(upsert, *(row_of(application_id, record) for record in records))
        except IntegrityError as error:
            # Only the application can be missing: a row that is there already is no error here.
            raise ApplicationNotFound(application_id) from error


def row_of(application_id: str, record: ObjectRecord) -> dict[str, Any]:
    return {
        "application_id": application_id,
        "group": record.key.group,
        "kind": record.key.kind,
        "namespace": record.key.namespace,
        "name": record.key.name,
        "version": record.gvk.version,
        **{field: getattr(record, field) for field in _plain},
    }


def record_of(row: Found) -> ObjectRecord:
    group, kind, namespace, name, version, *rest = row
    return ObjectRecord(ObjectKey(group, kind, namespace, name), GVK(group, version, kind), *rest)
