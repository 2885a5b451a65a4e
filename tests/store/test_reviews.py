from __future__ import annotations

from cantata.core.model.applications import Application, Review, UpdatePolicy
from cantata.ports.store import Records
from cantata.store import SqlStore


async def test_requests_add_up_until_they_are_done(store: SqlStore, shop: Application) -> None:
    def request(records: Records, at: float, cause: str, *, deploy: bool) -> list[Review]:
        records.reviews.request([shop.id], at=at, cause=cause, author=cause, deploy=deploy)
        return list(records.reviews.list())

    (first,) = await store.write(lambda records: request(records, 1.5, "a", deploy=True))
    assert first == Review(shop.id, 1.5, 1, "a", "a", True)
    (again,) = await store.write(lambda records: request(records, 2.5, "b", deploy=False))
    assert again == Review(shop.id, 1.5, 2, "b", "b", True)
    await store.write(lambda records: records.reviews.done(first))
    assert await store.read(lambda records: records.reviews.list()) == [again]
    await store.write(lambda records: records.reviews.done(again))
    assert await store.read(lambda records: records.reviews.list()) == []


async def test_what_is_outdated_is_said_anew_each_time(store: SqlStore, shop: Application) -> None:
    await store.write(lambda records: records.reviews.set_outdated(shop.id, {"web": "a", "api": "b"}))
    assert await store.read(lambda records: records.reviews.outdated(shop.id)) == {"api": "b", "web": "a"}
    await store.write(lambda records: records.reviews.set_outdated(shop.id, {"web": "c"}))
    assert await store.read(lambda records: records.reviews.outdated(shop.id)) == {"web": "c"}


async def test_both_go_with_their_application(store: SqlStore, shop: Application) -> None:
    def leave(records: Records) -> None:
        records.reviews.request([shop.id], at=1.0, cause="a", author="a", deploy=False)
        records.reviews.set_outdated(shop.id, {"web": "a"})
        records.applications.delete(shop.id)

    await store.write(leave)
    assert await store.read(lambda records: records.reviews.list()) == []
    assert await store.read(lambda records: records.reviews.outdated(shop.id)) == {}


async def test_applications_tell_by_default(shop: Application) -> None:
    assert shop.updates is UpdatePolicy.MANUAL
