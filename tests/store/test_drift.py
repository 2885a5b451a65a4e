"""What is known of drift, in the store."""

from __future__ import annotations

from functools import partial

import msgspec

from cantata.core.model.applications import Application, OperationState, Verb
from cantata.core.model.drift import Drift, DriftedField, DriftPolicy, Reverted, Watched
from cantata.ports.store import Records
from cantata.store import SqlStore

KNOWN = Drift(
    3,
    (DriftedField("web", "Deployment shop/web", "spec.replicas", "kubectl", "2026-01-01T00:00:00Z", True),),
    (Reverted("Deployment shop/web", "spec.replicas", 2, 1.5),),
)


async def test_what_is_known_is_what_was_set_last(store: SqlStore, shop: Application) -> None:
    assert await store.read(lambda records: records.drift.find(shop.id)) == Drift()
    for drift in (KNOWN, msgspec.structs.replace(KNOWN, revision=4), Drift(5), KNOWN):

        def write(records: Records, drift: Drift = drift) -> Drift:
            records.drift.set(shop.id, drift)
            return records.drift.find(shop.id)

        kept = await store.write(write)
        assert kept == (drift if drift.fields else Drift())
    await store.write(lambda records: records.applications.delete(shop.id))
    assert await store.read(lambda records: records.drift.find(shop.id)) == Drift()


async def test_applications_with_a_revision_are_watched(store: SqlStore, shop: Application) -> None:
    def revise(records: Records) -> None:
        for _ in range(2):
            records.revisions.add(
                shop.id, cause="", author="", operation_id="", services={}, extras="", notes=""
            )

    assert await store.read(lambda records: records.drift.watched()) == []
    await store.write(revise)
    wanted = Watched(shop.id, shop.project, shop.name, shop.cluster, shop.row_version, 2)
    assert await store.read(lambda records: records.drift.watched()) == [wanted]
    for state in (OperationState.SUCCEEDED, OperationState.FAILED):
        submitted = await store.write(
            lambda records: records.operations.add(
                shop, verb=Verb.REVERT, services=(), author="", cause="", plan="", revision=0
            )
        )
        wanted = msgspec.structs.replace(wanted, operation=submitted.id, active=True)
        assert await store.read(lambda records: records.drift.watched()) == [wanted]
        await store.write(partial(_move, id_=submitted.id, state=state))
        wanted = msgspec.structs.replace(wanted, active=False)
        assert await store.read(lambda records: records.drift.watched()) == [wanted]
    leaving = msgspec.structs.replace(shop, deleting=True)
    await store.write(lambda records: records.applications.update(leaving))
    assert await store.read(lambda records: records.drift.watched()) == []


def _move(records: Records, *, id_: str, state: OperationState) -> None:
    records.operations.move(id_, state)


async def test_the_policy_is_kept_with_the_application(store: SqlStore, shop: Application) -> None:
    assert (shop.drift, shop.drift_except) == (DriftPolicy.REPORT, ())
    wanted = msgspec.structs.replace(shop, drift=DriftPolicy.REVERT, drift_except=("spec.replicas",))
    await store.write(lambda records: records.applications.update(wanted))
    found = await store.read(lambda records: records.applications.by_id(shop.id))
    assert (found.drift, found.drift_except) == (wanted.drift, wanted.drift_except)
