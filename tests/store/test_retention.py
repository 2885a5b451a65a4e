"""What goes after a time: journals, operations, and blobs that nothing names."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from cantata.actions.lost_key import blobs_of
from cantata.core.model.applications import (
    Application,
    OperationState,
    RevisionState,
    ServiceVersion,
    Verb,
)
from cantata.core.model.errors import BlobMissing, RevisionExpired
from cantata.ports.store import Records
from cantata.store import SqlStore, tables
from cantata.store.named_blobs import ADDRESS, NEVER, named_blobs

FUTURE, PAST = "9999", "0000"


def version(records: Records, number: int) -> ServiceVersion:
    inputs, manifests = records.blobs.put_all_sealed([f"inputs {number}".encode(), f"all {number}".encode()])
    return ServiceVersion("web", 1, (), "helm", inputs, manifests, "d", number)


async def three_revisions(store: SqlStore, shop: Application) -> list[ServiceVersion]:
    def write(records: Records) -> list[ServiceVersion]:
        made = [version(records, number) for number in (1, 2, 3)]
        for each in made:
            records.revisions.add(
                shop.id,
                cause="",
                author="",
                operation_id=f"o{each.changed_in}",
                services={"web": each},
                extras=records.blobs.put_sealed(f"extras {each.changed_in}".encode()),
                notes="",
            )
            records.revisions.close(shop.id, each.changed_in, RevisionState.SUPERSEDED)
        return made

    return await store.write(write)


async def test_old_revisions_name_only_what_they_were_made_from(store: SqlStore, shop: Application) -> None:
    made = await three_revisions(store, shop)
    lost = await store.write(lambda records: records.blobs.put(b"nobody names this"))

    async def unnamed(keep: int) -> set[str]:
        return set(await store.read(lambda records: records.blobs.unnamed(keep)))

    assert await unnamed(3) == {lost}
    extras = await store.write(lambda records: records.blobs.put_sealed(b"extras 1"))
    assert await unnamed(2) == {lost, made[0].manifests, extras}
    deployed = RevisionState.DEPLOYED
    await store.write(lambda records: records.revisions.close(shop.id, 1, deployed))
    assert await unnamed(2) == {lost}
    await store.write(lambda records: records.applications.delete(shop.id))
    gone = {address for each in made for address in (each.inputs, each.manifests)}
    assert gone <= await unnamed(3)


async def test_a_sweep_spares_what_was_put_since(store: SqlStore) -> None:
    old, fresh = await store.write(lambda records: [records.blobs.put(b"old"), records.blobs.put(b"fresh")])
    age = tables.blobs.update().values(created_at="2020-01-01T00:00:00.000Z")
    await store.write(lambda records: records.blobs._tx.run(age))  # type: ignore[attr-defined]
    assert await store.write(lambda records: records.blobs.put(b"fresh")) == fresh
    swept = await store.write(lambda records: records.blobs.sweep([old, fresh], "2021"))
    assert swept == 1
    await store.write(lambda records: records.blobs.require([fresh]))
    assert await store.read(lambda records: records.blobs.get(fresh)) == b"fresh"


async def test_journals_go_and_operations_that_made_no_revision(store: SqlStore, shop: Application) -> None:
    def write(records: Records) -> list[str]:
        made = [
            records.operations.add(
                shop, verb=Verb.DEPLOY, services=(), author="", cause="", plan="", revision=0
            ).id
            for _ in range(3)
        ]
        for id_ in made:
            records.operations.mark_done(id_, ["one", "two"])
        for id_ in made[:2]:
            records.operations.move(id_, OperationState.FAILED)
        records.revisions.add(
            shop.id, cause="", author="", operation_id=made[0], services={}, extras="", notes=""
        )
        return made

    revised, bare, queued = await store.write(write)
    assert await store.write(lambda records: records.operations.retain(before=PAST, limit=9)) == 0
    assert await store.write(lambda records: records.operations.retain(before=FUTURE, limit=9)) == 2
    left = await store.read(lambda records: records.operations.list("default"))
    assert [(each.id, each.done) for each in left] == [(queued, ("one", "two")), (revised, ())]
    assert bare not in {each.id for each in left}


async def test_no_table_with_addresses_is_passed_over(store: SqlStore, shop: Application) -> None:
    """Those that are not looked through hold none."""
    await three_revisions(store, shop)

    def addresses(records: Records) -> dict[str, set[str]]:
        tx = records.blobs._tx  # type: ignore[attr-defined]
        found = {}
        for name in NEVER - {"blobs"}:
            rows = tx.all(sa.select(tables.metadata.tables[name]))
            found[name] = set(ADDRESS.findall(repr([tuple(row) for row in rows])))
        assert len(named_blobs(tx, 9)) >= 6
        return found

    assert not any((await store.read(addresses)).values())


def test_a_revision_whose_manifests_went_says_so() -> None:
    application = Application("1", "default", "shop", "shop", None, "dev", None, "here", "shop", "shop")
    with pytest.raises(RevisionExpired, match="what revision 3 of application shop ran is kept no more"):  # noqa: SIM117
        with blobs_of(application, 3):
            raise BlobMissing("there is no blob x")
