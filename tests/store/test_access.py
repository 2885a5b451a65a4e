from __future__ import annotations

import msgspec
import pytest

from cantata.core.model.access import AuditRecord, Cluster, Role
from cantata.core.model.errors import ClusterNotFound, NameTaken, TokenNotFound
from cantata.ports.pages import Page
from cantata.ports.store import Records
from cantata.store import SqlStore

CLUSTER = Cluster("", "default", "here", "uid-1", "https://127.0.0.1", "sealed:1", "")


async def test_the_project_default_is_there_from_the_start(store: SqlStore) -> None:
    assert await store.read(lambda records: records.access.project_exists("default"))
    assert not await store.read(lambda records: records.access.project_exists("other"))


async def test_tokens_are_found_by_their_digest(store: SqlStore) -> None:
    made = await store.write(
        lambda records: records.access.add_token(
            name="ci", digest="d1", project="default", role=Role.EDITOR, expires_at="2030-01-01T00:00:00Z"
        )
    )
    assert made.role is Role.EDITOR
    assert await store.read(lambda records: records.access.find_token("d1")) == made
    assert await store.read(lambda records: records.access.tokens("default")) == [made]
    with pytest.raises(NameTaken):
        await store.write(
            lambda records: records.access.add_token(
                name="ci", digest="d2", project="default", role=Role.VIEWER
            )
        )
    await store.write(lambda records: records.access.delete_token("default", "ci"))
    assert await store.read(lambda records: records.access.find_token("d1")) is None
    with pytest.raises(TokenNotFound):
        await store.write(lambda records: records.access.delete_token("default", "ci"))


async def test_audit_is_newest_first_with_ids_as_cursors(store: SqlStore) -> None:
    def record(records: Records) -> None:
        for name in ("a", "b", "c"):
            records.access.record(
                AuditRecord("2026-01-01T00:00:00Z", "ann", "default", "create", "config", name)
            )

    await store.write(record)
    entries = await store.read(lambda records: records.access.audit("default", page=Page(limit=2)))
    assert [entry.name for entry in entries] == ["c", "b"]
    rest = await store.read(lambda records: records.access.audit("default", page=Page(after=entries[-1].id)))
    assert [entry.name for entry in rest] == ["a"]


async def test_clusters(store: SqlStore) -> None:
    made = await store.write(lambda records: records.clusters.create(CLUSTER))
    with pytest.raises(NameTaken):
        await store.write(lambda records: records.clusters.create(CLUSTER))
    changed = msgspec.structs.replace(made, server="https://127.0.0.2", credentials="sealed:2")
    assert await store.write(lambda records: records.clusters.update(changed)) == changed
    assert await store.read(lambda records: records.clusters.get("default", "here")) == changed
    assert await store.read(lambda records: records.clusters.list()) == [changed]
    assert await store.read(lambda records: records.clusters.list("other")) == []
    await store.write(lambda records: records.clusters.delete(changed))
    with pytest.raises(ClusterNotFound):
        await store.write(lambda records: records.clusters.update(changed))
    with pytest.raises(ClusterNotFound):
        await store.write(lambda records: records.clusters.delete(changed))


async def test_the_first_answer_to_a_key_stays(store: SqlStore) -> None:
    assert await store.read(lambda records: records.idempotency.find("default", "k")) is None
    await store.write(lambda records: records.idempotency.put("default", "k", "digest", b"answer"))
    await store.write(lambda records: records.idempotency.put("default", "k", "other", b"other"))
    assert await store.read(lambda records: records.idempotency.find("default", "k")) == ("digest", b"answer")
    assert await store.read(lambda records: records.idempotency.find("other", "k")) is None
